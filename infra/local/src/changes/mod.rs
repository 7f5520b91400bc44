//! What changes in this process's hooks, for who wants to know: the part of DynamoDB's stream and the event bus, which the
//! embedded database hasn't.
//!
//! - [`PublishingHooks`] are the hooks; whatever is written through them is announced.
//! - [`Changes`] is where: announcing never waits. Whoever [subscribes](Changes::subscribe) hears of it.
//! - `owners` tells hooks' owners, in the [`Inbox`]'s order.
//!
//! What is written just before the process is killed is announced to nobody.

mod hooks;
mod owners;

use tokio::sync::{broadcast, mpsc, oneshot};
use treble_core::change::Change;

pub(crate) use hooks::PublishingHooks;
pub(crate) use owners::{Owners, tell_owners};

/// How many changes a subscriber may be behind, before it misses some and is told so.
const BACKLOG: usize = 1024;

/// Where changes are announced. A clone is the same place.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    /// Without a limit, as nothing may wait and no mail be left out: there is one a streak of failures.
    inbox: mpsc::UnboundedSender<Message>,
    subscribers: broadcast::Sender<Change>,
}

/// Changes on their way to who has to hear of all of them.
pub(crate) type Inbox = mpsc::UnboundedReceiver<Message>;

/// What is in an inbox.
#[derive(Debug)]
pub(crate) enum Message {
    /// A change.
    Change(Change),
    /// Somebody waits until all that came before this has been dealt with.
    Flush(oneshot::Sender<()>),
}

impl Changes {
    /// A place, and what is announced there. Nothing is kept once the inbox is dropped.
    pub(crate) fn new() -> (Self, Inbox) {
        let (inbox, receiver) = mpsc::unbounded_channel();
        (Self { inbox, subscribers: broadcast::Sender::new(BACKLOG) }, receiver)
    }

    /// Announces changes that have been written.
    pub(crate) fn announce(&self, changes: Vec<Change>) {
        for change in changes {
            // That nobody listens is no error, here and there.
            let _ = self.subscribers.send(change.clone());
            let _ = self.inbox.send(Message::Change(change));
        }
    }

    /// All changes from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.subscribers.subscribe()
    }

    /// Waits until everything that was announced so far has been dealt with.
    pub(crate) async fn dealt_with(&self) {
        let (sender, done) = oneshot::channel();
        // Without an inbox both fail, and there is nothing to wait for.
        if self.inbox.send(Message::Flush(sender)).is_ok() {
            let _ = done.await;
        }
    }
}
