//! From a message to firings.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::PulseMessage;
use super::bound::Kept;
use super::rejections::Rejections;
use crate::binding::{RoutingKey, TopicPattern};
use crate::cds::{ExecutionStore, Finder};
use crate::firing::{FireRecord, FireResult, FiredBy, Firing, MAX_ERROR_BYTES};
use crate::hook::{HookName, StoredHook};
use crate::ports::{BindingStore, DelayedFiring, FireStore, FiringQueue, HookStore, QueueError, StoreError};
use crate::schema::joined;
use crate::secret::MasterKey;

/// So many firings, or so many bytes of payloads, are sent at once: a message with a large payload may fire thousands
/// of hooks.
const SENT_AT_ONCE: usize = 100;
const BYTES_AT_ONCE: usize = 1024 * 1024;

/// So many hooks are read at once.
const READ_AT_ONCE: usize = 16;

/// Fires the hooks that are bound to messages. One is kept for the life of a process: it remembers bindings for some
/// seconds, and which hooks' rejected messages were recorded lately.
pub struct Dispatcher {
    bindings: Arc<dyn BindingStore>,
    hooks: Arc<dyn HookStore>,
    fires: Arc<dyn FireStore>,
    firings: Arc<dyn FiringQueue>,
    master_key: MasterKey,
    executions: Option<Arc<dyn ExecutionStore>>,
    kept: Kept,
    rejections: Rejections,
}

/// Why a message's hooks were not all fired. The message must come again: what was fired already has the same taskId then.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// A store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue did not take a firing.
    #[error("a firing could not be sent")]
    Queue(#[source] QueueError),
}

/// Firings to be sent, each with the place of its message in the batch.
#[derive(Default)]
struct Outbox {
    firings: Vec<DelayedFiring>,
    messages: Vec<usize>,
    bytes: usize,
}

/// The hooks that were read for a batch: several of its messages mostly fire the same ones.
type Read = HashMap<HookName, Option<StoredHook>>;

impl Dispatcher {
    /// A dispatcher between these stores and this queue.
    pub fn new(
        bindings: Arc<dyn BindingStore>,
        hooks: Arc<dyn HookStore>,
        fires: Arc<dyn FireStore>,
        firings: Arc<dyn FiringQueue>,
        master_key: MasterKey,
    ) -> Self {
        let (kept, rejections) = (Kept::default(), Rejections::default());
        Self { bindings, hooks, fires, firings, master_key, executions: None, kept, rejections }
    }

    /// The same, and messages to tasks of CDS that are too large for the queue are put on record there.
    pub fn with_executions(self, executions: Arc<dyn ExecutionStore>) -> Self {
        Self { executions: Some(executions), ..self }
    }

    /// Fires the hooks of each message: how many it fired, in the messages' order. One message's failure is not another's.
    ///
    /// A hook fires once from a message, however many of its bindings match however many of the message's keys. What the
    /// hook's trigger schema does not take is recorded as a failed firing, at most once a minute and hook.
    pub async fn dispatch(
        &self,
        messages: &[PulseMessage],
        now: Timestamp,
    ) -> Vec<Result<usize, DispatchError>> {
        let (mut results, mut read, mut outbox) = (Vec::new(), Read::new(), Outbox::default());
        for (index, message) in messages.iter().enumerate() {
            results.push(Ok(0));
            if let Err(error) = self.fire(index, message, &mut read, &mut outbox, &mut results, now).await
                && let Some(result) = results.get_mut(index)
            {
                *result = Err(error);
            }
        }
        self.send(&mut outbox, &mut results, now).await;
        results
    }

    async fn fire(
        &self,
        index: usize,
        message: &PulseMessage,
        read: &mut Read,
        outbox: &mut Outbox,
        results: &mut [Result<usize, DispatchError>],
        now: Timestamp,
    ) -> Result<(), DispatchError> {
        let bound = self.kept.bound_to(&message.exchange, &*self.bindings, now).await?;
        let keys = message.routing_keys();
        let hooks = bound.hooks(&keys);
        if hooks.is_empty() {
            return Ok(());
        }
        self.read(hooks.iter().copied(), read).await?;
        let bytes = message.payload.to_string().len();
        for name in hooks {
            let Some(hook) = read.get(name).and_then(Option::as_ref) else { continue };
            // The binding may be one that the hook had.
            if !is_bound(hook, &message.exchange, &keys) {
                continue;
            }
            let firing = self.firing(hook, message);
            match payload(hook, message) {
                Ok(payload) => outbox.push(index, Firing { payload: Some(payload), ..firing }, bytes),
                Err(reason) => self.reject(&firing, reason, now).await?,
            }
            if outbox.firings.len() >= SENT_AT_ONCE || outbox.bytes >= BYTES_AT_ONCE {
                self.send(outbox, results, now).await;
            }
        }
        Ok(())
    }

    /// Reads those hooks that weren't read yet.
    async fn read(&self, names: impl Iterator<Item = &HookName>, read: &mut Read) -> Result<(), StoreError> {
        let new: Vec<&HookName> = names.filter(|name| !read.contains_key(*name)).collect();
        for names in new.chunks(READ_AT_ONCE) {
            let hooks = try_join_all(names.iter().map(|name| self.hooks.get(name))).await?;
            read.extend(names.iter().map(|name| (*name).clone()).zip(hooks));
        }
        Ok(())
    }

