//! Which hooks an exchange's messages may fire, compiled and kept for some seconds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::binding::{RoutingKey, TopicPattern};
use crate::hook::HookName;
use crate::ports::{BindingStore, BoundHook, StoreError};

/// How long an exchange's bindings are used before they are read again, in seconds: a busy exchange with many bindings costs a
/// query in that time, not one a message. A hook that was just bound may miss that long what others are bound to already.
pub const STALE_SECONDS: i64 = 3;

/// The bindings to one exchange. Hooks with the same pattern are looked at together.
#[derive(Debug, Default)]
pub struct Bound {
    patterns: Vec<(TopicPattern, Vec<HookName>)>,
}

impl Bound {
    /// Compiles bindings.
    pub fn new(bindings: impl IntoIterator<Item = BoundHook>) -> Self {
        let mut hooks: BTreeMap<String, Vec<HookName>> = BTreeMap::new();
        for bound in bindings {
            hooks.entry(bound.routing_key_pattern).or_default().push(bound.hook);
        }
        let compiled =
            hooks.into_iter().map(|(pattern, hooks)| (TopicPattern::compile(&pattern), hooks)).collect();
        Self { patterns: compiled }
    }

    /// The hooks that any of these keys reaches, each once.
    pub fn hooks(&self, keys: &[RoutingKey<'_>]) -> BTreeSet<&HookName> {
        let reached = self.patterns.iter().filter(|(pattern, _)| keys.iter().any(|key| pattern.matches(key)));
        reached.flat_map(|(_, hooks)| hooks).collect()
    }
}

/// The bindings of the exchanges that messages came from lately.
#[derive(Default)]
pub(super) struct Kept {
    exchanges: Mutex<HashMap<String, (Timestamp, Arc<Bound>)>>,
}

impl Kept {
    /// The bindings to an exchange, at most [`STALE_SECONDS`] old.
    pub(super) async fn bound_to(
        &self,
        exchange: &str,
        store: &dyn BindingStore,
        now: Timestamp,
    ) -> Result<Arc<Bound>, StoreError> {
        if let Some((read, bound)) = self.exchanges().get(exchange)
            && is_fresh(*read, now)
        {
            return Ok(Arc::clone(bound));
        }
        let bound = Arc::new(Bound::new(store.bound_to(exchange).await?));
        let mut exchanges = self.exchanges();
        exchanges.retain(|_, (read, _)| is_fresh(*read, now));
        exchanges.insert(exchange.to_owned(), (now, Arc::clone(&bound)));
        Ok(bound)
    }

    /// Nothing that can panic is done under the lock.
    fn exchanges(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, Arc<Bound>)>> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is of the future was read before the clock was put back.
fn is_fresh(read: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(read);
    !age.is_negative() && age < SignedDuration::from_secs(STALE_SECONDS)
}
