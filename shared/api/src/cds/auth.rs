//! Who calls: CDS itself, or who has the hash that it gave at the registration.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use treble_core::hawk::constant_time_eq;

use super::error::ApiError;
use super::service::Service;
use crate::request::Request;

/// The header that has the hash. Its second name is for the gateways that drop headers with underscores.
const HEADERS: [&str; 2] = ["x_auth_header", "x-auth-header"];

/// How long a hash is taken for the present one.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(10);

/// How long none is read again for a caller who shows another.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// The hash as it was read last. Who reads it holds the lock, so that many callers at once read it once.
#[derive(Default)]
pub(super) struct HashMemory(Mutex<Option<Known>>);

struct Known {
    /// In base64 without padding, as it is compared; None before the first registration.
    encoded: Option<String>,
    read: Timestamp,
}

impl Known {
    /// Whether it was read within a time until now; a clock that was put back doesn't tell.
    fn is_fresh(&self, now: Timestamp, within: SignedDuration) -> bool {
        let age = now.duration_since(self.read);
        !age.is_negative() && age < within
    }

    fn is(&self, shown: &str) -> bool {
        self.encoded.as_deref().is_some_and(|encoded| constant_time_eq(encoded, shown))
    }
}

impl Service {
    /// Lets those pass who show the service's hash.
    pub(super) async fn authenticate(&self, request: &Request, now: Timestamp) -> Result<(), ApiError> {
        let Some(shown) = HEADERS.iter().find_map(|name| request.header(name)) else {
            return Err(unauthorized("is missing"));
        };
        let shown = shown.trim().trim_end_matches('=');
        let mut memory = self.memory.hash.0.lock().await;
        if let Some(known) = &*memory {
            if known.is_fresh(now, REMEMBERED) && known.is(shown) {
                return Ok(());
            }
            if known.is_fresh(now, PAUSE) {
                return Err(refusal(known));
            }
        }
        let hash = self.state.read().await?.hash;
        let known = Known { encoded: hash.map(|hash| STANDARD_NO_PAD.encode(hash)), read: now };
        let result = if known.is(shown) { Ok(()) } else { Err(refusal(&known)) };
        *memory = Some(known);
        result
    }
}

fn refusal(known: &Known) -> ApiError {
    match known.encoded {
        Some(_) => unauthorized("is not this service's hash"),
        None => {
            let message =
                "This service is not registered at CDS yet, so that it knows nobody: see /mon/status";
            ApiError::new(StatusCode::UNAUTHORIZED, message)
        }
    }
}

fn unauthorized(problem: &str) -> ApiError {
    let message = format!(
        "X_AUTH_HEADER (or X-Auth-Header) {problem}: it must be the hash of the service's registration, in base64"
    );
    ApiError::new(StatusCode::UNAUTHORIZED, message)
}
