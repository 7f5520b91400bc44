//! Saving, removing, starting and stopping tasks: the same for a request and for a synchronisation.

use std::sync::Arc;

use jiff::Timestamp;

use super::poll::{RepositoryName, RepositoryStore};
use super::{Config, ExecutionStore, GROUP, InvalidConfig, InvalidNodeHook, NodeHook, Seal, Task};
use crate::hook::{Hook, HookName, StoredHook, is_group_id};
use crate::ports::{BoxError, CreateOutcome, HookStore, StoreError};

/// The entry of a task's config that shows who may call its URL. It rests sealed, for the task's uuid.
pub const SECRET: &str = "secret";

/// What is shown in place of a secret; saved, it stands for the one that there is.
pub const MASK: &str = "**********";

/// The entry of a task's config that tells its URL.
const URL: &str = "webHookURL";

/// How often a write is tried that others come before.
const ATTEMPTS: usize = 5;

/// What tasks are kept with.
#[derive(Clone)]
pub struct Tasks {
    /// Where tasks are kept.
    pub hooks: Arc<dyn HookStore>,
    /// Where their executions are.
    pub executions: Arc<dyn ExecutionStore>,
    /// Which repositories are polled for them.
    pub repositories: Arc<dyn RepositoryStore>,
    /// Seals their secrets.
    pub seal: Arc<dyn Seal>,
    /// The deployment's root URL, without a slash at the end: tasks' own are below it.
    pub public_url: String,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// Why a task was not saved or removed.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Its uuid is none.
    #[error("uuid {0:?} must be 1 to 1000 letters, digits, '-' or '_'")]
    Uuid(String),
    /// It is of no type.
    #[error(transparent)]
    NodeHook(#[from] InvalidNodeHook),
    /// Its type can't have its config.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// Its secret can't be sealed.
    #[error("the secret of task {uuid} can't be sealed")]
    Seal {
        /// The task.
        uuid: String,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others wrote it each time that we were about to.
    #[error("task {0} is being changed by others: try again")]
    Contended(String),
}

/// A task's secret is there, and can't be read: who calls its URL can't be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret of task {0} was sealed by another deployment: save the task again with its secret")]
pub struct SealedElsewhere(pub String);

impl Tasks {
    /// The task of that uuid.
    ///
    /// # Errors
    /// When the store fails. A uuid that none can have is nobody's.
    pub async fn find(&self, uuid: &str) -> Result<Option<StoredHook>, StoreError> {
        match name(uuid) {
            Ok(name) => Ok(self.hooks.get(&name).await?.filter(|hook| hook.definition.cds.is_some())),
            Err(_) => Ok(None),
        }
    }

    /// Whether a node hook can be saved, as far as that can be told without doing it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn check(&self, node: &NodeHook) -> Result<(), SaveError> {
        let (name, task) = self.draft(node)?;
        // Only what stands for an earlier secret depends on what is stored.
        let earlier = match task.config.get(SECRET) {
            Some(MASK) => self.hooks.get(&name).await?,
            _ => None,
        };
        self.complete(&name, task, earlier.as_ref()).map(drop)
    }

    /// Creates the task that a node hook asks for, or makes it what the node hook says. One that was stopped stays so, and
    /// what is due stays due unless its schedule changes. Saving the same again changes nothing.
    ///
    /// # Errors
    /// When it is no task, or can't be stored.
    pub async fn save(&self, node: &NodeHook) -> Result<StoredHook, SaveError> {
        let (name, task) = self.draft(node)?;
        for _ in 0..ATTEMPTS {
            let old = self.hooks.get(&name).await?;
            let new = self.complete(&name, task.clone(), old.as_ref())?;
            self.watch(&new).await?;
            let Some(old) = old else {
                match self.hooks.create(&new).await? {
                    CreateOutcome::Created => return Ok(new),
                    CreateOutcome::Exists(_) => continue,
                }
            };
            if self.replace(&old, &new).await? {
                return Ok(new);
            }
        }
        Err(SaveError::Contended(name.id().into()))
    }

    /// Stops a task, or starts it again: the task, if there is one. What its schedule had for the meantime is left out.
    ///
    /// # Errors
    /// When it can't be stored.
    pub async fn set_stopped(&self, uuid: &str, stopped: bool) -> Result<Option<StoredHook>, SaveError> {
        for _ in 0..ATTEMPTS {
            let Some(old) = self.find(uuid).await? else { return Ok(None) };
            let mut hook = (*old.definition).clone();
            match hook.cds.as_deref_mut() {
                Some(task) if task.stopped != stopped => task.stopped = stopped,
                _ => return Ok(Some(old)),
            }
            let new = self.stored(&old.name, hook, Some(&old))?;
            if self.replace(&old, &new).await? {
                return Ok(Some(new));
            }
        }
        Err(SaveError::Contended(uuid.into()))
    }

    /// Removes a task, and its executions after it, so that none comes in between: whether there was one.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the task.
    pub async fn remove(&self, uuid: &str) -> Result<bool, SaveError> {
        let name = name(uuid)?;
        for _ in 0..ATTEMPTS {
            let hook = self.hooks.get(&name).await?;
            let removed = match &hook {
                Some(hook) => self.hooks.remove(hook).await?,
                None => true,
            };
            if removed {
                // Where there is no task, an earlier removal may have got no further than that.
                self.executions.remove_all(&name).await?;
                return Ok(hook.is_some());
            }
        }
        Err(SaveError::Contended(uuid.into()))
    }

    /// A task's secret, opened; None where it has none.
    ///
    /// # Errors
    /// When it has one that can't be opened.
    pub fn secret(&self, uuid: &str, task: &Task) -> Result<Option<String>, SealedElsewhere> {
        let Some(sealed) = task.config.get(SECRET) else { return Ok(None) };
        self.seal.open(uuid, sealed).map(Some).ok_or_else(|| SealedElsewhere(uuid.into()))
    }

    /// Has a poller ask for the repository that a task is for. The poller forgets it again where no task follows.
    async fn watch(&self, hook: &StoredHook) -> Result<(), StoreError> {
        let of_broker = hook.definition.cds.as_ref().is_none_or(|task| task.kind.of().of_broker);
        for binding in hook.definition.bindings.iter().filter(|_| !of_broker) {
            if let Some(repository) = RepositoryName::of_exchange(&binding.exchange) {
                self.repositories.watch(&repository, (self.now)()).await?;
            }
        }
        Ok(())
    }

    /// Writes a change, if it is one. False where others came first.
    async fn replace(&self, old: &StoredHook, new: &StoredHook) -> Result<bool, StoreError> {
        if old.definition == new.definition && old.due_at == new.due_at {
            return Ok(true);
        }
        self.hooks.replace(old, new).await
    }

    /// What a node hook alone says of its task.
    fn draft(&self, node: &NodeHook) -> Result<(HookName, Task), SaveError> {
        let (name, mut task) = (name(&node.uuid)?, node.task()?);
        if task.kind.of().has_url {
            task.config.set(URL, format!("{}/webhook/{}", self.public_url, node.uuid));
        }
        Ok((name, task))
    }

    /// The task as it is to be stored in place of `old`.
    fn complete(
        &self,
        name: &HookName,
        mut task: Task,
        old: Option<&StoredHook>,
    ) -> Result<StoredHook, SaveError> {
        let earlier = old.and_then(|old| old.definition.cds.as_deref());
        task.stopped = earlier.is_some_and(|earlier| earlier.stopped);
        self.seal_secret(name.id(), &mut task.config, earlier)?;
        let hook = task.into_hook(name)?;
        self.stored(name, hook, old)
    }

    /// Seals a config's secret, or puts the earlier one in its place where it is the same.
    fn seal_secret(&self, uuid: &str, config: &mut Config, earlier: Option<&Task>) -> Result<(), SaveError> {
        let Some(secret) = config.get(SECRET) else { return Ok(()) };
        let kept = earlier.and_then(|earlier| earlier.config.get(SECRET));
        let sealed = match kept {
            Some(kept) if secret == MASK || self.seal.open(uuid, kept).as_deref() == Some(secret) => {
                kept.to_owned()
            }
            None if secret == MASK => {
                let problem =
                    "is what is shown in place of a secret, and the task has none: send the secret itself";
                return Err(InvalidConfig::new(SECRET, problem).into());
            }
            _ => self
                .seal
                .seal(uuid, secret)
                .map_err(|source| SaveError::Seal { uuid: uuid.into(), source })?,
        };
        if let Some(entry) = config.get_mut(SECRET) {
            entry.value = sealed;
        }
        Ok(())
    }

    /// A definition as it is to be stored in place of `old`, with the moment that it is due next.
    fn stored(&self, name: &HookName, hook: Hook, old: Option<&StoredHook>) -> Result<StoredHook, SaveError> {
        let now = (self.now)();
        let schedule =
            hook.parse_stored_schedule().map_err(|error| InvalidConfig::new("cron", error.to_string()))?;
        let stopped = hook.cds.as_ref().is_some_and(|task| task.stopped);
        // What is due stays due: occurrences that were sent already are not sent again.
        let kept = old.filter(|old| old.definition.schedule == hook.schedule).and_then(|old| old.due_at);
        let due_at = if stopped { None } else { kept.or_else(|| schedule.next_after(now)) };
        Ok(match old {
            None => StoredHook::new(name.clone(), hook, now, due_at),
            Some(old) => {
                StoredHook { definition: hook.into(), due_at, revision: old.revision + 1, ..old.clone() }
            }
        })
    }
}

/// The hook that a task is. Its uuid is a segment of paths, so that it has no slash, as other hookIds may.
fn name(uuid: &str) -> Result<HookName, SaveError> {
    let wrong = || SaveError::Uuid(uuid.into());
    if !is_group_id(uuid) {
        return Err(wrong());
    }
    HookName::new(GROUP, uuid).map_err(|_| wrong())
}

#[cfg(test)]
mod tests;
