//! Streaks of failures: a hook's firings fail from some moment until one goes well. Its owner is told at the beginning and
//! at the end, not each time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::firing::{FiredBy, Firing};
use crate::slugid::SlugId;

/// How long an owner who was told of a hook's failure is told of none.
pub const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// How much of an error a streak keeps, in bytes: enough for a mail; the fire record has it all.
pub const MAX_STREAK_ERROR_BYTES: usize = 4096;

/// Firings that fail, one after another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Streak {
    /// When the first of them failed.
    pub since: Timestamp,
    /// The failure that the owner is told of: its firing,
    pub task_id: SlugId,
    /// what made it fire,
    pub fired_by: FiredBy,
    /// and why it failed, at most [`MAX_STREAK_ERROR_BYTES`].
    pub error: String,
}

/// How a hook has been doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// The streak of failures that goes on.
    pub failing: Option<Streak>,
    /// When the hook's owner was last told of a failure.
    pub told_at: Option<Timestamp>,
}

impl Health {
    /// What changes when a firing fails at `now`; None where nothing does.
    ///
    /// A streak begins; the owner is told, unless that was done within [`QUIET`]. In a streak that goes on, they are told
    /// again after that time.
    pub fn after_failure(&self, firing: &Firing, error: &str, now: Timestamp) -> Option<Self> {
        let tell = self.told_at.is_none_or(|told_at| now.duration_since(told_at) >= QUIET);
        if self.failing.is_some() && !tell {
            return None;
        }
        let streak = Streak {
            since: self.failing.as_ref().map_or(now, |streak| streak.since),
            task_id: firing.task_id.clone(),
            fired_by: firing.fired_by,
            error: error[..error.floor_char_boundary(MAX_STREAK_ERROR_BYTES)].to_owned(),
        };
        Some(Self { failing: Some(streak), told_at: if tell { Some(now) } else { self.told_at } })
    }

    /// What changes when a firing goes well; None where nothing does.
    pub fn after_success(&self) -> Option<Self> {
        self.failing.as_ref()?;
        Some(Self { failing: None, told_at: self.told_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * 3600).unwrap()
    }

    fn firing(byte: u8) -> Firing {
        Firing {
            task_id: SlugId::from_bytes([byte; 16]),
            hook: "g/h".parse().unwrap(),
            fired_by: FiredBy::Schedule,
            payload: None,
            client_id: None,
            created: at(0),
            trace: None,
        }
    }

    #[test]
    fn a_streak_begins_and_ends_once() {
        let well = Health::default();
        assert_eq!(well.after_success(), None);
        let failing = well.after_failure(&firing(1), "first", at(0)).unwrap();
        assert_eq!(failing.told_at, Some(at(0)));
        assert_eq!(failing.failing.as_ref().map(|streak| &*streak.error), Some("first"));
        assert_eq!(failing.after_failure(&firing(2), "second", at(23)), None);
        let well = failing.after_success().unwrap();
        assert_eq!(well, Health { failing: None, told_at: Some(at(0)) });
    }

    #[test]
    fn an_owner_is_told_once_a_day() {
        let failing = Health::default().after_failure(&firing(1), "first", at(0)).unwrap();
        let reminded = failing.after_failure(&firing(2), "later", at(24)).unwrap();
        assert_eq!(reminded.told_at, Some(at(24)));
        let streak = reminded.failing.clone().unwrap();
        assert_eq!((streak.since, &*streak.error), (at(0), "later"));
        // A new streak on the same day begins in silence.
        let again = reminded.after_success().unwrap().after_failure(&firing(3), "new", at(25)).unwrap();
        assert_eq!((again.told_at, again.failing.unwrap().since), (Some(at(24)), at(25)));
    }

    #[test]
    fn a_long_error_is_cut_at_a_character() {
        let error = "ä".repeat(MAX_STREAK_ERROR_BYTES);
        let failing = Health::default().after_failure(&firing(1), &error, at(0)).unwrap().failing.unwrap();
        assert_eq!(failing.error.len(), MAX_STREAK_ERROR_BYTES);
    }
}
