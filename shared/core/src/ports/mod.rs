//! What the engine needs from outside. Each port is a small trait; adapters implement them.

use std::error::Error;

mod bindings;
mod bus;
mod credentials;
mod dead_letters;
mod due;
mod fires;
mod firings;
mod health;
mod hooks;
mod mail;
mod messages;
mod post_json;
mod sink;

pub use bindings::{BindingLedger, BindingProblem, BindingStore, BoundHook, MadeBinding};
pub use bus::{EventBus, PublishError};
pub use credentials::{AccessToken, ClientCredentials, Credentials};
pub use dead_letters::{DeadLetter, DeadLetters};
pub use due::{Advance, DueHook, DueIndex, DuePage};
pub use fires::{Claim, FireStore};
pub use firings::{DelayedFiring, FiringQueue, MAX_DELAY, QueueError};
pub use health::HealthStore;
pub use hooks::{CreateOutcome, HookStore};
pub use mail::{MailError, Mailer};
pub use messages::{ChangeQueue, PulseQueue, ReceivedChange};
pub use post_json::{JsonReply, PostJson};
pub use sink::{CreatedTask, NewTask, Sink, SinkError};

/// An adapter's own error, kept as a source.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// An error and its sources, each said once: what a log needs, and a client is not told.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let words = source.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = source.source();
    }
    text
}

/// Why a store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store did not answer, refused, or is overloaded: the same call may succeed later.
    #[error("the store failed to {operation}")]
    Unavailable {
        /// What was to be done, e.g. "read hook g/h".
        operation: String,
        /// What the adapter met.
        #[source]
        source: BoxError,
    },
    /// What the store holds can't be read: trying again won't help.
    #[error("the store holds something unreadable: {what}")]
    Corrupt {
        /// Where it is and what is wrong with it.
        what: String,
    },
    /// What is to be stored exceeds what the store can hold.
    #[error("{what} is too large to be stored")]
    TooLarge {
        /// What was to be stored.
        what: String,
    },
    /// A continuation token is none that this store gave out.
    #[error("invalid continuation token")]
    InvalidContinuation,
}

/// Which part of a listing is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// The most entries to return; all, when absent.
    pub limit: Option<usize>,
    /// Where the page before ended, as that page told.
    pub continuation: Option<String>,
}

/// A part of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// How to ask for what follows, if anything does. Opaque, URL-safe.
    pub continuation: Option<String>,
}
