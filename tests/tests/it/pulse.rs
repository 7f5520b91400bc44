//! The bridge between a real RabbitMQ and the hooks.

mod bindings;
pub(crate) mod broker;
mod changes;
mod crashes;
mod delivery;
mod permissions;
mod server;
mod tls;
mod world;

use std::time::{Duration, Instant};

/// How long anything may take, on a machine that is busy compiling.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again, until there is an answer.
async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
