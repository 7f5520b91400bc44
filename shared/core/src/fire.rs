//! Firing a hook: render the template, check the hook's authority, create the task, record what came of
//! it. The payload has been validated before: a payload that the hook doesn't take is no firing.

mod error;
mod gates;

pub use error::FireError;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::firing::{FireRecord, FireResult, Firing};
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
            // The task is to be the same.
            (firing.created, firing.trace) = (created, trace);
            if let Some(fired) = record.and_then(|record| answered_before(*record)) {
                // Who died between the record and telling of it has told nobody.
                return self.told(hook, &firing, Ok(fired)).await;
            }
        }
        let fired = self.fire_anew(hook, &firing, options).await;
        match fired {
            Err(error) if error.comes_again(options) => Err(error),
            fired => self.told(hook, &firing, fired).await,
        }
    }

    /// Fires a hook, and records what came of it.
    async fn fire_anew(
        &self,
        hook: &StoredHook,
        firing: &Firing,
        options: FireOptions,
    ) -> Result<Fired, FireError> {
        let created = match self.ask(hook, firing).await {
            Ok(()) => self.create(hook, firing, options).await,
            Err(error) => Err(error),
        };
        match created {
            Ok(None) => Ok(Fired::Declined),
            Ok(Some(status)) => {
                let record = record_of(firing, options.now, FireResult::Success, String::new());
                self.record_success(FireRecord { status: Some(status.clone()), ..record }).await?;
                self.set_health(hook, hook.health.after_success()).await;
                Ok(Fired::Created { task_id: firing.task_id.clone(), status })
            }
            Err(error) if error.comes_again(options) => Err(error),
            Err(error) => self.failed(hook, firing, options, error).await,
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
            // Whoever refused has their reasons, which are no fault of the hook's.
            if matches!(error, FireError::Refused { .. }) {
                return Err(error);
            }
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

#[cfg(test)]
mod tests;
