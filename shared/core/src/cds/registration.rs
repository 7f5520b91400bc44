//! Being known to CDS: a registration, said again every [`PERIOD`], is the heartbeat.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{CdsApi, ServiceStateStore};
use crate::ports::{StoreError, chain};

/// How often CDS is told that the service is there.
pub const PERIOD: Duration = Duration::from_secs(30);

/// What tells CDS that the service is there.
#[derive(Clone)]
pub struct Registrar {
    /// CDS.
    pub api: Arc<dyn CdsApi>,
    /// Where it is kept what CDS said.
    pub state: Arc<dyn ServiceStateStore>,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

impl Registrar {
    /// Tells it, with how the service is. True if CDS answered; what it didn't is kept, logged, and told the next time.
    ///
    /// # Errors
    /// The store's: nobody else knows the hash then.
    pub async fn beat(&self, status: &Value) -> Result<bool, StoreError> {
        let registered = self.api.register(status).await;
        let now = (self.clock)();
        match registered {
            Ok(registration) => {
                self.state.set_registration(now, Ok(&registration.hash)).await?;
                Ok(true)
            }
            Err(error) => {
                let error = chain(&error);
                tracing::error!(error, "CDS does not take the registration");
                self.state.set_registration(now, Err(&error)).await?;
                Ok(false)
            }
        }
    }
}
