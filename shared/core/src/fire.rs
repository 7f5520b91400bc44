//! Firing a hook: render the template, check the hook's authority, create the task, record what came of
//! it. The payload has been validated before: a payload that the hook doesn't take is no firing.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::firing::{FireRecord, FireResult, Firing, MAX_ERROR_BYTES};
use crate::gate::Gates;
use crate::hook::StoredHook;
use crate::ports::{
    Claim, CreatedTask, Credentials, FireStore, HealthStore, NewTask, Sink, SinkError, StoreError, chain,
};
use crate::scope::ASSUME;
use crate::slugid::SlugId;
use crate::streak::Health;
use crate::task::{fill_defaults, pending_status, say_trace};
use crate::template::{TemplateError, render};

/// The status with which a sink says that there is another task of that taskId.
const CONFLICT: u16 = 409;

/// What firing needs from outside.
#[derive(Clone)]
pub struct Engine {
    /// Where tasks are created.
    pub sink: Arc<dyn Sink>,
    /// Where fire records are kept.
    pub fires: Arc<dyn FireStore>,
    /// Where roles are kept.
    pub credentials: Arc<dyn Credentials>,
    /// Where it is kept how hooks have been doing.
    pub health: Arc<dyn HealthStore>,
    /// Whether tasks say which trace they belong to, in `extra.traceparent`.
    pub trace_in_tasks: bool,
    /// Who is asked before hooks fire, and told after they did; None where nobody is.
    pub gates: Option<Gates>,
}

/// A firing that went well.
#[derive(Debug, Clone, PartialEq)]
pub enum Fired {
    /// Its task exists.
    Created {
        /// The task's identity.
        task_id: SlugId,
        /// The task's status: the sink's own, or synthesised.
        status: Value,
    },
    /// The template rendered to nothing: no task was to be created, and nothing is recorded.
    Declined,
}

/// Why a firing failed.
#[derive(Debug, thiserror::Error)]
pub enum FireError {
    /// The template gave no definition.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The hook's role doesn't satisfy the task's scopes.
    #[error("The role `{role_id}` does not have sufficient scopes to create the task: it lacks {}", missing.join(", "))]
    InsufficientScopes {
        /// The role that the task is created with.
        role_id: String,
        /// The scopes of the task that the role lacks.
        missing: Vec<String>,
    },
    /// The sink took no task.
    #[error("the sink took no task with the authority of {role_id}")]
    Sink {
        /// What the sink said.
        #[source]
        error: SinkError,
        /// The role that the task was to be created with.
        role_id: String,
    },
    /// CDS did not run the workflow of a task, and won't be asked again.
    #[error("the workflow was not run: {reason}")]
    Workflow {
        /// Why.
        reason: String,
    },
    /// The store failed. The task may exist all the same; repeating the firing with its taskId is safe.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a firing's taskId comes from, and so what it means when it is met again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskIdOrigin {
    /// It was drawn at random, for this one time.
    Random,
    /// The caller chose it, so that their request may come again. Somebody else may have chosen it as well.
    Caller,
    /// It is ours, and the firing waits in a queue that may deliver it twice: a task that has it is this firing's.
    Queue,
    /// The same, but each delivery may name another moment, as each of a broker's message may: the first one counts.
    Message,
}

impl TaskIdOrigin {
    /// Whether the taskId has to be claimed, so that a firing that comes again is known by it.
    fn is_claimed(self) -> bool {
        matches!(self, Self::Caller | Self::Message)
    }

    /// Whether nobody else can have it.
    fn is_ours(self) -> bool {
        matches!(self, Self::Queue | Self::Message)
    }
}

/// How a firing is to be done.
#[derive(Debug, Clone, Copy)]
pub struct FireOptions {
    /// Where the taskId comes from.
    pub task_id: TaskIdOrigin,
    /// Whether a failure that may pass is left to be tried again, and not recorded.
    pub retried: bool,
    /// How long the sink may take.
    pub budget: Duration,
    /// The present.
    pub now: Timestamp,
}

