//! What goes on beside requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::interval;
use treble_api::auth::CachedCredentials;
use treble_core::change::Change;
use treble_embedded::Embedded;

use crate::data_dir::DataDir;
use crate::{output, socket};

/// How often what has expired is removed.
const SWEEP: Duration = Duration::from_secs(30);

/// Lets other commands in, and heeds what they change at once. Without it they have to wait until the server stops,
/// which is no reason not to start.
pub(super) fn serve_socket(dir: &DataDir, database: &Embedded, credentials: &Arc<CachedCredentials>) {
    match socket::bind(&dir.socket()) {
        Ok(listener) => {
            let credentials = Arc::clone(credentials);
            tokio::spawn(socket::serve(listener, database.clone(), move || credentials.forget()));
        }
        Err(error) => {
            tracing::warn!(
                "`treble client` and `treble role` only work while the server is stopped: {}",
                output::chain(&error)
            );
        }
    }
}

/// Removes what has expired, again and again.
pub(super) async fn sweep(database: Embedded) {
    let mut times = interval(SWEEP);
    loop {
        times.tick().await;
        let database = database.clone();
        let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!("{}", output::chain(&error));
        }
    }
}

/// Logs what changes, for who wants to see it.
pub(super) async fn log_changes(mut changes: Receiver<Change>) {
    loop {
        match changes.recv().await {
            Ok(change) => tracing::info!("{change}"),
            Err(RecvError::Lagged(missed)) => tracing::info!("{missed} changes more"),
            Err(RecvError::Closed) => return,
        }
    }
}
