//! Waiting for what happens by itself.

use std::time::{Duration, Instant};

use tokio::time::sleep;

/// How long something may take, on a machine that is busy compiling.
const PATIENCE: Duration = Duration::from_secs(150);
const PAUSE: Duration = Duration::from_millis(50);

/// Waits until something is so; fails when that takes too long.
#[track_caller]
pub fn until(so: impl AsyncFnMut() -> bool) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    wait(so, place)
}

async fn wait(mut so: impl AsyncFnMut() -> bool, place: &'static std::panic::Location<'static>) {
    let start = Instant::now();
    while !so().await {
        assert!(start.elapsed() < PATIENCE, "what {place} waits for does not happen");
        sleep(PAUSE).await;
    }
}
