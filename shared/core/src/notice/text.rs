//! The texts of mails.

use jiff::Timestamp;

use super::{Circumstances, safe};
use crate::change::{Failure, Recovery};
use crate::firing::FiredBy;
use crate::hook::StoredHook;
use crate::streak::QUIET;

/// Before each line of what others wrote, so that it is told from what we did.
pub(super) const INDENT: &str = "  ";

/// What failed, why, what happens next, and how to try again.
pub(super) fn of_failure(hook: &StoredHook, failure: &Failure, about: Circumstances<'_>) -> String {
    let name = &hook.name;
    let streak = &failure.streak;
    let failed = failed_at(hook, failure);
    let mut text = format!("The hook {name} failed.\n\n");
    text += &field("Hook", &title(hook));
    text += &field("Firing", &format!("{}, {}", streak.task_id.as_str(), fired_by(streak.fired_by)));
    text += &field("When", &moment(failed));
    if failed != streak.since {
        text += &field("Failing since", &moment(streak.since));
    }
    text += "\nWhy:\n\n";
    text += &safe::indented(&streak.error, INDENT);
    text += "\nWhat happens next:\n\n";
    text += &format!("- {}\n", next(hook, about.now));
    text +=
        &format!("- You are told of no other failure of this hook before {}.\n", until_quiet_ends(failed));
    text += "- When it works again, you get one more mail.\n\n";
    text += &format!("To fire it once more:\n\n{INDENT}treble hooks trigger {name}\n\n");
    text += &history(hook);
    text += &place(about);
    text
}

/// That it works, and what of the failed firings is left to do.
pub(super) fn of_recovery(hook: &StoredHook, recovery: &Recovery, about: Circumstances<'_>) -> String {
    let name = &hook.name;
    let mut text = format!("The hook {name} works again.\n\n");
    text += &field("Hook", &title(hook));
    text += &field("Failed since", &moment(recovery.since));
    text += "\nWhat happens next:\n\n";
    text += &format!("- {}\n", next(hook, about.now));
    text += "- What failed in the meantime is not fired again by itself.\n\n";
    text += &history(hook);
    text += &place(about);
    text
}

pub(super) fn field(name: &str, value: &str) -> String {
    format!("{:<15}{value}\n", format!("{name}:"))
}

/// The hook's names: the one for machines, and the one for people.
fn title(hook: &StoredHook) -> String {
    let title = safe::line(&hook.definition.metadata.name);
    let title = title.trim();
    if title.is_empty() { hook.name.to_string() } else { format!("{}: {title}", hook.name) }
}

/// The failure that is told of: the hook keeps when that was, unless it has changed since.
fn failed_at(hook: &StoredHook, failure: &Failure) -> Timestamp {
    let since = failure.streak.since;
    hook.health.told_at.filter(|told_at| *told_at >= since).unwrap_or(since)
}

fn fired_by(fired_by: FiredBy) -> &'static str {
    match fired_by {
        FiredBy::Schedule => "by its schedule",
        FiredBy::TriggerHook => "by a call of triggerHook",
        FiredBy::TriggerHookWithToken => "by a call with its trigger token",
        FiredBy::PulseMessage => "by a message of an exchange that it is bound to",
        FiredBy::Webhook => "by a request to its URL",
    }
}

/// When the hook fires again.
fn next(hook: &StoredHook, now: Timestamp) -> String {
    let definition = &hook.definition;
    if !definition.schedule.is_empty() {
        return match definition.parse_stored_schedule().map(|schedule| schedule.next_after(now)) {
            Ok(Some(next)) => format!("It fires again by its schedule at {}.", moment(next)),
            Ok(None) => "Its schedule has no more occurrences.".to_owned(),
            Err(error) => format!("Its schedule can't be read: {}.", safe::line(&error.to_string())),
        };
    }
    if definition.bindings.is_empty() {
        "It has no schedule: it fires again when it is triggered.".to_owned()
    } else {
        "It has no schedule: it fires again when it is triggered, or a message that it is bound to comes."
            .to_owned()
    }
}

fn until_quiet_ends(told: Timestamp) -> String {
    told.checked_add(QUIET).map_or_else(|_| "a day has passed".to_owned(), moment)
}

/// How to see what came of the firings, and to do again what was given up.
fn history(hook: &StoredHook) -> String {
    let name = &hook.name;
    format!(
        "To see what came of its firings:\n\n{INDENT}treble hooks fires {name}\n\n\
         Firings that were given up after several attempts are kept as dead letters. To fire them again:\n\n\
         {INDENT}treble dead-letters redrive --hook {name}\n\n"
    )
}

fn place(about: Circumstances<'_>) -> String {
    format!(
        "This is the hooks service at {}. It writes to you as the hook's owner (metadata.owner); for no more\n\
         mails, set metadata.emailOnError to false.\n",
        safe::line(about.root_url)
    )
}

pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
