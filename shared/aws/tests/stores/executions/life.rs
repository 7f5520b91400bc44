//! From creation until it is done, each write with its condition.

use jiff::SignedDuration;
use treble_aws::dynamodb::{Restore, Restored};
use treble_core::cds::{Execution, ExecutionStore, Status, hook_name};
use treble_core::firing::{FireRecord, FireResult, FiredBy};
use treble_core::ports::FireStore;

use super::{counts, done, execution, executions, items, moment, next, task, task_hook};
use crate::support::{Stores, all, page, task_id};

#[tokio::test]
async fn an_execution_lives_until_it_is_done() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let first = execution(1, moment(123_456_789));
    assert_eq!(store.get(&task(), first.created).await.unwrap(), None);
    assert!(store.create(&first).await.unwrap());
    assert_eq!(counts(&store).await, (1, 1));
    assert!(!store.create(&first).await.unwrap(), "it is there");
    assert_eq!(counts(&store).await, (1, 1), "and counted once");

    let doing = next(&first, |execution| {
        execution.status = Status::Doing;
        execution.not_before = Some(moment(1));
    });
    let failed = next(&doing, |execution| {
        execution.status = Status::Scheduled;
        execution.errors = 1;
        execution.last_error = Some("CDS is unavailable".into());
    });
    let done = next(&done(&failed), |execution| {
        execution.revision -= 1;
        execution.not_before = None;
    });
    let again = next(&done, |execution| {
        execution.status = Status::Enqueued;
        (execution.processed, execution.run, execution.last_error) = (None, None, None);
    });
    let steps = [first, doing, failed, done, again];
    for (number, step) in steps.windows(2).enumerate() {
        let [old, new] = step else { panic!("windows of two") };
        assert_eq!(store.get(&task(), old.created).await.unwrap().as_ref(), Some(old));
        assert!(store.update(old, new).await.unwrap(), "step {number}");
        assert!(!store.update(old, new).await.unwrap(), "step {number} is made once");
        assert_eq!(store.get(&task(), new.created).await.unwrap().as_ref(), Some(new));
        assert_eq!(counts(&store).await, (1, u64::from(new.status != Status::Done)), "step {number}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_updated() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let never = execution(1, moment(0));
    assert!(!store.update(&never, &done(&never)).await.unwrap());
    assert_eq!(counts(&store).await, (0, 0));
    assert!(items(&stores).await.is_empty());
}

#[tokio::test]
async fn executions_of_one_millisecond_are_told_apart() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let (one, two) = (execution(1, moment(5_000_001)), execution(2, moment(5_999_999)));
    assert!(store.create(&one).await.unwrap() && store.create(&two).await.unwrap());
    for execution in [&one, &two] {
        assert_eq!(store.get(&task(), execution.created).await.unwrap().as_ref(), Some(execution));
    }
    for nanosecond in [5_000_000, 5_000_002, 6_000_001] {
        assert_eq!(store.get(&task(), moment(nanosecond)).await.unwrap(), None, "{nanosecond}");
    }
    let other = Execution { created: moment(5_000_005), ..one.clone() };
    assert!(!store.create(&other).await.unwrap(), "the same firing in the same millisecond");
    assert!(!store.update(&other, &done(&other)).await.unwrap(), "which that one is not");
}

#[tokio::test]
async fn they_are_listed_page_by_page_the_newest_first() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let made: Vec<_> =
        (0..7).map(|number| execution(number, moment(i64::from(number) * 1_000_000))).collect();
    for execution in &made {
        assert!(store.create(execution).await.unwrap());
    }
    let (mut found, mut continuation) = (Vec::new(), None);
    loop {
        let got = store.list(&task(), &page(3, continuation)).await.unwrap();
        assert!(!got.items.is_empty());
        found.extend(got.items);
        continuation = got.continuation;
        if continuation.is_none() {
            break;
        }
    }
    assert!(found.iter().eq(made.iter().rev()));
    assert!(store.list(&hook_name("other").unwrap(), &all()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn those_that_are_over_are_fire_records() {
    let stores = Stores::new().await;
    let (store, hook) = (executions(&stores), task_hook());
    let made: Vec<_> =
        (0..4).map(|number| execution(number, moment(i64::from(number) * 1_000_000))).collect();
    for execution in &made {
        assert!(store.create(execution).await.unwrap());
    }
    let recovered = next(&done(&made[1]), |execution| {
        execution.revision -= 1;
        execution.last_error = Some("at first".into());
    });
    let failed = next(&done(&made[2]), |execution| {
        execution.revision -= 1;
        (execution.run, execution.last_error) = (None, Some("stopped".into()));
    });
    for (old, new) in [(&made[0], &done(&made[0])), (&made[1], &recovered), (&made[2], &failed)] {
        assert!(store.update(old, new).await.unwrap());
    }
    let plain = FireRecord {
        task_id: task_id(9),
        hook: task(),
        fired_by: FiredBy::TriggerHook,
        created: moment(9_000_000),
        task_created: moment(9_000_001),
        result: FireResult::Success,
        error: String::new(),
        status: None,
    };
    assert!(stores.fires.record(&plain).await.unwrap());
    let record = |of: usize, result, error: &str| FireRecord {
        task_id: made[of].task_id.clone(),
        fired_by: FiredBy::Webhook,
        created: made[of].created,
        task_created: made[of].created + SignedDuration::from_secs(1),
        result,
        error: error.into(),
        ..plain.clone()
    };
    let expected = [
        plain.clone(),
        record(2, FireResult::Error, "stopped"),
        record(1, FireResult::Success, ""),
        record(0, FireResult::Success, ""),
    ];
    assert_eq!(stores.fires.list(&hook, &all()).await.unwrap().items, expected);

    let of_done = record(0, FireResult::Success, "");
    let other = FireRecord { result: FireResult::Error, ..of_done.clone() };
    for (record, outcome) in
        [(&of_done, Restored::Same), (&other, Restored::Different), (&plain, Restored::Same)]
    {
        assert_eq!(stores.fires.restore(record, Restore::Replace).await.unwrap(), outcome);
    }
    let listed = store.list(&task(), &all()).await.unwrap().items;
    assert_eq!(listed, [made[3].clone(), failed, recovered, done(&made[0])], "and records are no executions");
    assert_eq!(store.trim(&task(), 0).await.unwrap(), 3);
    assert_eq!(stores.fires.list(&hook, &all()).await.unwrap().items, [plain], "nor trimmed with them");
}
