//! The clock's part: lanes that waited longer than a queue can are sent to the queue.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::ports::{DueLane, DueLanes, Wake, WakeQueue};
use super::tell::{TellError, later};
use crate::ports::MAX_DELAY;

/// How many lanes are read at once.
const PAGE: usize = 500;

/// Sends all lanes on their way that are due before a tick comes again, and takes them out of the index: how many those were.
///
/// As for hooks, that is what is due within two periods: a tick that is late, or does not come, delays nothing. Sending comes
/// before taking out: a tick that dies in between sends some twice.
///
/// # Errors
/// When the index or the queue did not answer. What is left is still due for the next tick.
pub async fn wake_due(
    index: &dyn DueLanes,
    queue: &dyn WakeQueue,
    now: Timestamp,
    period: Duration,
) -> Result<usize, TellError> {
    let before = later(now, period * 2);
    let mut sent = HashSet::new();
    loop {
        let mut lanes = index.due(before, PAGE).await?;
        let is_last = lanes.len() < PAGE;
        // The index may show for a while what was taken out of it.
        lanes.retain(|lane| !sent.contains(&(lane.integrator.clone(), lane.at)));
        if lanes.is_empty() {
            return Ok(sent.len());
        }
        sent.extend(send(index, queue, lanes, now).await?.into_iter().map(|lane| (lane.integrator, lane.at)));
        if is_last {
            return Ok(sent.len());
        }
    }
}

/// Sends lanes, then takes those out that the queue took.
async fn send(
    index: &dyn DueLanes,
    queue: &dyn WakeQueue,
    lanes: Vec<DueLane>,
    now: Timestamp,
) -> Result<Vec<DueLane>, TellError> {
    let wake = |lane: &DueLane| Wake {
        integrator: lane.integrator.clone(),
        delay: delay(lane.at.duration_since(now)),
    };
    let wakes: Vec<Wake> = lanes.iter().map(wake).collect();
    let (mut taken, mut refused) = (Vec::with_capacity(lanes.len()), None);
    for (lane, result) in lanes.into_iter().zip(queue.send(&wakes).await) {
        match result {
            Ok(()) => taken.push(lane),
            Err(error) => refused = Some(error),
        }
    }
    index.clear(&taken).await?;
    refused.map_or(Ok(taken), |error| Err(error.into()))
}

/// How long a queue is to wait, in its whole seconds: not too short, for who comes too early comes for nothing.
pub(super) fn delay(wait: SignedDuration) -> Duration {
    let wait = Duration::try_from(wait).unwrap_or_default();
    Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).min(MAX_DELAY)
}

#[cfg(test)]
mod tests;
