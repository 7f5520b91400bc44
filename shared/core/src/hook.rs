//! What a hook is: its name, its definition, and the form in which it is kept.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cds;
use crate::cron::{Schedule, ScheduleError};
use crate::definition::Definition;
use crate::streak::Health;

/// The longest `hookGroupId` or `hookId`, in characters.
pub const MAX_ID_LENGTH: usize = 1000;

/// The most bindings that one hook may have.
pub const MAX_BINDINGS: usize = 50;

/// The largest definition that is stored, in bytes of compact JSON: what fits one DynamoDB item
/// (400 KB) beside its keys and counters.
pub const MAX_DEFINITION_BYTES: usize = 350 * 1024;

/// Identifies a hook: `<hookGroupId>/<hookId>`, both of 1 to [`MAX_ID_LENGTH`] letters, digits, `-` and
/// `_`; a hookId may also contain `/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HookName {
    group: String,
    id: String,
}

/// Why a text can't be a hook's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHookName {
    /// The hookGroupId is empty, too long or has a character that is not allowed.
    #[error("hookGroupId {0:?} must be 1 to 1000 letters, digits, '-' or '_'")]
    Group(String),
    /// The hookId is empty, too long or has a character that is not allowed.
    #[error("hookId {0:?} must be 1 to 1000 letters, digits, '-', '_' or '/'")]
    Id(String),
    /// There is no `/` between a group and an id.
    #[error("{0:?} must be a hook's name: hookGroupId/hookId")]
    NoGroup(String),
}

impl HookName {
    /// A name of its parts, if both are well formed.
    pub fn new(group: impl Into<String>, id: impl Into<String>) -> Result<Self, InvalidHookName> {
        let (group, id) = (group.into(), id.into());
        if !is_group_id(&group) {
            return Err(InvalidHookName::Group(group));
        }
        if !is_hook_id(&id) {
            return Err(InvalidHookName::Id(id));
        }
        Ok(Self { group, id })
    }

    /// The hookGroupId.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The hookId.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The role with whose authority the hook's tasks are created: `hook-id:<group>/<id>`.
    pub fn role_id(&self) -> String {
        format!("hook-id:{self}")
    }
}

impl fmt::Display for HookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.id)
    }
}

impl FromStr for HookName {
    type Err = InvalidHookName;

    /// Splits at the first `/`: a group has none, an id may have several.
    fn from_str(text: &str) -> Result<Self, InvalidHookName> {
        let (group, id) = text.split_once('/').ok_or_else(|| InvalidHookName::NoGroup(text.into()))?;
        Self::new(group, id)
    }
}

impl TryFrom<String> for HookName {
    type Error = InvalidHookName;

    fn try_from(text: String) -> Result<Self, InvalidHookName> {
        text.parse()
    }
}

impl From<HookName> for String {
    fn from(name: HookName) -> Self {
        name.to_string()
    }
}

/// Whether a text is well formed as a hookGroupId.
pub fn is_group_id(text: &str) -> bool {
    has_id_length(text) && text.bytes().all(is_id_byte)
}

/// Whether a text is well formed as a hookId.
pub fn is_hook_id(text: &str) -> bool {
    has_id_length(text) && text.bytes().all(|byte| is_id_byte(byte) || byte == b'/')
}

fn has_id_length(text: &str) -> bool {
    (1..=MAX_ID_LENGTH).contains(&text.len())
}

fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// A hook's definition, as its author wrote it and with defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// Identifies the hook within its group.
    pub hook_id: String,
    /// The group that the hook belongs to.
    pub hook_group_id: String,
    /// The messages that fire the hook.
    #[serde(default)]
    pub bindings: Vec<Binding>,
    /// What the hook is for and whom to tell when it fails.
    pub metadata: Metadata,
    /// A JSON-e template that renders to a task's definition.
    pub task: Value,
    /// Cron patterns of the moments at which the hook fires: Taskcluster's, in UTC, or [`cronexpr`](crate::cron::cronexpr)'s.
    #[serde(default)]
    pub schedule: Vec<String>,
    /// The JSON schema of the payloads with which the hook may be triggered.
    pub trigger_schema: Value,
    /// What it is beside, where it is a task of CDS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cds: Option<Box<cds::Task>>,
}

impl Hook {
    /// The schedule as a client of Taskcluster's API gives it, read. What its `H`s stand for depends on the hook's name, so
    /// that the hook keeps its times.
    pub fn parse_schedule(&self) -> Result<Schedule, ScheduleError> {
        Schedule::parse(&self.schedule, &self.hash_seed())
    }

