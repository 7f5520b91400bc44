//! Any sequence of operations leaves the table as it leaves a map.

use std::collections::BTreeMap;

use proptest::prelude::*;
use treble_core::hook::{HookName, StoredHook};
use treble_core::ports::{CreateOutcome, HookStore};

use crate::support::{Stores, all, at, binding, hook};

/// What is done to one of a few hooks; the definitions differ in what is stored apart.
#[derive(Debug, Clone)]
enum Step {
    Create(usize, Shape),
    Replace(usize, Shape),
    ReplaceStale(usize, Shape),
    Remove(usize),
    RemoveStale(usize),
    ResetToken(usize),
}

#[derive(Debug, Clone)]
struct Shape {
    bindings: Vec<(usize, usize)>,
    due: Option<i64>,
}

const NAMES: [&str; 4] = ["g/a", "g/b", "h/a", "h/a/b"];

fn shape() -> impl Strategy<Value = Shape> {
    let bindings = prop::collection::vec((0..3_usize, 0..3_usize), 0..5);
    (bindings, prop::option::of(0..1000_i64)).prop_map(|(bindings, due)| Shape { bindings, due })
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0..NAMES.len();
    prop_oneof![
        4 => (which.clone(), shape()).prop_map(|(hook, shape)| Step::Create(hook, shape)),
        4 => (which.clone(), shape()).prop_map(|(hook, shape)| Step::Replace(hook, shape)),
        1 => (which.clone(), shape()).prop_map(|(hook, shape)| Step::ReplaceStale(hook, shape)),
        2 => which.clone().prop_map(Step::Remove),
        1 => which.clone().prop_map(Step::RemoveStale),
        1 => which.prop_map(Step::ResetToken),
    ]
}

fn shaped(mut hook: StoredHook, shape: &Shape) -> StoredHook {
    let bindings = shape.bindings.iter();
    hook.definition.bindings = bindings
        .map(|(exchange, pattern)| binding(&format!("e{exchange}"), &format!("p{pattern}")))
        .collect();
    hook.due_at = shape.due.map(at);
    hook
}

type Model = BTreeMap<HookName, StoredHook>;

/// Takes a step in both; `moment` tells hooks of one name apart.
async fn take(step: &Step, moment: i64, stores: &Stores, model: &mut Model) {
    let name = |which: usize| -> HookName { NAMES[which].parse().unwrap() };
    match step {
        Step::Create(which, shape) => {
            let created = StoredHook { created: at(moment), ..shaped(hook(NAMES[*which], &[]), shape) };
            let outcome = stores.hooks.create(&created).await.unwrap();
            let expected = match model.get(&created.name) {
                Some(earlier) => CreateOutcome::Exists(Box::new(earlier.clone())),
                None => CreateOutcome::Created,
            };
            assert_eq!(outcome, expected);
            model.entry(created.name.clone()).or_insert(created);
        }
        Step::Replace(which, shape) => {
            let Some(old) = model.get(&name(*which)).cloned() else { return };
            let new = StoredHook { revision: old.revision + 1, ..shaped(old.clone(), shape) };
            assert!(stores.hooks.replace(&old, &new).await.unwrap());
            model.insert(new.name.clone(), new);
        }
        Step::ReplaceStale(which, shape) => {
            let Some(old) = model.get(&name(*which)) else { return };
            let stale = StoredHook { revision: old.revision + 7, ..old.clone() };
            let new = StoredHook { revision: old.revision + 8, ..shaped(old.clone(), shape) };
            assert!(!stores.hooks.replace(&stale, &new).await.unwrap());
        }
        Step::Remove(which) => {
            let Some(old) = model.remove(&name(*which)) else { return };
            assert!(stores.hooks.remove(&old).await.unwrap());
        }
        Step::RemoveStale(which) => {
            let Some(old) = model.get(&name(*which)) else { return };
            let stale = StoredHook { created: at(-1), ..old.clone() };
            assert!(!stores.hooks.remove(&stale).await.unwrap());
        }
        Step::ResetToken(which) => {
            let Some(hook) = model.get_mut(&name(*which)) else { return };
            let next = hook.next_token_generation(at(moment));
            assert!(stores.hooks.set_token_generation(hook, next).await.unwrap());
            hook.token_generation = next;
        }
    }
}

async fn compare(stores: &Stores, model: &Model) {
    let mut groups: Vec<_> = model.keys().map(|name| name.group().to_owned()).collect();
    groups.dedup();
    assert_eq!(stores.hooks.groups(&all()).await.unwrap().items, groups);
    for group in ["g", "h"] {
        let expected: Vec<_> = model.values().filter(|hook| hook.name.group() == group).cloned().collect();
        assert_eq!(stores.hooks.list(group, &all()).await.unwrap().items, expected);
    }
    for exchange in ["e0", "e1", "e2"] {
        let mut expected = Vec::new();
        for hook in model.values() {
            let bound = hook.definition.bindings.iter().filter(|binding| binding.exchange == exchange);
            expected.extend(bound.map(|binding| format!("{}\0{}", binding.routing_key_pattern, hook.name)));
        }
        expected.sort();
        expected.dedup();
        assert_eq!(stores.sort_keys(&format!("exchange#{exchange}")).await, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_holds_what_a_map_would(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let stores = Stores::new().await;
            let mut model = Model::new();
            for (moment, step) in (0..).zip(&steps) {
                take(step, moment, &stores, &mut model).await;
            }
            compare(&stores, &model).await;
        });
    }
}
