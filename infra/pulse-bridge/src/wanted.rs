//! What the hooks want to hear of.

use std::collections::{BTreeMap, BTreeSet};

use treble_core::hook::{Binding, HookName, StoredHook};
use treble_core::ports::{HookStore, PageRequest, StoreError};

/// How many names or hooks are read at once.
const PAGE: usize = 100;

/// The bindings of all hooks that have any.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    hooks: BTreeMap<HookName, Vec<Binding>>,
}

impl Wanted {
    /// Reads them all, group by group.
    pub(crate) async fn read(store: &dyn HookStore) -> Result<Self, StoreError> {
        let mut wanted = Self::default();
        let mut groups = page(None);
        loop {
            let listed = store.groups(&groups).await?;
            for group in &listed.items {
                wanted.read_group(store, group).await?;
            }
            match listed.continuation {
                Some(continuation) => groups = page(Some(continuation)),
                None => return Ok(wanted),
            }
        }
    }

    async fn read_group(&mut self, store: &dyn HookStore, group: &str) -> Result<(), StoreError> {
        let mut hooks = page(None);
        loop {
            let listed = store.list(group, &hooks).await?;
            for hook in listed.items {
                self.set(hook.name.clone(), Some(&hook));
            }
            match listed.continuation {
                Some(continuation) => hooks = page(Some(continuation)),
                None => return Ok(()),
            }
        }
    }

    /// A hook is now this one, or gone.
    pub(crate) fn set(&mut self, name: HookName, hook: Option<&StoredHook>) {
        match hook.map(bindings_of).filter(|bindings| !bindings.is_empty()) {
            Some(bindings) => self.hooks.insert(name, bindings.to_vec()),
            None => self.hooks.remove(&name),
        };
    }

    /// Each binding that some hook has.
    pub(crate) fn bindings(&self) -> BTreeSet<Binding> {
        self.hooks.values().flatten().cloned().collect()
    }
}

/// What a hook wants of the broker: the bindings of some tasks of CDS are to what others send.
fn bindings_of(hook: &StoredHook) -> &[Binding] {
    let elsewhere = hook.definition.cds.as_ref().is_some_and(|task| !task.kind.of().of_broker);
    if elsewhere { &[] } else { &hook.definition.bindings }
}

fn page(continuation: Option<String>) -> PageRequest {
    PageRequest { limit: Some(PAGE), continuation }
}