    /// The schedule as it is stored, read. A hook that came by another dialect has patterns of that.
    pub fn parse_stored_schedule(&self) -> Result<Schedule, ScheduleError> {
        Schedule::parse_stored(&self.schedule, &self.hash_seed())
    }

    fn hash_seed(&self) -> String {
        format!("{}/{}", self.hook_group_id, self.hook_id)
    }
}

/// What a hook is for and whom to tell when it fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// A name for people, up to 255 characters.
    pub name: String,
    /// The hook's purpose and behaviour, up to 32,768 characters.
    pub description: String,
    /// The mail address of whoever is responsible for the hook, up to 255 characters.
    pub owner: String,
    /// Whether the owner is told when a firing fails.
    #[serde(default = "email_on_error_default")]
    pub email_on_error: bool,
}

fn email_on_error_default() -> bool {
    true
}

/// Messages of a broker that fire a hook.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// The exchange that the messages are published to.
    pub exchange: String,
    /// An AMQP topic pattern for their routing keys: words between dots, `*` for one, `#` for any number.
    pub routing_key_pattern: String,
}

/// A hook as it is kept: the definition and what the service knows besides.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredHook {
    /// The hook's name.
    pub name: HookName,
    /// The definition.
    pub definition: Definition,
    /// When the hook was created. A hook that was removed and created again has a new one, so firings
    /// from before don't belong to it.
    pub created: Timestamp,
    /// Grows by one at each update; the condition of every write.
    pub revision: u64,
    /// The generation of the trigger token: a new one at each reset and never one that a removed hook of
    /// the same name had, since the first is the milliseconds of `created`.
    pub token_generation: u64,
    /// The next occurrence of the schedule that has not been fired, if there is one.
    pub due_at: Option<Timestamp>,
    /// How its firings have been doing.
    pub health: Health,
}

impl StoredHook {
    /// A hook that is created at `now`.
    pub fn new(
        name: HookName,
        definition: impl Into<Definition>,
        now: Timestamp,
        due_at: Option<Timestamp>,
    ) -> Self {
        let (definition, token_generation) = (definition.into(), first_generation(now));
        Self {
            name,
            definition,
            created: now,
            revision: 1,
            token_generation,
            due_at,
            health: Health::default(),
        }
    }

    /// The generation that follows the present one when the token is reset at `now`.
    pub fn next_token_generation(&self, now: Timestamp) -> u64 {
        first_generation(now).max(self.token_generation + 1)
    }
}

fn first_generation(now: Timestamp) -> u64 {
    u64::try_from(now.as_millisecond()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_digits_dashes_and_underscores() {
        let long = "x".repeat(MAX_ID_LENGTH);
        let cases = [
            ("g", "h", true),
            ("g-_9", "a/b", true),
            ("g", "/a", true),
            ("g", &long, true),
            ("", "h", false),
            ("g", "", false),
            ("g/g", "h", false),
            ("g", "a.b", false),
            ("g", "ä", false),
            ("g", "a\n", false),
            (&*format!("{long}x"), "h", false),
        ];
        for (group, id, valid) in cases {
            assert_eq!(HookName::new(group, id).is_ok(), valid, "{group:?} {id:?}");
        }
    }

    #[test]
    fn a_name_is_split_at_its_first_slash() {
        let name: HookName = "g/a/b".parse().unwrap();
        assert_eq!((name.group(), name.id()), ("g", "a/b"));
        assert_eq!(name.to_string(), "g/a/b");
        assert!(matches!("g".parse::<HookName>(), Err(InvalidHookName::NoGroup(_))));
    }

    #[test]
    fn a_token_generation_is_never_used_twice() {
        let name = HookName::new("g", "h").unwrap();
        let definition = Hook {
            hook_id: "h".into(),
            hook_group_id: "g".into(),
            bindings: vec![],
            metadata: Metadata {
                name: String::new(),
                description: String::new(),
                owner: String::new(),
                email_on_error: true,
            },
            task: Value::Null,
            schedule: vec![],
            trigger_schema: Value::Null,
            cds: None,
        };
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let hook = StoredHook::new(name, definition, at(1000), None);
        assert_eq!(hook.token_generation, 1000);
        assert_eq!(hook.next_token_generation(at(1000)), 1001);
        assert_eq!(hook.next_token_generation(at(5000)), 5000);
    }
}
