//! The index of scheduled hooks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use treble_core::hook::StoredHook;
use treble_core::ports::{Advance, DueHook, DueIndex, HookStore};

use crate::support::{Stores, at, hook, updated};

fn scheduled(name: &str, due: i64) -> StoredHook {
    let mut hook = hook(name, &[]);
    hook.definition.schedule = vec!["0 * * * *".into(), "30 * * * *".into()];
    hook.due_at = Some(at(due));
    hook
}

impl Stores {
    async fn due(&self, before: Timestamp, limit: usize) -> BTreeMap<String, DueHook> {
        let mut all = BTreeMap::new();
        for shard in 0..self.hooks.shards() {
            let mut last = None;
            loop {
                let mut page = self.hooks.due(shard, before, last.as_ref(), limit).await.unwrap();
                assert!(page.hooks.is_sorted_by_key(|hook| hook.at) && page.hooks.len() <= limit);
                all.extend(page.hooks.iter().map(|hook| (hook.name.to_string(), hook.clone())));
                last = page.hooks.pop().or(last);
                if !page.more {
                    break;
                }
            }
        }
        all
    }
}

fn step(hook: &DueHook, to: Option<Timestamp>) -> Advance {
    Advance { hook: hook.name.clone(), revision: hook.revision, from: hook.at, to }
}

#[tokio::test]
async fn scheduled_hooks_are_found_when_they_are_due() {
    let stores = Stores::new().await;
    for number in 0..60 {
        stores.hooks.create(&scheduled(&format!("g/{number}"), number)).await.unwrap();
    }
    stores.hooks.create(&hook("g/unscheduled", &[])).await.unwrap();
    let due = stores.due(at(50), 2).await;
    assert_eq!(due.len(), 50);
    let expected = DueHook {
        name: "g/7".parse().unwrap(),
        at: at(7),
        schedule: vec!["0 * * * *".into(), "30 * * * *".into()],
        revision: 1,
    };
    assert_eq!(due["g/7"], expected);
}

#[tokio::test]
async fn many_hooks_move_on_in_few_calls() {
    let stores = Stores::new().await;
    for number in 0..60 {
        stores.hooks.create(&scheduled(&format!("g/{number}"), number)).await.unwrap();
    }
    let due = stores.due(at(100), 100).await;
    let steps: Vec<Advance> = due.values().map(|hook| step(hook, Some(at(3600)))).collect();
    stores.database.take_calls();
    let moved = stores.hooks.advance(&steps).await;
    assert!(moved.iter().all(|moved| matches!(moved, Ok(true))), "{moved:?}");
    assert_eq!(stores.database.take_calls().get("BatchExecuteStatement"), Some(&3));
    assert!(stores.due(at(3600), 100).await.is_empty());
    assert_eq!(stores.due(at(3601), 100).await.len(), 60);
    let read = stores.hooks.get(&"g/7".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((read.due_at, read.revision), (Some(at(3600)), 1));
}

#[tokio::test]
async fn a_schedule_ends() {
    let stores = Stores::new().await;
    stores.hooks.create(&scheduled("g/h", 7)).await.unwrap();
    let due = stores.due(at(100), 100).await;
    assert!(matches!(stores.hooks.advance(&[step(&due["g/h"], None)]).await[..], [Ok(true)]));
    assert!(stores.due(Timestamp::MAX, 100).await.is_empty());
    let read = stores.hooks.get(&"g/h".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(read.due_at, None);
}

#[tokio::test]
async fn a_hook_moves_on_once_and_not_after_a_change() {
    let stores = Stores::new().await;
    for name in ["g/twice", "g/changed", "g/removed", "g/fine"] {
        stores.hooks.create(&scheduled(name, 7)).await.unwrap();
    }
    let due = stores.due(at(100), 100).await;
    let steps: Vec<Advance> =
        ["g/changed", "g/fine", "g/removed", "g/twice"].map(|name| step(&due[name], Some(at(60)))).into();
    let first = stores.hooks.advance(&steps[3..]).await;
    assert!(matches!(first[..], [Ok(true)]));
    let changed = scheduled("g/changed", 7);
    assert!(stores.hooks.replace(&changed, &updated(&changed, |_| ())).await.unwrap());
    assert!(stores.hooks.remove(&scheduled("g/removed", 7)).await.unwrap());
    let moved = stores.hooks.advance(&steps).await;
    assert!(matches!(moved[..], [Ok(false), Ok(true), Ok(false), Ok(false)]), "{moved:?}");
    assert_eq!(stores.hooks.get(&"g/removed".parse().unwrap()).await.unwrap(), None, "it is not made again");
}
