//! The lines of a file: a header, a record each, and a last one that tells that the file is whole.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use treble_aws::dynamodb::{ClaimEntry, ClientEntry, RoleEntry, SealedClient};
use treble_core::firing::{FireRecord, FireResult, FiredBy};
use treble_core::hook::{Binding, Hook, HookName, StoredHook};
use treble_core::ports::{BindingProblem, DeadLetter, MadeBinding};
use treble_core::secret::MasterKey;
use treble_core::slugid::SlugId;
use treble_core::streak::{Health, Streak};
use treble_core::trace::{self, TraceContext};

/// What a file says that it is.
pub(super) const FORMAT: &str = "treble-export";
/// The version of the format that is written, and the latest that is read. What is added to records raises it; what they
/// may lack does not.
pub(super) const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: u32,
    /// When it was begun.
    pub(super) exported: Timestamp,
    pub(super) from: Source,
    /// The service, where it was asked through its API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) root_url: Option<String>,
    /// Tells the master key apart from others, and nothing else about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) master_key: Option<String>,
}

/// Where a file comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Source {
    /// Tables: everything.
    Store,
    /// A hooks service's API: definitions.
    Api,
}

/// By what a master key is told apart from others.
pub(super) fn fingerprint(key: &MasterKey) -> String {
    URL_SAFE_NO_PAD.encode(&key.derive("tell exports' keys apart")[..9])
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum Record {
    Role(RoleRecord),
    Client(ClientRecord),
    Hook(Box<HookRecord>),
    /// A hook as the API tells it.
    Definition(DefinitionRecord),
    Fire(Box<FireLine>),
    Claim(ClaimRecord),
    DeadLetter(DeadLetterRecord),
    BrokerBinding(BrokerBindingRecord),
    /// The last line.
    End {},
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleRecord {
    role_id: String,
    description: String,
    scopes: Vec<String>,
    last_modified: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientRecord {
    pub(super) client_id: String,
    description: String,
    scopes: Vec<String>,
    expires: Timestamp,
    disabled: bool,
    created: Timestamp,
    /// In base64.
    sealed_token: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HookRecord {
    pub(super) definition: Hook,
    created: Timestamp,
    revision: u64,
    token_generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failing: Option<Streak>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DefinitionRecord {
    pub(super) hook: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trigger_token: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FireLine {
    task_id: SlugId,
    hook: HookName,
    fired_by: FiredBy,
    created: Timestamp,
    task_created: Timestamp,
    result: FireResult,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    error: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<Value>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClaimRecord {
    hook: HookName,
    task_id: SlugId,
    created: Timestamp,
    #[serde(
        rename = "traceparent",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "trace::deserialize"
    )]
    trace: Option<TraceContext>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetterRecord {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hook: Option<HookName>,
    died: Timestamp,
    reason: String,
    message: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BrokerBindingRecord {
    #[serde(flatten)]
    binding: Binding,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
}

impl From<RoleEntry> for Record {
    fn from(role: RoleEntry) -> Self {
        let RoleEntry { role_id, description, scopes, last_modified } = role;
        Self::Role(RoleRecord { role_id, description, scopes, last_modified })
    }
}

impl From<RoleRecord> for RoleEntry {
    fn from(role: RoleRecord) -> Self {
        let RoleRecord { role_id, description, scopes, last_modified } = role;
        Self { role_id, description, scopes, last_modified }
    }
}

impl From<SealedClient> for Record {
    fn from(client: SealedClient) -> Self {
        let ClientEntry { client_id, description, scopes, expires, disabled, created } = client.entry;
        let sealed_token = STANDARD.encode(client.sealed_token);
        Self::Client(ClientRecord {
            client_id,
            description,
            scopes,
            expires,
            disabled,
            created,
            sealed_token,
        })
    }
}

impl TryFrom<&ClientRecord> for SealedClient {
    type Error = base64::DecodeError;

    fn try_from(client: &ClientRecord) -> Result<Self, Self::Error> {
        let entry = ClientEntry {
            client_id: client.client_id.clone(),
            description: client.description.clone(),
            scopes: client.scopes.clone(),
            expires: client.expires,
            disabled: client.disabled,
            created: client.created,
        };
        Ok(Self { entry, sealed_token: STANDARD.decode(&client.sealed_token)? })
    }
}

impl From<&StoredHook> for Record {
    fn from(hook: &StoredHook) -> Self {
        Self::Hook(Box::new(HookRecord {
            definition: Hook::clone(&hook.definition),
            created: hook.created,
            revision: hook.revision,
            token_generation: hook.token_generation,
            due_at: hook.due_at,
            failing: hook.health.failing.clone(),
            told_at: hook.health.told_at,
        }))
    }
}

impl TryFrom<HookRecord> for StoredHook {
    type Error = treble_core::hook::InvalidHookName;

    fn try_from(hook: HookRecord) -> Result<Self, Self::Error> {
        let name = HookName::new(&hook.definition.hook_group_id, &hook.definition.hook_id)?;
        Ok(Self {
            name,
            definition: hook.definition.into(),
            created: hook.created,
            revision: hook.revision,
            token_generation: hook.token_generation,
            due_at: hook.due_at,
            health: Health { failing: hook.failing, told_at: hook.told_at },
        })
    }
}

impl From<FireRecord> for Record {
    fn from(fire: FireRecord) -> Self {
        let FireRecord { task_id, hook, fired_by, created, task_created, result, error, status } = fire;
        Self::Fire(Box::new(FireLine {
            task_id,
            hook,
            fired_by,
            created,
            task_created,
            result,
            error,
            status,
        }))
    }
}

impl From<FireLine> for FireRecord {
    fn from(line: FireLine) -> Self {
        let FireLine { task_id, hook, fired_by, created, task_created, result, error, status } = line;
        Self { task_id, hook, fired_by, created, task_created, result, error, status }
    }
}

impl From<ClaimEntry> for Record {
    fn from(claim: ClaimEntry) -> Self {
        let ClaimEntry { hook, task_id, created, trace } = claim;
        Self::Claim(ClaimRecord { hook, task_id, created, trace })
    }
}

impl From<ClaimRecord> for ClaimEntry {
    fn from(claim: ClaimRecord) -> Self {
        let ClaimRecord { hook, task_id, created, trace } = claim;
        Self { hook, task_id, created, trace }
    }
}

impl From<DeadLetter> for Record {
    fn from(letter: DeadLetter) -> Self {
        let DeadLetter { id, hook, died, reason, message } = letter;
        Self::DeadLetter(DeadLetterRecord { id, hook, died, reason, message })
    }
}

impl From<DeadLetterRecord> for DeadLetter {
    fn from(letter: DeadLetterRecord) -> Self {
        let DeadLetterRecord { id, hook, died, reason, message } = letter;
        Self { id, hook, died, reason, message }
    }
}

impl From<MadeBinding> for Record {
    fn from(made: MadeBinding) -> Self {
        let (problem, since) = made.problem.map(|problem| (problem.problem, problem.since)).unzip();
        Self::BrokerBinding(BrokerBindingRecord { binding: made.binding, problem, since })
    }
}

impl From<BrokerBindingRecord> for MadeBinding {
    fn from(made: BrokerBindingRecord) -> Self {
        let problem = made.problem.zip(made.since);
        let problem = problem.map(|(problem, since)| BindingProblem { problem, since });
        Self { binding: made.binding, problem }
    }
}
