//! The bridge: one connection after the other.

use std::sync::Arc;

use lapin::types::ShortString;
use tokio::sync::watch;
use tokio::time::sleep;
use treble_core::ports::{BindingLedger, BindingStore, ChangeQueue, HookStore, PulseQueue, chain};

use crate::backoff::Backoff;
use crate::consume::Outlet;
use crate::health::Health;
use crate::reconcile::{Reconciler, Stores};
use crate::session;
use crate::settings::BridgeOptions;

/// A bridge to one broker.
pub struct Bridge {
    pub(crate) options: BridgeOptions,
    pub(crate) queue: ShortString,
    pub(crate) outlet: Outlet,
    pub(crate) changes: Option<Arc<dyn ChangeQueue>>,
    stores: Stores,
}

/// A queue's name that AMQP does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name of a broker's queue has at most 255 bytes")]
pub struct QueueNameTooLong;

impl Bridge {
    /// A bridge that puts messages into `messages`, and binds to what the hooks in `store` want.
    ///
    /// # Errors
    /// When the broker's queue can't have its name.
    pub fn new<S>(
        options: BridgeOptions,
        store: Arc<S>,
        messages: Arc<dyn PulseQueue>,
    ) -> Result<Self, QueueNameTooLong>
    where
        S: HookStore + BindingStore + BindingLedger + 'static,
    {
        let queue = ShortString::try_new(&*options.queue).map_err(|_| QueueNameTooLong)?;
        let outlet = Outlet { queue: messages, health: Arc::default() };
        let stores = Stores { hooks: store.clone(), bindings: store.clone(), ledger: store };
        Ok(Self { options, queue, outlet, changes: None, stores })
    }

    /// Publishes these changes of hooks as well, and heeds them at once.
    #[must_use]
    pub fn with_changes(mut self, changes: Arc<dyn ChangeQueue>) -> Self {
        self.changes = Some(changes);
        self
    }

    /// How it goes.
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.outlet.health)
    }

    /// Bridges until `stop` resolves, however often the broker is lost.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let stop = async {
            stop.await;
            // Nobody listens when it has ended already.
            let _ = stopping.send(true);
        };
        tokio::join!(stop, self.connections(stopped));
    }

    async fn connections(&self, mut stopped: watch::Receiver<bool>) {
        let mut reconciler = Reconciler::new(self.stores.clone(), self.queue.clone(), self.health());
        let mut backoff = Backoff::default();
        loop {
            let session = session::run(self, &mut reconciler, stopped.clone());
            let Err(error) = session.await else { break };
            if self.outlet.health.down(chain(&error)) {
                backoff.reset();
            }
            let pause = backoff.next();
            let broker = &self.options.broker;
            tracing::warn!(%broker, error = chain(&error), ?pause, "not connected to the broker");
            tokio::select! {
                () = sleep(pause) => {}
                _ = stopped.wait_for(|stop| *stop) => break,
            }
        }
        self.outlet.health.down("stopped".to_owned());
    }
}
