//! The queues of integrators' lanes.

use async_trait::async_trait;
use treble_aws::queue::WakeMessage;
use treble_core::gate::ports::{Wake, WakeQueue};
use treble_core::ports::QueueError;

use super::{DELIVERIES, Queue, Queues, RETRIES};

/// Two queues, so that servers which fail hold up no others: what is to be looked at now is something new, and mostly quickly
/// done; what waits is mostly a server that fails, and may take all of its time to do so again.
pub(crate) struct Wakes {
    now: Queue,
    later: Queue,
}

impl Wakes {
    /// Those of a data directory.
    pub(crate) fn new(queues: &Queues) -> Self {
        Self { now: queues.queue(DELIVERIES), later: queues.queue(RETRIES) }
    }

    /// Each of them.
    pub(crate) fn queues(&self) -> [&Queue; 2] {
        [&self.now, &self.later]
    }
}

#[async_trait]
impl WakeQueue for Wakes {
    async fn send(&self, wakes: &[Wake]) -> Vec<Result<(), QueueError>> {
        let (now, later): (Vec<&Wake>, Vec<&Wake>) = wakes.iter().partition(|wake| wake.delay.is_zero());
        let mut now = send(&self.now, &now).await.into_iter();
        let mut later = send(&self.later, &later).await.into_iter();
        // In the order in which they came.
        wakes.iter().filter_map(|wake| if wake.delay.is_zero() { now.next() } else { later.next() }).collect()
    }
}

async fn send(queue: &Queue, wakes: &[&Wake]) -> Vec<Result<(), QueueError>> {
    if wakes.is_empty() {
        return Vec::new();
    }
    let write = |wake: &&Wake| {
        let message = WakeMessage { integrator: wake.integrator.clone() };
        Ok((message.to_text()?, wake.delay))
    };
    queue.send_all(wakes, write).await
}
