//! A firing is recorded once; a claimed taskId is one firing's.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use treble_core::firing::{FireRecord, FireResult, FiredBy, Firing};
use treble_core::hook::StoredHook;
use treble_core::ports::{Claim, FireStore, PageRequest, StoreError};
use treble_core::trace::TraceContext;

use crate::support::{Stores, all, hook, page, task_id};

fn record(hook: &StoredHook, number: u8, created: Timestamp) -> FireRecord {
    FireRecord {
        task_id: task_id(number),
        hook: hook.name.clone(),
        fired_by: FiredBy::Schedule,
        created,
        task_created: created + SignedDuration::from_millis(1234),
        result: FireResult::Success,
        error: String::new(),
        status: Some(json!({"taskId": "x", "state": "pending"})),
    }
}

fn firing(hook: &StoredHook, number: u8, created: Timestamp) -> Firing {
    Firing {
        task_id: task_id(number),
        hook: hook.name.clone(),
        fired_by: FiredBy::TriggerHook,
        payload: None,
        client_id: None,
        created,
        trace: None,
    }
}

/// A hook that was created a minute ago, so that its records are not overdue for removal.
fn recent() -> StoredHook {
    StoredHook { created: Timestamp::now() - SignedDuration::from_secs(60), ..hook("g/a/b", &[]) }
}

fn after(hook: &StoredHook, milliseconds: i64) -> Timestamp {
    hook.created + SignedDuration::from_millis(milliseconds)
}

#[tokio::test]
async fn records_are_listed_as_they_were_made_the_newest_first() {
    let stores = Stores::new().await;
    let hook = recent();
    let mut failed = record(&hook, 2, after(&hook, 2));
    failed.result = FireResult::Error;
    failed.error = "it rained\u{0}".into();
    failed.status = None;
    let mut token = record(&hook, 3, after(&hook, 3));
    token.fired_by = FiredBy::TriggerHookWithToken;
    let records = [token, failed, record(&hook, 1, after(&hook, 1))];
    for record in &records {
        assert!(stores.fires.record(record).await.unwrap());
    }
    assert_eq!(stores.fires.list(&hook, &all()).await.unwrap().items, records);
}

#[tokio::test]
async fn a_firing_is_recorded_once_but_an_error_gives_way() {
    let stores = Stores::new().await;
    let hook = recent();
    let good = record(&hook, 1, after(&hook, 1));
    let mut bad = good.clone();
    bad.result = FireResult::Error;
    bad.error = "unreachable".into();
    for (record, stands) in [(&bad, true), (&bad, true), (&good, true), (&bad, false), (&good, false)] {
        assert_eq!(stores.fires.record(record).await.unwrap(), stands);
    }
    assert_eq!(stores.fires.list(&hook, &all()).await.unwrap().items, [good]);
}

#[tokio::test]
async fn a_hook_created_anew_has_no_history() {
    let stores = Stores::new().await;
    let first = recent();
    for number in 0..3 {
        stores.fires.record(&record(&first, number, after(&first, i64::from(number)))).await.unwrap();
    }
    let again = StoredHook { created: after(&first, 2), ..first.clone() };
    let listed = stores.fires.list(&again, &all()).await.unwrap().items;
    assert_eq!(listed, [record(&first, 2, after(&first, 2))]);
}

