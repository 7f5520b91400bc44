//! Bindings are found by their exchange, and what the bridge made of them is remembered.

use treble_core::hook::Binding;
use treble_core::ports::{BindingLedger, BindingProblem, BindingStore, BoundHook, HookStore, MadeBinding};

use crate::support::{Stores, at, binding, hook, updated};

async fn bound(stores: &Stores, exchange: &str) -> Vec<String> {
    let told = |bound: BoundHook| format!("{} {}", bound.routing_key_pattern, bound.hook);
    stores.hooks.bound_to(exchange).await.unwrap().into_iter().map(told).collect()
}

#[tokio::test]
async fn the_bindings_to_an_exchange() {
    let stores = Stores::new().await;
    let old = hook("g/a/b", &[("e", "#"), ("e", ""), ("f", "x.*")]);
    stores.hooks.create(&old).await.unwrap();
    stores.hooks.create(&hook("g/h", &[("e", "#")])).await.unwrap();
    assert_eq!(bound(&stores, "e").await, [" g/a/b", "# g/a/b", "# g/h"]);
    assert_eq!(bound(&stores, "f").await, ["x.* g/a/b"]);
    let new = updated(&old, |hook| hook.definition.bindings.truncate(1));
    assert!(stores.hooks.replace(&old, &new).await.unwrap());
    assert_eq!(bound(&stores, "e").await, ["# g/a/b", "# g/h"]);
    assert!(bound(&stores, "f").await.is_empty());
    assert!(bound(&stores, &"x".repeat(5000)).await.is_empty(), "no hook can be bound to it");
}

#[tokio::test]
async fn bindings_beyond_a_page_are_found() {
    let stores = Stores::new().await;
    let patterns: Vec<String> = (0..50).map(|number| format!("{number}.{}", "x".repeat(900))).collect();
    let bindings: Vec<(&str, &str)> = patterns.iter().map(|pattern| ("e", pattern.as_str())).collect();
    for number in 0..30 {
        stores.hooks.create(&hook(&format!("g/h{number}"), &bindings)).await.unwrap();
    }
    assert_eq!(bound(&stores, "e").await.len(), 1500, "more than the megabyte that a query gives at once");
}

#[tokio::test]
async fn what_was_made_is_remembered() {
    let stores = Stores::new().await;
    let problem = BindingProblem { problem: "no exchange 'e'".into(), since: at(7) };
    let long: Binding = binding("e", &"x".repeat(2000));
    let mut expected = Vec::new();
    for (binding, problem) in [(binding("e", ""), None), (binding("e", "#"), Some(problem)), (long, None)] {
        let made = MadeBinding { binding, problem };
        stores.hooks.note(&made).await.unwrap();
        assert_eq!(stores.hooks.find(&made.binding).await.unwrap().as_ref(), Some(&made));
        expected.push(made);
    }
    assert_eq!(stores.hooks.made().await.unwrap(), expected);

    expected[1].problem = None;
    stores.hooks.note(&expected[1]).await.unwrap();
    let gone = expected.remove(0);
    stores.hooks.forget(&gone.binding).await.unwrap();
    assert_eq!(stores.hooks.find(&gone.binding).await.unwrap(), None);
    assert_eq!(stores.hooks.made().await.unwrap(), expected);
}
