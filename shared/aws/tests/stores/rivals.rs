//! Of two writes at once, one wins and the other is told.

use treble_core::ports::{CreateOutcome, HookStore};

use crate::support::{Stores, all, hook, updated};

/// How many do the same at once.
const RIVALS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_creations_one_wins_and_the_others_see_it() {
    let stores = Stores::new().await;
    let mut rivals = tokio::task::JoinSet::new();
    for number in 0..RIVALS {
        let store = stores.hooks.clone();
        let mut rival = hook("g/h", &[]);
        rival.definition.metadata.name = number.to_string();
        rivals.spawn(async move { (store.create(&rival).await.unwrap(), rival) });
    }
    let outcomes = rivals.join_all().await;
    let winners: Vec<_> = outcomes.iter().filter(|(outcome, _)| *outcome == CreateOutcome::Created).collect();
    let [(_, winner)] = winners[..] else { panic!("{} won", winners.len()) };
    for (outcome, _) in &outcomes {
        if let CreateOutcome::Exists(seen) = outcome {
            assert_eq!(**seen, *winner);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_replacements_one_wins() {
    let stores = Stores::new().await;
    let old = hook("g/h", &[]);
    stores.hooks.create(&old).await.unwrap();
    let mut rivals = tokio::task::JoinSet::new();
    for number in 0..RIVALS {
        let (store, old) = (stores.hooks.clone(), old.clone());
        let new = updated(&old, |hook| hook.definition.metadata.name = number.to_string());
        rivals.spawn(async move { (store.replace(&old, &new).await.unwrap(), new) });
    }
    let outcomes = rivals.join_all().await;
    let winners: Vec<_> = outcomes.into_iter().filter(|(won, _)| *won).map(|(_, new)| new).collect();
    assert_eq!(stores.hooks.list("g", &all()).await.unwrap().items, winners);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_groups_count_is_right_after_fifty_creations_and_removals_at_once() {
    let stores = Stores::new().await;
    let hooks: Vec<_> = (0..50).map(|number| hook(&format!("g/h{number}"), &[])).collect();
    let all_at_once = |create: bool| {
        let mut rivals = tokio::task::JoinSet::new();
        for hook in hooks.clone() {
            let store = stores.hooks.clone();
            rivals.spawn(async move {
                if create {
                    assert_eq!(store.create(&hook).await.unwrap(), CreateOutcome::Created);
                } else {
                    assert!(store.remove(&hook).await.unwrap());
                }
            });
        }
        rivals.join_all()
    };
    all_at_once(true).await;
    assert_eq!(stores.hooks.list("g", &all()).await.unwrap().items.len(), 50);
    assert_eq!(stores.hooks.groups(&all()).await.unwrap().items, ["g"]);
    all_at_once(false).await;
    assert!(stores.hooks.groups(&all()).await.unwrap().items.is_empty());
    assert!(stores.sort_keys("groups").await.is_empty(), "the count came to nothing, exactly");
}
