//! Mails to the owner of a hook: that its firings have begun to fail, and that they go well again. The same to the owner of an
//! integrator, of deliveries.
//!
//! What an owner reads comes in part from others: the hook's author, who calls it, and what the sink said. `safe` makes of
//! it what a mail may hold.

mod integrator;
mod safe;
mod text;

use jiff::Timestamp;

use crate::change::{Failure, Recovery};
use crate::hook::StoredHook;

/// The longest subject's share of a hook's name, in bytes.
const MAX_NAME_IN_SUBJECT: usize = 120;

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// The mail address of the owner: one, with nothing else in it.
    pub to: String,
    /// A line without control characters.
    pub subject: String,
    /// Lines, each ended by a newline; no other control characters but tabs.
    pub text: String,
}

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// A hook's firings have begun to fail, or still fail after a day; or an integrator takes nothing.
    Failure,
    /// It goes well again.
    Recovery,
}

/// What a mail says besides.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The URL by which clients know the service.
    pub root_url: &'a str,
    /// The present, from which on the hook's next occurrence is looked for.
    pub now: Timestamp,
}

/// Why an owner gets no mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMail {
    /// They don't want any.
    #[error("emailOnError is off")]
    Unwanted,
    /// The owner is not a mail address.
    #[error("the owner {0:?} is not a mail address")]
    NoAddress(String),
}

impl Notice {
    /// Tells that a hook's firings fail.
    ///
    /// # Errors
    /// When its owner gets no mail.
    pub fn failure(hook: &StoredHook, failure: &Failure, about: Circumstances<'_>) -> Result<Self, NoMail> {
        let to = address(hook)?;
        let subject = format!("Hook {} fails", name_in_subject(hook));
        Ok(Self { kind: NoticeKind::Failure, to, subject, text: text::of_failure(hook, failure, about) })
    }

    /// Tells that a hook works again.
    ///
    /// # Errors
    /// When its owner gets no mail.
    pub fn recovery(
        hook: &StoredHook,
        recovery: &Recovery,
        about: Circumstances<'_>,
    ) -> Result<Self, NoMail> {
        let to = address(hook)?;
        let subject = format!("Hook {} works again", name_in_subject(hook));
        Ok(Self { kind: NoticeKind::Recovery, to, subject, text: text::of_recovery(hook, recovery, about) })
    }
}

fn address(hook: &StoredHook) -> Result<String, NoMail> {
    let metadata = &hook.definition.metadata;
    if !metadata.email_on_error {
        return Err(NoMail::Unwanted);
    }
    safe::address(&metadata.owner).map(str::to_owned).ok_or_else(|| NoMail::NoAddress(metadata.owner.clone()))
}

/// The hook's name, or the beginning of one that is very long; the text has it all.
fn name_in_subject(hook: &StoredHook) -> String {
    let name = safe::line(&hook.name.to_string());
    let kept = &name[..name.floor_char_boundary(MAX_NAME_IN_SUBJECT)];
    if kept.len() == name.len() { name } else { format!("{kept}…") }
}

#[cfg(test)]
mod tests;
