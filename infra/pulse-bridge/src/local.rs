//! Changes of hooks within one process.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::Notify;
use treble_core::change::Change;
use treble_core::ports::{ChangeQueue, QueueError, ReceivedChange};

/// The most changes that wait, as they are kept in memory: beyond, the oldest is dropped. The bridge finds new bindings without
/// them too, only later.
const MOST: usize = 10_000;

/// Changes that wait to be published, in memory: for a server that bridges in its own process.
#[derive(Debug, Default)]
pub struct LocalChanges {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    changes: VecDeque<(u64, Change)>,
    next: u64,
}

impl LocalChanges {
    /// Adds a change.
    pub fn push(&self, change: Change) {
        {
            let mut waiting = self.waiting();
            let number = waiting.next;
            waiting.next += 1;
            waiting.changes.push_back((number, change));
            if waiting.changes.len() > MOST {
                waiting.changes.pop_front();
                tracing::warn!("too many changes of hooks wait for the broker: one won't be published");
            }
        }
        self.arrived.notify_one();
    }

    /// Nothing that can panic is done under the lock.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<ReceivedChange> {
        let received = |(number, change): &(u64, Change)| ReceivedChange {
            change: Some(change.clone()),
            receipt: number.to_string(),
        };
        self.waiting().changes.iter().map(received).collect()
    }
}

#[async_trait]
impl ChangeQueue for LocalChanges {
    async fn receive(&self) -> Result<Vec<ReceivedChange>, QueueError> {
        loop {
            let all = self.all();
            if !all.is_empty() {
                return Ok(all);
            }
            self.arrived.notified().await;
        }
    }

    async fn done(&self, receipt: &str) -> Result<(), QueueError> {
        self.waiting().changes.retain(|(number, _)| number.to_string() != receipt);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use treble_core::change::Subject;

    use super::*;

    #[tokio::test]
    async fn what_is_not_done_comes_again() {
        let changes = LocalChanges::default();
        let change =
            |id: &str| Change::HookCreated(Subject { hook_group_id: "g".into(), hook_id: id.into() });
        let (received, ()) = tokio::join!(changes.receive(), async { changes.push(change("a")) });
        changes.push(change("b"));
        assert_eq!(received.unwrap()[0].change, Some(change("a")));
        let received = changes.receive().await.unwrap();
        assert_eq!(received.len(), 2);
        changes.done(&received[0].receipt).await.unwrap();
        assert_eq!(changes.receive().await.unwrap()[0].change, Some(change("b")));
    }
}
