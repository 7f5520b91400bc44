//! Telling a hook's owner of a change, if they are to be told.

use crate::change::Change;
use crate::hook::{HookName, InvalidHookName};
use crate::notice::{Circumstances, NoMail, Notice};
use crate::ports::{HookStore, MailError, Mailer, StoreError};

/// What came of a change for the owner of its hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// They got this mail.
    Mailed(Notice),
    /// It is not for them: no failure, or one of a streak that they know of.
    NoNews,
    /// The hook is gone, and its owner with it.
    Gone,
    /// They get no mails.
    NoMail(NoMail),
}

/// Why an owner could not be told.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The change is of nothing that could be a hook.
    #[error("the change is of no hook")]
    Name(#[from] InvalidHookName),
    /// The hook can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail was not sent.
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl NotifyError {
    /// Whether trying again may help.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Store(StoreError::Unavailable { .. }) | Self::Mail(MailError::Unavailable(_)))
    }
}

/// Tells the owner of a change's hook of it. The mail says what the hook is now, not what it was at the change.
///
/// # Errors
/// When the hook can't be read, or the mail is not sent. Doing it again may send a mail twice, if the first attempt
/// failed after it was sent.
pub async fn notify(
    change: &Change,
    hooks: &dyn HookStore,
    mailer: &dyn Mailer,
    about: Circumstances<'_>,
) -> Result<Told, NotifyError> {
    if !is_for_owner(change) {
        return Ok(Told::NoNews);
    }
    let subject = change.subject();
    let name = HookName::new(&*subject.hook_group_id, &*subject.hook_id)?;
    let Some(hook) = hooks.get(&name).await? else { return Ok(Told::Gone) };
    let notice = match change {
        Change::FireFailed(failure) => Notice::failure(&hook, failure, about),
        Change::FireRecovered(recovery) => Notice::recovery(&hook, recovery, about),
        Change::HookCreated(_) | Change::HookUpdated(_) | Change::HookDeleted(_) => return Ok(Told::NoNews),
    };
    match notice {
        Ok(notice) => {
            mailer.send(&notice).await?;
            Ok(Told::Mailed(notice))
        }
        Err(no_mail) => Ok(Told::NoMail(no_mail)),
    }
}

fn is_for_owner(change: &Change) -> bool {
    match change {
        Change::FireFailed(failure) => failure.tell_owner,
        Change::FireRecovered(recovery) => recovery.tell_owner,
        Change::HookCreated(_) | Change::HookUpdated(_) | Change::HookDeleted(_) => false,
    }
}

#[cfg(test)]
mod tests;
