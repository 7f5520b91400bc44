//! Publishing what was written, in the order in which it was.

use std::collections::HashSet;

use crate::change::Change;
use crate::ports::{EventBus, PublishError, chain};

/// A write whose changes were not all published.
#[derive(Debug, thiserror::Error)]
#[error("the changes of write {write} are not published")]
pub struct Unpublished {
    /// Which of the writes: all before it are published, and of those after it some may be.
    pub write: usize,
    /// Why.
    #[source]
    pub source: PublishError,
}

/// Publishes what each of these writes changed. Per hook, changes are published one after another, in the order of the writes:
/// a change is only sent when all earlier ones of its hook have been taken. What the bus will never take is logged and left out.
///
/// # Errors
/// The first write that has to be published again, with all that follow it.
pub async fn publish(bus: &dyn EventBus, writes: &[Vec<Change>]) -> Result<(), Unpublished> {
    let changes: Vec<(usize, &Change)> = writes
        .iter()
        .enumerate()
        .flat_map(|(write, changes)| changes.iter().map(move |change| (write, change)))
        .collect();
    let mut rest = &changes[..];
    while !rest.is_empty() {
        let (group, later) = rest.split_at(without_repetition(rest));
        rest = later;
        let sent: Vec<Change> = group.iter().map(|(_, change)| (*change).clone()).collect();
        for (&(write, change), result) in group.iter().zip(bus.publish(&sent).await) {
            match result {
                Ok(()) => {}
                Err(error @ PublishError::Refused { .. }) => {
                    tracing::error!(hook = %change.subject(), error = chain(&error), "a change can't be published");
                }
                Err(source) => return Err(Unpublished { write, source }),
            }
        }
    }
    Ok(())
}

/// How many of these changes, from the first, are of different hooks.
fn without_repetition(changes: &[(usize, &Change)]) -> usize {
    let mut seen = HashSet::new();
    changes.iter().take_while(|(_, change)| seen.insert(change.subject())).count()
}

#[cfg(test)]
mod tests;
