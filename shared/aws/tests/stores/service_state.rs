//! What the service knows of itself at CDS.

use aws_sdk_dynamodb::types::AttributeValue;
use treble_aws::dynamodb::DynamoServiceState;
use treble_core::cds::{ServiceState, ServiceStateStore};
use treble_core::secret::MasterKey;

use crate::support::{Stores, at};

fn state(stores: &Stores, key: u8) -> DynamoServiceState {
    DynamoServiceState::new(stores.client.clone(), &stores.names.auth, &MasterKey::new([key; 32]))
}

async fn holds(store: &DynamoServiceState, expected: ServiceState) {
    // Not assert_eq: a state has no Debug, as it holds a secret.
    let state = store.read().await.unwrap();
    assert_eq!(state.hash, expected.hash);
    assert_eq!(state.registered, expected.registered);
    assert_eq!(state.last_error, expected.last_error);
    assert_eq!(state.maintenance_since, expected.maintenance_since);
}

#[tokio::test]
async fn registrations_and_maintenance() {
    let stores = Stores::new().await;
    let store = state(&stores, 1);
    let mut expected = ServiceState::default();
    holds(&store, expected.clone()).await;

    store.set_registration(at(1), Err("CDS is unavailable")).await.unwrap();
    expected.last_error = Some("CDS is unavailable".into());
    holds(&store, expected.clone()).await;

    store.set_registration(at(2), Ok("h4sh")).await.unwrap();
    expected = ServiceState { hash: Some("h4sh".into()), registered: Some(at(2)), ..ServiceState::default() };
    holds(&store, expected.clone()).await;

    store.set_maintenance(Some(at(3))).await.unwrap();
    store.set_registration(at(4), Err("late")).await.unwrap();
    (expected.maintenance_since, expected.last_error) = (Some(at(3)), Some("late".into()));
    holds(&store, expected.clone()).await;

    for _ in 0..2 {
        store.set_maintenance(None).await.unwrap();
        store.set_registration(at(5), Ok("other")).await.unwrap();
        expected =
            ServiceState { hash: Some("other".into()), registered: Some(at(5)), ..ServiceState::default() };
        holds(&store, expected.clone()).await;
    }
}

#[tokio::test]
async fn the_hash_rests_sealed_and_under_another_key_there_is_none() {
    let stores = Stores::new().await;
    state(&stores, 1).set_registration(at(1), Ok("h4sh-h4sh-h4sh")).await.unwrap();
    let reply = stores.client.get_item().table_name(&stores.names.auth);
    let reply = reply.key("pk", AttributeValue::S("cds".into()));
    let reply = reply.key("sk", AttributeValue::S("registration".into())).send().await.unwrap();
    let item = reply.item.unwrap();
    let sealed = item["sealedHash"].as_b().unwrap().as_ref();
    assert!(!sealed.windows(4).any(|bytes| bytes == b"h4sh"), "{item:?}");

    let expected = ServiceState {
        registered: Some(at(1)),
        last_error: Some("the hash that CDS gave was sealed under another master key".into()),
        ..ServiceState::default()
    };
    holds(&state(&stores, 2), expected).await;
}
