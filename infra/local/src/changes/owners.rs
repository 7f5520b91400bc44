//! Telling hooks' owners of what was announced.

use std::sync::Arc;

use jiff::Timestamp;
use treble_core::change::Change;
use treble_core::notice::{Circumstances, NoticeKind};
use treble_core::notify::{Told, notify};
use treble_core::ports::{HookStore, Mailer};

use super::{Inbox, Message};
use crate::output;

/// What telling takes.
pub(crate) struct Owners {
    pub(crate) hooks: Arc<dyn HookStore>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) root_url: String,
}

/// Tells hooks' owners, one change after another, until nothing more can be announced.
pub(crate) async fn tell_owners(owners: Owners, mut inbox: Inbox) {
    while let Some(message) = inbox.recv().await {
        match message {
            Message::Change(change) => owners.tell(&change).await,
            // Who waited may have gone.
            Message::Flush(sender) => drop(sender.send(())),
        }
    }
}

impl Owners {
    async fn tell(&self, change: &Change) {
        let hook = change.subject();
        let about = Circumstances { root_url: &self.root_url, now: Timestamp::now() };
        match notify(change, &*self.hooks, &*self.mailer, about).await {
            Ok(Told::Mailed(notice)) if notice.kind == NoticeKind::Failure => {
                tracing::warn!("Mailed to {}: {}", notice.to, notice.subject);
            }
            Ok(Told::Mailed(notice)) => tracing::info!("Mailed to {}: {}", notice.to, notice.subject),
            Ok(Told::NoMail(why)) => tracing::info!("No mail on {hook}: {}", output::chain(&why)),
            Ok(Told::NoNews | Told::Gone) => {}
            Err(error) => tracing::warn!("No mail on {hook}: {}", output::chain(&error)),
        }
    }
}
