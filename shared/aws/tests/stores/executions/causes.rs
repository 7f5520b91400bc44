//! What happened comes back as it was, however large.

use treble_core::cds::{Execution, ExecutionStore};
use treble_core::ports::StoreError;

use super::{cause, counts, done, execution, executions, incompressible, items, moment, next, task};
use crate::support::{Stores, page, task_id};

#[tokio::test]
async fn what_happened_may_be_large() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let sizes = [(1, 2_000, 0), (2, 5_000, 1), (3, 1024 * 1024, 3)];
    for (number, length, parts) in sizes {
        let large = Execution {
            cause: Some(cause(incompressible(length))),
            ..execution(number, moment(i64::from(number)))
        };
        assert!(store.create(&large).await.unwrap());
        assert!(!store.create(&large).await.unwrap());
        assert!(store.get(&task(), large.created).await.unwrap().unwrap() == large, "{length} bytes");
        let listed = store.list(&task(), &page(1, None)).await.unwrap().items.remove(0);
        let expected = if parts == 0 { large.cause.clone() } else { None };
        assert_eq!(listed, Execution { cause: expected, ..large.clone() }, "{length} bytes");
        let beside = items(&stores).await.iter().filter(|key| key.starts_with("body#")).count();
        assert_eq!(beside, parts, "{length} bytes");

        assert!(store.update(&large, &done(&large)).await.unwrap());
        assert!(store.get(&task(), large.created).await.unwrap().unwrap() == done(&large));
        assert_eq!(store.trim(&task(), 0).await.unwrap(), 1);
        assert!(items(&stores).await.is_empty(), "{length} bytes go with their execution");
    }
}

#[tokio::test]
async fn what_a_function_can_be_sent_at_the_most_fits() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let large = Execution { cause: Some(cause(incompressible(6 * 1024 * 1024))), ..execution(1, moment(1)) };
    assert!(store.create(&large).await.unwrap());
    assert_eq!(items(&stores).await.len(), 1 + 18);
    assert!(store.get(&task(), large.created).await.unwrap().unwrap() == large);
}

#[tokio::test]
async fn an_execution_without_a_cause_and_one_that_does_not_fit() {
    let stores = Stores::new().await;
    let store = executions(&stores);
    let none = Execution { cause: None, ..execution(1, moment(1)) };
    assert!(store.create(&none).await.unwrap());
    assert_eq!(store.get(&task(), none.created).await.unwrap().as_ref(), Some(&none));
    let large = next(&none, |execution| execution.last_error = Some("x".repeat(400_000)));
    assert!(matches!(store.update(&none, &large).await, Err(StoreError::TooLarge { .. })));
    let large = Execution { task_id: task_id(2), ..large };
    assert!(matches!(store.create(&large).await, Err(StoreError::TooLarge { .. })));
    assert_eq!(counts(&store).await, (1, 1));
}
