//! Waiting before the next attempt.

use std::time::Duration;

/// The longest wait after the first attempt; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// Waits before the attempt that follows attempt `number`, for a random part of a time that doubles: those that met
/// won't meet again.
pub(crate) async fn wait(number: u32) {
    let longest = FIRST_WAIT * 2_u32.saturating_pow(number - 1);
    // Without the system's randomness all wait the longest time, which is only slower.
    let part = getrandom::u32().unwrap_or(u32::MAX);
    tokio::time::sleep(longest.mul_f64(f64::from(part) / f64::from(u32::MAX))).await;
}
