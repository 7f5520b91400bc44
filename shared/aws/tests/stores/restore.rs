//! What comes back from a backup takes its place, or leaves it to what is there.

use treble_aws::dynamodb::{ClaimEntry, Restore, Restored};
use treble_core::hook::StoredHook;
use treble_core::ports::{BindingLedger, BindingProblem, HookStore, MadeBinding};
use treble_core::trace::TraceContext;

use crate::support::{Stores, all, at, binding, hook, page, task_id, updated};

/// A hook whose token was reset, and that is due.
fn backed_up() -> StoredHook {
    let mut hook = hook("g/a/b", &[("e", "1.#"), ("e", "2.#")]);
    (hook.token_generation, hook.due_at, hook.revision) = (7, Some(at(90)), 5);
    hook
}

#[tokio::test]
async fn a_hook_comes_back_with_its_token_and_its_next_moment() {
    let stores = Stores::new().await;
    let hook = backed_up();
    assert_eq!(stores.hooks.restore(&hook, Restore::DryRun).await.unwrap(), Restored::New);
    assert_eq!(stores.hooks.get(&hook.name).await.unwrap(), None);
    assert_eq!(stores.hooks.restore(&hook, Restore::Keep).await.unwrap(), Restored::New);
    assert_eq!(stores.hooks.get(&hook.name).await.unwrap(), Some(hook.clone()));
    assert_eq!(stores.hooks.groups(&all()).await.unwrap().items, ["g"]);
    assert_eq!(stores.sort_keys("exchange#e").await, ["1.#\0g/a/b", "2.#\0g/a/b"]);

    // Its schedule goes on, and so does what it fires: it is the same hook.
    let moved = updated(&hook, |hook| hook.due_at = Some(at(3600)));
    assert!(stores.hooks.replace(&hook, &moved).await.unwrap());
    for how in [Restore::DryRun, Restore::Keep, Restore::Replace] {
        assert_eq!(stores.hooks.restore(&hook, how).await.unwrap(), Restored::Same);
    }
    assert_eq!(stores.hooks.get(&hook.name).await.unwrap(), Some(moved));
}

#[tokio::test]
async fn a_hook_that_differs_gives_way_when_it_is_to() {
    let hook = backed_up();
    let changed =
        StoredHook { definition: super::support::hook("g/a/b", &[("f", "#")]).definition, ..hook.clone() };
    let reset = StoredHook { token_generation: 8, ..hook.clone() };
    let anew = StoredHook { created: at(50), token_generation: 9, ..hook.clone() };
    for other in [changed, reset, anew] {
        let stores = Stores::new().await;
        stores.hooks.create(&other).await.unwrap();
        for how in [Restore::DryRun, Restore::Keep] {
            assert_eq!(stores.hooks.restore(&hook, how).await.unwrap(), Restored::Different);
        }
        assert_eq!(stores.hooks.get(&hook.name).await.unwrap(), Some(other.clone()));
        assert_eq!(stores.hooks.restore(&hook, Restore::Replace).await.unwrap(), Restored::Replaced);
        assert_eq!(stores.hooks.restore(&hook, Restore::Keep).await.unwrap(), Restored::Same, "{other:?}");
        assert_eq!(stores.sort_keys("exchange#e").await.len(), 2);
        assert!(stores.sort_keys("exchange#f").await.is_empty());
        assert_eq!(stores.hooks.list("g", &all()).await.unwrap().items.len(), 1);
    }
}

#[tokio::test]
async fn claims_come_in_pages_and_only_those_of_the_hook_that_there_is() {
    let stores = Stores::new().await;
    let hook = hook("g/h", &[]);
    let claim = |number: u8, second| ClaimEntry {
        hook: hook.name.clone(),
        task_id: task_id(number),
        created: at(second),
        // A backup keeps it.
        trace: TraceContext::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    };
    // The first is of a hook that had the name before.
    let claims = [claim(1, -5), claim(2, 0), claim(3, 5), claim(4, 5)];
    for claim in &claims {
        assert_eq!(stores.fires.restore_claim(claim, Restore::Keep).await.unwrap(), Restored::New);
    }
    assert_eq!(stores.fires.restore_claim(&claims[3], Restore::Keep).await.unwrap(), Restored::Same);
    let moved = claim(4, 6);
    assert_eq!(stores.fires.restore_claim(&moved, Restore::Keep).await.unwrap(), Restored::Different);
    assert_eq!(stores.fires.restore_claim(&moved, Restore::Replace).await.unwrap(), Restored::Replaced);

    let mut found = Vec::new();
    let mut next = page(2, None);
    loop {
        let page = stores.fires.claims(&hook, &next).await.unwrap();
        found.extend(page.items);
        if page.continuation.is_none() {
            break;
        }
        next.continuation = page.continuation;
    }
    found.sort_by_key(|claim| claim.task_id.to_string());
    let mut expected = vec![claims[1].clone(), claims[2].clone(), moved];
    expected.sort_by_key(|claim| claim.task_id.to_string());
    assert_eq!(found, expected);
}

/// The broker may have changed its mind since.
#[tokio::test]
async fn what_the_bridge_noted_since_counts() {
    let stores = Stores::new().await;
    let problem = Some(BindingProblem { problem: "no exchange 'e'".into(), since: at(0) });
    let backed_up = MadeBinding { binding: binding("e", "#"), problem };
    assert_eq!(stores.hooks.restore_made(&backed_up, Restore::Keep).await.unwrap(), Restored::New);
    assert_eq!(stores.hooks.made().await.unwrap(), std::slice::from_ref(&backed_up));
    let made = MadeBinding { problem: None, ..backed_up.clone() };
    stores.hooks.note(&made).await.unwrap();
    assert_eq!(stores.hooks.restore_made(&backed_up, Restore::Replace).await.unwrap(), Restored::Same);
    assert_eq!(stores.hooks.made().await.unwrap(), [made]);
}