impl Engine {
    /// Fires a hook once, however often it is called with the same taskId.
    ///
    /// A failure is recorded too, except one of the stores' and one that is [retried](FireOptions::retried). A firing whose
    /// record is an error is done again when it comes again; one whose record is a success is answered from the record.
    pub async fn fire(
        &self,
        hook: &StoredHook,
        mut firing: Firing,
        options: FireOptions,
    ) -> Result<Fired, FireError> {
        if options.task_id.is_claimed()
            && let Claim::Earlier { created, trace, record } = self.fires.claim(hook, &firing).await?
        {
            if let Some(fired) = record.and_then(|record| answered_before(*record)) {
                return Ok(fired);
            }
            // The task is to be the same.
            (firing.created, firing.trace) = (created, trace);
        }
        match self.create(hook, &firing, options).await {
            Ok(None) => Ok(Fired::Declined),
            Ok(Some(status)) => {
                let record = record_of(&firing, options.now, FireResult::Success, String::new());
                self.record_success(FireRecord { status: Some(status.clone()), ..record }).await?;
                self.set_health(hook, hook.health.after_success()).await;
                Ok(Fired::Created { task_id: firing.task_id, status })
            }
            Err(error) if matches!(error, FireError::Store(_)) || options.retried && error.may_pass() => {
                Err(error)
            }
            Err(error) => self.failed(hook, &firing, options, error).await,
        }
    }

    /// Records a failure, unless the same firing went well: then that is what came of it.
    async fn failed(
        &self,
        hook: &StoredHook,
        firing: &Firing,
        options: FireOptions,
        error: FireError,
    ) -> Result<Fired, FireError> {
        let record = record_of(firing, options.now, FireResult::Error, error.record_text());
        if self.fires.record(&record).await? {
            self.set_health(hook, hook.health.after_failure(firing, &error.owner_text(), options.now)).await;
            return Err(error);
        }
        match options.task_id {
            TaskIdOrigin::Random => Err(error),
            TaskIdOrigin::Queue | TaskIdOrigin::Message => Ok(Fired::Created {
                status: json!({"taskId": firing.task_id}),
                task_id: firing.task_id.clone(),
            }),
            TaskIdOrigin::Caller => match self.fires.claim(hook, firing).await? {
                Claim::Earlier { record: Some(record), .. } => answered_before(*record).ok_or(error),
                Claim::Earlier { record: None, .. } | Claim::New => Err(error),
            },
        }
    }

    /// Keeps how a hook is doing. The firing itself is done: a failure here only delays what its owner hears.
    async fn set_health(&self, hook: &StoredHook, health: Option<Health>) {
        let Some(health) = health else { return };
        // False: another firing of the hook has said something newer.
        if let Err(error) = self.health.set_health(hook, &health).await {
            tracing::warn!(hook = %hook.name, error = chain(&error), "how a hook is doing can't be kept");
        }
    }

    /// Records that a task exists: without its status, where a template made that too large to keep.
    async fn record_success(&self, record: FireRecord) -> Result<(), StoreError> {
        match self.fires.record(&record).await {
            Err(StoreError::TooLarge { .. }) => {
                self.fires.record(&FireRecord { status: None, ..record }).await.map(drop)
            }
            recorded => recorded.map(drop),
        }
    }

    /// The status of the task created, or None when the template rendered to nothing.
    async fn create(
        &self,
        hook: &StoredHook,
        firing: &Firing,
        options: FireOptions,
    ) -> Result<Option<Value>, FireError> {
        let Some(mut definition) = render(hook.definition.template()?, firing)? else {
            return Ok(None);
        };
        fill_defaults(&mut definition, firing);
        if let (true, Some(trace)) = (self.trace_in_tasks, firing.trace) {
            say_trace(&mut definition, trace);
        }
        let definition = Value::Object(definition);
        if !self.sink.checks_scopes() {
            self.check_scopes(hook, &definition).await?;
        }
        let task = NewTask { firing, definition: &definition, budget: options.budget };
        let role_id = hook.name.role_id();
        let created = match self.sink.create_task(task).await {
            // By an earlier delivery, before the hook's definition changed.
            Err(SinkError::Rejected { status: CONFLICT, .. }) if options.task_id.is_ours() => {
                CreatedTask::default()
            }
            created => created.map_err(|error| FireError::Sink { error, role_id })?,
        };
        let status =
            created.status.unwrap_or_else(|| pending_status(&firing.task_id, &definition, options.now));
        Ok(Some(status))
    }

