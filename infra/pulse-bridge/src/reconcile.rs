//! Binds the queue to what the hooks want, and to nothing else.
//!
//! Several bridges may do so at once, and hooks change meanwhile. A hook is stored before its change is told, so that two
//! orders suffice: what is noted is read before what is wanted, and after unbinding is looked whether somebody
//! has come to want it, to bind it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use jiff::Timestamp;
use lapin::options::QueueBindOptions;
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Error};
use treble_core::hook::{Binding, HookName};
use treble_core::ports::{BindingLedger, BindingProblem, BindingStore, HookStore, MadeBinding, StoreError};

use crate::channel::Reopening;
use crate::health::{Bindings, Health};
use crate::wanted::Wanted;

/// So many bindings are asked for before the first answer is awaited.
const AT_ONCE: usize = 64;

/// Where hooks are, and what was made of their bindings.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) hooks: Arc<dyn HookStore>,
    pub(crate) bindings: Arc<dyn BindingStore>,
    pub(crate) ledger: Arc<dyn BindingLedger>,
}

/// Keeps the queue's bindings what they should be.
pub(crate) struct Reconciler {
    stores: Stores,
    queue: ShortString,
    health: Arc<Health>,
    wanted: Wanted,
    /// What is bound, as far as this connection knows.
    made: BTreeSet<Binding>,
    /// What the ledger says of each binding.
    noted: BTreeMap<Binding, Option<BindingProblem>>,
}

/// Why the bindings are not what they should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReconcileError {
    /// A store did not answer: it may later.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The connection is lost.
    #[error("the broker is lost")]
    Broker(#[from] Error),
}

impl Reconciler {
    pub(crate) fn new(stores: Stores, queue: ShortString, health: Arc<Health>) -> Self {
        let (wanted, made, noted) = Default::default();
        Self { stores, queue, health, wanted, made, noted }
    }

    /// How many bindings the broker refuses.
    pub(crate) fn refused(&self) -> usize {
        self.noted.values().flatten().count()
    }

    /// What is not as it should be, as far as it is known.
    fn bindings(&self) -> Bindings {
        let refused = |binding: &Binding| self.noted.get(binding).is_some_and(Option::is_some);
        let wanted = self.wanted.bindings();
        let missing = wanted.difference(&self.made).filter(|binding| !refused(binding)).count();
        Bindings { missing, refused: self.refused() }
    }

    /// Makes all bindings, those too that were made before: the broker may have lost some, with their exchange.
    pub(crate) async fn all(&mut self, channels: &mut Reopening<'_>) -> Result<(), ReconcileError> {
        let made = self.stores.ledger.made().await?;
        self.noted = made.into_iter().map(|made| (made.binding, made.problem)).collect();
        self.wanted = Wanted::read(&*self.stores.hooks).await?;
        self.made.clear();
        self.missing(channels).await
    }

    /// A hook has changed.
    pub(crate) async fn changed(
        &mut self,
        name: HookName,
        channels: &mut Reopening<'_>,
    ) -> Result<(), ReconcileError> {
        let hook = self.stores.hooks.get(&name).await?;
        self.wanted.set(name, hook.as_ref());
        self.missing(channels).await
    }

    /// Makes what is missing, what was refused before included, and unmakes what nobody wants.
    pub(crate) async fn missing(&mut self, channels: &mut Reopening<'_>) -> Result<(), ReconcileError> {
        self.health.bindings(self.bindings());
        let made = self.make_missing(channels).await;
        self.health.bindings(self.bindings());
        made
    }

    async fn make_missing(&mut self, channels: &mut Reopening<'_>) -> Result<(), ReconcileError> {
        let wanted = self.wanted.bindings();
        let mut by_exchange: BTreeMap<&str, Vec<&Binding>> = BTreeMap::new();
        for binding in wanted.difference(&self.made) {
            by_exchange.entry(&binding.exchange).or_default().push(binding);
        }
        let missing: Vec<Vec<Binding>> =
            by_exchange.into_values().map(|bindings| bindings.into_iter().cloned().collect()).collect();
        for bindings in missing {
            self.make(&bindings, channels).await?;
        }
        let unwanted: Vec<Binding> =
            self.noted.keys().filter(|binding| !wanted.contains(*binding)).cloned().collect();
        for binding in unwanted {
            self.unmake(binding, channels).await?;
        }
        Ok(())
    }

    /// Makes bindings to one exchange.
    async fn make(
        &mut self,
        bindings: &[Binding],
        channels: &mut Reopening<'_>,
    ) -> Result<(), ReconcileError> {
        for (number, chunk) in bindings.chunks(AT_ONCE).enumerate() {
            self.note_new(chunk).await?;
            let channel = channels.channel().await?;
            let all = join_all(chunk.iter().map(|binding| bind(&channel, &self.queue, binding))).await;
            if all.iter().all(Result::is_ok) {
                for binding in chunk {
                    self.is_made(binding).await?;
                }
                continue;
            }
            // Which was refused, the closed channel doesn't tell.
            channels.forget();
            for (place, binding) in chunk.iter().enumerate() {
                let Some(refused) = self.make_one(binding, channels).await? else { continue };
                if refused.is_exchange {
                    for rest in bindings.iter().skip(number * AT_ONCE + place) {
                        self.is_refused(rest, &refused.problem).await?;
                    }
                    return Ok(());
                }
                self.is_refused(binding, &refused.problem).await?;
            }
        }
        Ok(())
    }