    /// The firing of a hook from a message, always the same.
    fn firing(&self, hook: &StoredHook, message: &PulseMessage) -> Firing {
        Firing {
            task_id: self.master_key.message_task_id(&hook.name, &message.exchange, &message.id),
            hook: hook.name.clone(),
            fired_by: FiredBy::PulseMessage,
            payload: None,
            client_id: None,
            // A publisher's moment may be of whole seconds, or by another clock: no firing is from before its hook.
            created: message.received.max(hook.created),
            trace: message.trace,
        }
    }

    /// Sends what is to be sent.
    async fn send(&self, outbox: &mut Outbox, results: &mut [Result<usize, DispatchError>], now: Timestamp) {
        let Outbox { firings, messages, .. } = std::mem::take(outbox);
        if firings.is_empty() {
            return;
        }
        let sent = self.firings.send(&firings).await;
        for ((sent, firing), index) in sent.into_iter().zip(firings).zip(messages) {
            let Some(result) = results.get_mut(index) else { continue };
            let outcome = match sent {
                Ok(()) => {
                    let Firing { hook, task_id, trace, .. } = &firing.firing;
                    let trace = trace.map(tracing::field::display);
                    tracing::info!(%hook, taskId = %task_id, trace, "a firing was sent");
                    Ok(1)
                }
                Err(error @ QueueError::TooLarge { .. }) => self.too_large(&firing.firing, error, now).await,
                Err(error @ QueueError::Unavailable { .. }) => Err(DispatchError::Queue(error)),
            };
            match (outcome, &mut *result) {
                (Ok(sent), Ok(fired)) => *fired += sent,
                (Ok(_), Err(_)) => {}
                (Err(error), _) => *result = Err(error),
            }
        }
    }

    /// What no queue takes is the hook's failure, but for what can be put on record instead. How many firings were sent.
    async fn too_large(
        &self,
        firing: &Firing,
        error: QueueError,
        now: Timestamp,
    ) -> Result<usize, DispatchError> {
        if self.send_by_record(firing).await? {
            return Ok(1);
        }
        self.reject(firing, error.to_string(), now).await?;
        Ok(0)
    }

    /// Sends a firing without its payload, which goes on record with its execution first, as that of a webhook does. False of
    /// hooks that are no tasks of CDS.
    async fn send_by_record(&self, firing: &Firing) -> Result<bool, DispatchError> {
        let Some(executions) = &self.executions else { return Ok(false) };
        let Some(hook) = self.hooks.get(&firing.hook).await? else { return Ok(false) };
        let Some(task) = &hook.definition.cds else { return Ok(false) };
        let finder = Finder { executions: &**executions, claims: &*self.fires };
        if finder.find(&hook, task, firing, || None).await?.is_err() {
            return Ok(false);
        }
        let reference = DelayedFiring::now(Firing { payload: None, ..firing.clone() });
        let sent = self.firings.send(&[reference]).await;
        sent.into_iter().next().unwrap_or(Ok(())).map_err(DispatchError::Queue)?;
        tracing::info!(hook = %firing.hook, taskId = %firing.task_id, "a large firing was put on record and sent");
        Ok(true)
    }

    /// Records that a hook could not be fired, unless that was recorded of another message a moment ago.
    async fn reject(&self, firing: &Firing, mut reason: String, now: Timestamp) -> Result<(), StoreError> {
        if !self.rejections.is_due(&firing.hook, now) {
            return Ok(());
        }
        reason.truncate(reason.floor_char_boundary(MAX_ERROR_BYTES));
        let record = FireRecord {
            task_id: firing.task_id.clone(),
            hook: firing.hook.clone(),
            fired_by: firing.fired_by,
            created: firing.created,
            task_created: now,
            result: FireResult::Error,
            error: reason,
            status: None,
        };
        self.fires.record(&record).await?;
        self.rejections.note(&firing.hook, now);
        Ok(())
    }
}

impl Outbox {
    fn push(&mut self, message: usize, firing: Firing, bytes: usize) {
        self.firings.push(DelayedFiring::now(firing));
        self.messages.push(message);
        self.bytes += bytes;
    }
}

/// Whether a hook, as it is now, is bound to an exchange so that one of these keys reaches it.
fn is_bound(hook: &StoredHook, exchange: &str, keys: &[RoutingKey<'_>]) -> bool {
    hook.definition.bindings.iter().filter(|binding| binding.exchange == exchange).any(|binding| {
        let pattern = TopicPattern::compile(&binding.routing_key_pattern);
        keys.iter().any(|key| pattern.matches(key))
    })
}

/// The payload that the hook's template sees, or why there is none.
fn payload(hook: &StoredHook, message: &PulseMessage) -> Result<serde_json::Value, String> {
    if let Some(reason) = &message.unreadable {
        return Err(reason.clone());
    }
    let schema = hook.definition.trigger_schema().map_err(|error| error.to_string())?;
    schema.apply(message.payload.clone()).map_err(|violations| joined(&violations))
}