    /// A task may have no more authority than the hook's role.
    async fn check_scopes(&self, hook: &StoredHook, definition: &Value) -> Result<(), FireError> {
        let scopes = task_scopes(definition)?;
        if scopes.is_empty() {
            return Ok(());
        }
        let roles = self.credentials.roles().await?;
        let role_id = hook.name.role_id();
        let authority = roles.expand([format!("{ASSUME}{role_id}")]);
        let missing: Vec<String> = scopes.into_iter().filter(|scope| !authority.satisfies(scope)).collect();
        if missing.is_empty() { Ok(()) } else { Err(FireError::InsufficientScopes { role_id, missing }) }
    }
}

fn task_scopes(definition: &Value) -> Result<Vec<String>, TemplateError> {
    let Some(scopes) = definition.get("scopes") else {
        return Ok(Vec::new());
    };
    let strings = scopes.as_array().and_then(|scopes| {
        scopes.iter().map(|scope| scope.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    });
    strings.ok_or(TemplateError::Scopes)
}

fn answered_before(record: FireRecord) -> Option<Fired> {
    match record.result {
        FireResult::Success => Some(Fired::Created {
            status: record.status.unwrap_or_else(|| json!({"taskId": record.task_id})),
            task_id: record.task_id,
        }),
        FireResult::Error => None,
    }
}

fn record_of(firing: &Firing, now: Timestamp, result: FireResult, error: String) -> FireRecord {
    FireRecord {
        task_id: firing.task_id.clone(),
        hook: firing.hook.clone(),
        fired_by: firing.fired_by,
        created: firing.created,
        task_created: now,
        result,
        error,
        status: None,
    }
}

impl FireError {
    /// Whether the same firing may go well later: the fault is the store's, or the sink's.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Sink { error: SinkError::Unavailable { .. }, .. })
    }

    /// What the hook's owner is told of the failure, in a sentence.
    fn owner_text(&self) -> String {
        match self {
            Self::Sink { error, .. } => error.to_string(),
            error => error.to_string(),
        }
    }

    /// What a log may say of the failure. The rest, which a template or a sink may have from the payload, is in the record.
    pub fn log_text(&self) -> String {
        match self {
            Self::Template(_) => "the template gives no task".into(),
            Self::InsufficientScopes { role_id, .. } => {
                format!("the role {role_id} lacks scopes of the task")
            }
            Self::Sink { error: SinkError::Rejected { status, code, .. }, .. } => {
                format!("the sink answered {status} {code}")
            }
            Self::Sink { error, .. } => chain(error),
            Self::Workflow { .. } => "CDS did not run the workflow".into(),
            Self::Store(error) => chain(error),
        }
    }

    /// What a fire record says of the failure: JSON (`name`, `message`, `code`, `statusCode`, `body`) of a
    /// sink's answer, plain text of anything else; at most [`MAX_ERROR_BYTES`].
    pub fn record_text(&self) -> String {
        let text = match self {
            Self::Sink { error, .. } => {
                serde_json::to_string_pretty(&sink_error_json(error)).unwrap_or_else(|_| error.to_string())
            }
            Self::Template(_) | Self::InsufficientScopes { .. } | Self::Workflow { .. } | Self::Store(_) => {
                self.to_string()
            }
        };
        truncated(text, MAX_ERROR_BYTES)
    }
}

fn sink_error_json(error: &SinkError) -> Value {
    match error {
        SinkError::Rejected { status, code, message, body } => json!({
            "name": "Error", "message": message, "code": code, "statusCode": status, "body": body,
        }),
        SinkError::Unavailable { reason, status, body, .. } => json!({
            "name": "Error", "message": reason, "code": "SinkUnavailable", "statusCode": status, "body": body,
        }),
    }
}

/// Cut at a character's boundary.
fn truncated(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
    }
    text
}

#[cfg(test)]
mod tests;
