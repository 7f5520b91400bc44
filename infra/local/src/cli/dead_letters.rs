//! `treble dead-letters`.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use treble_core::hook::HookName;

use super::Common;

#[derive(Debug, Args)]
pub(crate) struct DeadLetters {
    #[command(subcommand)]
    pub(crate) action: DeadLettersAction,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersAction {
    /// List them, oldest first
    List {
        #[command(flatten)]
        filter: DeadLetterFilter,
    },
    /// Show one: its message, and why it was given up
    Show {
        /// Its id: the taskId of the firing
        id: String,
    },
    /// Send them to the queue again, once what killed them is mended
    Redrive {
        /// The id of one
        id: Option<String>,
        #[command(flatten)]
        filter: DeadLetterFilter,
    },
    /// Remove them
    Drop {
        /// The id of one
        id: Option<String>,
        #[command(flatten)]
        filter: DeadLetterFilter,
    },
}

/// Which dead letters are meant.
#[derive(Debug, Args)]
pub(crate) struct DeadLetterFilter {
    /// Those of a hook: hookGroupId/hookId
    #[arg(long, value_name = "HOOK")]
    pub(crate) hook: Option<HookName>,
    /// Those given up at or after a moment, e.g. 2026-11-27T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,
    /// Those given up before a moment
    #[arg(long, value_name = "TIME")]
    pub(crate) before: Option<Timestamp>,
    /// All of them
    #[arg(long)]
    pub(crate) all: bool,
}

impl DeadLetterFilter {
    /// Whether it says anything.
    pub(crate) fn chooses(&self) -> bool {
        self.all || self.hook.is_some() || self.since.is_some() || self.before.is_some()
    }
}
