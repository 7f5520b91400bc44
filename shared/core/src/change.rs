//! Changes that others are told of: a hook was created, updated or deleted, began to fail or works again.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hook::{HookName, StoredHook};
use crate::streak::Streak;

/// Who says so, on the event bus.
pub const SOURCE: &str = "treble.hooks";

/// Something that happened to a hook. As JSON, what it is (`type`, the detail-type of an event on the bus) and what belongs
/// to it (`detail`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "detail")]
pub enum Change {
    /// There is a new hook.
    HookCreated(Subject),
    /// A hook has another definition.
    HookUpdated(Subject),
    /// A hook is gone.
    HookDeleted(Subject),
    /// A hook's firings have begun to fail, or still fail after a day.
    FireFailed(Failure),
    /// A firing went well, after others had failed.
    FireRecovered(Recovery),
}

/// The hook that a change is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// Its group.
    pub hook_group_id: String,
    /// Its id within the group.
    pub hook_id: String,
}

/// A hook's firings fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The hook.
    #[serde(flatten)]
    pub subject: Subject,
    /// Since when, and why.
    #[serde(flatten)]
    pub streak: Streak,
    /// Whether it is time to tell the hook's owner.
    pub tell_owner: bool,
}

/// A hook works again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// The hook.
    #[serde(flatten)]
    pub subject: Subject,
    /// Since when it had failed.
    pub since: Timestamp,
    /// Whether its owner was told of that.
    pub tell_owner: bool,
}

impl From<&HookName> for Subject {
    fn from(name: &HookName) -> Self {
        Self { hook_group_id: name.group().to_owned(), hook_id: name.id().to_owned() }
    }
}

/// What happened to which hook, for a log.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::HookCreated(_) => "was created",
            Self::HookUpdated(_) => "was updated",
            Self::HookDeleted(_) => "was deleted",
            Self::FireFailed(_) => "fails",
            Self::FireRecovered(_) => "works again",
        };
        write!(f, "Hook {} {what}", self.subject())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.hook_group_id, self.hook_id)
    }
}

impl Change {
    /// The hook that it is about.
    pub fn subject(&self) -> &Subject {
        match self {
            Self::HookCreated(subject) | Self::HookUpdated(subject) | Self::HookDeleted(subject) => subject,
            Self::FireFailed(Failure { subject, .. }) | Self::FireRecovered(Recovery { subject, .. }) => {
                subject
            }
        }
    }

    /// What one write of a hook changed, from what was stored before to what is stored after.
    ///
    /// Most writes are no news: moving a hook on to its next occurrence, or resetting its trigger token.
    pub fn between(old: Option<&StoredHook>, new: Option<&StoredHook>) -> Vec<Self> {
        let mut changes = Vec::new();
        match (old, new) {
            (None, None) => {}
            (None, Some(new)) => changes.push(Self::HookCreated(Subject::from(&new.name))),
            (Some(old), None) => changes.push(Self::HookDeleted(Subject::from(&old.name))),
            (Some(old), Some(new)) => {
                if (old.created, old.revision) != (new.created, new.revision) {
                    changes.push(Self::HookUpdated(Subject::from(&new.name)));
                }
                changes.extend(Self::of_health(old, new));
            }
        }
        changes
    }

    fn of_health(old: &StoredHook, new: &StoredHook) -> Option<Self> {
        let subject = Subject::from(&new.name);
        match (&old.health.failing, &new.health.failing) {
            (None, None) => None,
            (was, Some(streak)) => {
                let tell_owner = old.health.told_at != new.health.told_at;
                let news = was.is_none() || tell_owner;
                let failure = || Failure { subject, streak: streak.clone(), tell_owner };
                news.then(|| Self::FireFailed(failure()))
            }
            (Some(was), None) => {
                let tell_owner = old.health.told_at.is_some_and(|told_at| told_at >= was.since);
                Some(Self::FireRecovered(Recovery { subject, since: was.since, tell_owner }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::firing::{FiredBy, Firing};
    use crate::hook::Hook;
    use crate::slugid::SlugId;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * 3600).unwrap()
    }

    fn hook() -> StoredHook {
        let definition: Hook = serde_json::from_value(json!({
            "hookGroupId": "g", "hookId": "a/b", "task": {}, "triggerSchema": {},
            "metadata": {"name": "n", "description": "d", "owner": "o@example.com"},
        }))
        .unwrap();
        StoredHook::new("g/a/b".parse().unwrap(), definition, at(0), None)
    }

    fn failed(hook: &StoredHook, now: Timestamp) -> StoredHook {
        let firing = Firing {
            task_id: SlugId::from_bytes([7; 16]),
            hook: hook.name.clone(),
            fired_by: FiredBy::Schedule,
            payload: None,
            client_id: None,
            created: now,
            trace: None,
        };
        StoredHook { health: hook.health.after_failure(&firing, "no", now).unwrap(), ..hook.clone() }
    }

    #[test]
    fn definitions_change() {
        let hook = hook();
        let subject = || Subject::from(&hook.name);
        let between = |old, new| Change::between(old, new);
        assert_eq!(between(None, Some(&hook)), [Change::HookCreated(subject())]);
        assert_eq!(between(Some(&hook), None), [Change::HookDeleted(subject())]);
        let updated = StoredHook { revision: 2, ..hook.clone() };
        assert_eq!(between(Some(&hook), Some(&updated)), [Change::HookUpdated(subject())]);
        let advanced = StoredHook { due_at: Some(at(1)), token_generation: 9, ..hook.clone() };
        assert_eq!(between(Some(&hook), Some(&advanced)), []);
        assert_eq!(
            serde_json::to_value(Change::HookCreated(subject())).unwrap(),
            json!({"type": "HookCreated", "detail": {"hookGroupId": "g", "hookId": "a/b"}})
        );
    }

    #[test]
    fn health_changes() {
        let well = hook();
        let failing = failed(&well, at(1));
        let [change] = &Change::between(Some(&well), Some(&failing))[..] else { panic!() };
        let json = json!({"type": "FireFailed", "detail": {
            "hookGroupId": "g", "hookId": "a/b", "since": "1970-01-01T01:00:00Z",
            "taskId": SlugId::from_bytes([7; 16]), "firedBy": "schedule", "error": "no", "tellOwner": true,
        }});
        assert_eq!(serde_json::to_value(change).unwrap(), json);
        assert_eq!(&serde_json::from_value::<Change>(json).unwrap(), change);

        // The owner is told again after a day, and of the end.
        let reminded = failed(&failing, at(30));
        assert!(matches!(&Change::between(Some(&failing), Some(&reminded))[..], [Change::FireFailed(_)]));
        let end =
            |hook: &StoredHook| StoredHook { health: hook.health.after_success().unwrap(), ..hook.clone() };
        let recovered = end(&reminded);
        let [Change::FireRecovered(recovery)] = &Change::between(Some(&reminded), Some(&recovered))[..]
        else {
            panic!()
        };
        assert_eq!((recovery.since, recovery.tell_owner), (at(1), true));

        // A streak that the owner was not told of ends in silence, too.
        let again = failed(&recovered, at(31));
        let [Change::FireFailed(failure)] = &Change::between(Some(&recovered), Some(&again))[..] else {
            panic!()
        };
        assert!(!failure.tell_owner);
        let [Change::FireRecovered(recovery)] = &Change::between(Some(&again), Some(&end(&again)))[..] else {
            panic!()
        };
        assert!(!recovery.tell_owner);
    }
}