    async fn make_one(
        &mut self,
        binding: &Binding,
        channels: &mut Reopening<'_>,
    ) -> Result<Option<Refused>, ReconcileError> {
        let channel = channels.channel().await?;
        match bind(&channel, &self.queue, binding).await {
            Ok(()) => {
                self.is_made(binding).await?;
                Ok(None)
            }
            Err(BindError::TooLong) => {
                let problem = "AMQP has no exchanges or keys of more than 255 bytes".to_owned();
                Ok(Some(Refused { problem, is_exchange: false }))
            }
            Err(BindError::Broker(error)) => {
                let refusal = channels.refusal(error)?;
                Ok(Some(Refused { problem: refusal.message, is_exchange: refusal.is_missing }))
            }
        }
    }

    /// A binding is noted before it is made, so that it never is without being noted.
    async fn note_new(&mut self, bindings: &[Binding]) -> Result<(), StoreError> {
        let new: Vec<&Binding> =
            bindings.iter().filter(|binding| !self.noted.contains_key(*binding)).collect();
        let noted = join_all(new.iter().map(|binding| self.note(binding, None))).await;
        for (binding, noted) in new.into_iter().zip(noted) {
            noted?;
            self.noted.insert(binding.clone(), None);
        }
        Ok(())
    }

    async fn note(&self, binding: &Binding, problem: Option<BindingProblem>) -> Result<(), StoreError> {
        self.stores.ledger.note(&MadeBinding { binding: binding.clone(), problem }).await
    }

    async fn is_made(&mut self, binding: &Binding) -> Result<(), StoreError> {
        self.made.insert(binding.clone());
        if self.noted.get(binding).is_some_and(Option::is_some) {
            self.note(binding, None).await?;
            self.noted.insert(binding.clone(), None);
            let Binding { exchange, routing_key_pattern } = binding;
            tracing::info!(exchange, routing_key_pattern, "a binding could be made at last");
        }
        Ok(())
    }

    async fn is_refused(&mut self, binding: &Binding, problem: &str) -> Result<(), StoreError> {
        let known = self.noted.get(binding).and_then(Option::as_ref);
        if known.is_some_and(|known| known.problem == problem) {
            return Ok(());
        }
        let Binding { exchange, routing_key_pattern } = binding;
        tracing::warn!(exchange, routing_key_pattern, problem, "a binding can't be made");
        let since = known.map_or_else(Timestamp::now, |known| known.since);
        let problem = Some(BindingProblem { problem: problem.to_owned(), since });
        self.note(binding, problem.clone()).await?;
        self.noted.insert(binding.clone(), problem);
        Ok(())
    }

    async fn unmake(&mut self, binding: Binding, channels: &mut Reopening<'_>) -> Result<(), ReconcileError> {
        if let Ok((exchange, key)) = short(&binding) {
            let channel = channels.channel().await?;
            let unbound =
                channel.queue_unbind(self.queue.clone(), exchange, key, FieldTable::default()).await;
            if let Err(error) = unbound {
                // With its exchange a binding is gone as well.
                let refusal = channels.refusal(error)?;
                tracing::info!(problem = refusal.message, "a binding was not there to be unmade");
            }
        }
        self.made.remove(&binding);
        let bound = self.stores.bindings.bound_to(&binding.exchange).await?;
        if bound.iter().any(|bound| bound.routing_key_pattern == binding.routing_key_pattern) {
            if let Some(refused) = self.make_one(&binding, channels).await? {
                self.is_refused(&binding, &refused.problem).await?;
            }
            return Ok(());
        }
        self.stores.ledger.forget(&binding).await?;
        self.noted.remove(&binding);
        Ok(())
    }
}

/// A binding was refused.
struct Refused {
    problem: String,
    /// Whether for its exchange's sake, so that others to it would be too.
    is_exchange: bool,
}

enum BindError {
    TooLong,
    Broker(Error),
}

/// A binding's exchange and key as AMQP has them.
fn short(binding: &Binding) -> Result<(ShortString, ShortString), BindError> {
    let short = |text: &str| ShortString::try_new(text).map_err(|_| BindError::TooLong);
    Ok((short(&binding.exchange)?, short(&binding.routing_key_pattern)?))
}

async fn bind(channel: &Channel, queue: &ShortString, binding: &Binding) -> Result<(), BindError> {
    let (exchange, key) = short(binding)?;
    channel
        .queue_bind(queue.clone(), exchange, key, QueueBindOptions::default(), FieldTable::default())
        .await
        .map_err(BindError::Broker)
}