#[tokio::test]
async fn records_of_another_hook_are_not_listed() {
    let stores = Stores::new().await;
    let (one, two) = (recent(), StoredHook { name: "g/a".parse().unwrap(), ..recent() });
    stores.fires.record(&record(&one, 1, after(&one, 1))).await.unwrap();
    assert!(stores.fires.list(&two, &all()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn records_older_than_a_year_are_not_listed() {
    let stores = Stores::new().await;
    let days = |count: i64| SignedDuration::from_hours(24 * count);
    let hook = StoredHook { created: Timestamp::now() - days(400), ..hook("g/h", &[]) };
    let young = record(&hook, 1, Timestamp::now() - days(364));
    stores.fires.record(&young).await.unwrap();
    stores.fires.record(&record(&hook, 2, Timestamp::now() - days(366))).await.unwrap();
    assert_eq!(stores.fires.list(&hook, &all()).await.unwrap().items, [young]);

    assert_eq!(stores.database.sweep_ttl().unwrap(), 1, "and are removed in time");
}

#[tokio::test]
async fn pages_go_back_in_time_and_claims_are_in_none() {
    let stores = Stores::new().await;
    let hook = recent();
    for number in 0..7 {
        let created = after(&hook, i64::from(number));
        stores.fires.claim(&hook, &firing(&hook, number, created)).await.unwrap();
        stores.fires.record(&record(&hook, number, created)).await.unwrap();
    }
    let (mut found, mut continuation) = (Vec::new(), None);
    loop {
        let got = stores.fires.list(&hook, &page(3, continuation)).await.unwrap();
        assert!(!got.items.is_empty());
        found.extend(got.items.into_iter().map(|record| record.task_id));
        continuation = got.continuation;
        if continuation.is_none() {
            break;
        }
    }
    assert_eq!(found, (0..7).rev().map(task_id).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_token_from_before_the_hook_was_created_anew_is_refused() {
    let stores = Stores::new().await;
    let first = recent();
    for number in 0..3 {
        stores.fires.record(&record(&first, number, after(&first, i64::from(number)))).await.unwrap();
    }
    let token = stores.fires.list(&first, &page(1, None)).await.unwrap().continuation;
    let again = StoredHook { created: after(&first, 1000), ..first };
    let refused = stores.fires.list(&again, &page(1, token)).await;
    assert!(matches!(refused, Err(StoreError::InvalidContinuation)));
}

#[tokio::test]
async fn a_task_id_is_claimed_once() {
    let stores = Stores::new().await;
    let hook = recent();
    let trace = TraceContext::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    assert!(trace.is_some());
    let first = Firing { trace, ..firing(&hook, 1, after(&hook, 1)) };
    let second = firing(&hook, 1, after(&hook, 2));
    assert_eq!(stores.fires.claim(&hook, &first).await.unwrap(), Claim::New);
    let earlier = stores.fires.claim(&hook, &second).await.unwrap();
    assert_eq!(earlier, Claim::Earlier { created: first.created, trace: first.trace, record: None });

    let record = record(&hook, 1, first.created);
    stores.fires.record(&record).await.unwrap();
    let earlier = stores.fires.claim(&hook, &second).await.unwrap();
    assert_eq!(
        earlier,
        Claim::Earlier { created: first.created, trace: first.trace, record: Some(Box::new(record)) }
    );
    assert_eq!(stores.fires.claim(&hook, &firing(&hook, 2, after(&hook, 2))).await.unwrap(), Claim::New);
}

#[tokio::test]
async fn a_claim_does_not_bind_the_hooks_successor_or_another_hook() {
    let stores = Stores::new().await;
    let hook = recent();
    stores.fires.claim(&hook, &firing(&hook, 1, after(&hook, 1))).await.unwrap();
    let other = StoredHook { name: "g/other".parse().unwrap(), ..hook.clone() };
    assert_eq!(stores.fires.claim(&other, &firing(&other, 1, after(&hook, 2))).await.unwrap(), Claim::New);
    let again = StoredHook { created: after(&hook, 3), ..hook.clone() };
    let new = firing(&again, 1, after(&hook, 4));
    assert_eq!(stores.fires.claim(&again, &new).await.unwrap(), Claim::New);
    let earlier = stores.fires.claim(&again, &firing(&again, 1, after(&hook, 5))).await.unwrap();
    assert_eq!(earlier, Claim::Earlier { created: new.created, trace: None, record: None });
}

#[tokio::test]
async fn a_record_that_does_not_fit_goes_without_status_or_is_refused() {
    let stores = Stores::new().await;
    let hook = recent();
    let mut record = record(&hook, 1, after(&hook, 1));
    record.status = Some(json!("x".repeat(400_000)));
    assert!(stores.fires.record(&record).await.unwrap());
    let listed = stores.fires.list(&hook, &PageRequest::default()).await.unwrap().items;
    assert_eq!(listed, [FireRecord { status: None, ..record.clone() }]);
    record.error = "x".repeat(400_000);
    assert!(matches!(stores.fires.record(&record).await, Err(StoreError::TooLarge { .. })));
}
