use std::collections::BTreeMap;
use std::sync::Arc;

use treble_aws::dynamodb::{AuthStoreError, RoleEntry};
use treble_core::ports::{Credentials, StoreError};

use super::auth;
use crate::support::{Stores, all, at, page};

fn role(role_id: &str, scopes: &[&str]) -> RoleEntry {
    RoleEntry {
        role_id: role_id.into(),
        description: "who operates".into(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        last_modified: at(0),
    }
}

#[tokio::test]
async fn a_role_is_read_as_it_was_set_and_set_again() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    let long = format!("hook-id:{}/{}", "g".repeat(1000), "h".repeat(1000));
    let sibling = format!("hook-id:{}/{}", "g".repeat(1000), "i".repeat(1000));
    for id in ["ops", "project:*", &long, &sibling] {
        assert_eq!(auth.role(id).await.unwrap(), None);
        for scopes in [&["a", "b:<..>"][..], &[]] {
            let role = role(id, scopes);
            auth.set_role(&role).await.unwrap();
            assert_eq!(auth.role(id).await.unwrap(), Some(role));
        }
    }
    assert_eq!(auth.list_roles(&all()).await.unwrap().items.len(), 4);
}

#[tokio::test]
async fn roles_expand_as_they_are_stored() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    auth.set_role(&role("ops", &["assume:project:x"])).await.unwrap();
    auth.set_role(&role("project:*", &["hooks:get:<..>/*"])).await.unwrap();
    let expanded = auth.roles().await.unwrap().expand(["assume:ops"]);
    assert!(expanded.as_slice().iter().any(|scope| scope == "hooks:get:x/*"), "{:?}", expanded.as_slice());
}

#[tokio::test]
async fn a_role_may_not_lead_back_to_itself() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    auth.set_role(&role("a", &["assume:b"])).await.unwrap();
    for scopes in [&["assume:a"][..], &["assume:b"], &["assume:*"]] {
        let refused = auth.set_role(&role("b", scopes)).await;
        assert!(matches!(refused, Err(AuthStoreError::Cycle(_))), "{scopes:?} {refused:?}");
    }
    assert_eq!(auth.role("b").await.unwrap(), None);
    auth.set_role(&role("a", &[])).await.unwrap();
    auth.set_role(&role("b", &["assume:a"])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_halves_of_a_circle_at_once_do_not_make_one() {
    for _ in 0..10 {
        let stores = Stores::new().await;
        let (one, two) = (auth(&stores), auth(&stores));
        let (a, b) = (role("a", &["assume:b"]), role("b", &["assume:a"]));
        let (one, two) = tokio::join!(
            tokio::spawn(async move { one.set_role(&a).await }),
            tokio::spawn(async move { two.set_role(&b).await }),
        );
        let outcomes = [one.unwrap(), two.unwrap()];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_changes_at_once_are_all_made() {
    let stores = Stores::new().await;
    let mut changes = tokio::task::JoinSet::new();
    for number in 0..4 {
        let auth = auth(&stores);
        changes.spawn(async move { auth.set_role(&role(&number.to_string(), &[])).await.unwrap() });
    }
    changes.join_all().await;
    assert_eq!(auth(&stores).list_roles(&all()).await.unwrap().items.len(), 4);
}

#[tokio::test]
async fn a_change_made_elsewhere_is_seen_and_otherwise_one_read_is_enough() {
    let stores = Stores::new().await;
    let (here, elsewhere) = (auth(&stores), auth(&stores));
    assert!(here.roles().await.unwrap().is_empty());
    for expected in [1, 2] {
        elsewhere.set_role(&role(&expected.to_string(), &[])).await.unwrap();
        assert_eq!(here.roles().await.unwrap().len(), expected);
    }
    elsewhere.delete_role("1").await.unwrap();
    let known = here.roles().await.unwrap();
    assert_eq!(known.len(), 1);

    stores.database.take_calls();
    assert!(Arc::ptr_eq(&known, &here.clone().roles().await.unwrap()), "a clone knows them too");
    assert_eq!(stores.database.take_calls(), BTreeMap::from([("GetItem", 1)]));
}

#[tokio::test]
async fn removing_a_role_that_is_not_there_says_so() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    assert!(!auth.delete_role("ops").await.unwrap());
    auth.set_role(&role("ops", &[])).await.unwrap();
    assert!(auth.delete_role("ops").await.unwrap());
    assert!(!auth.delete_role("ops").await.unwrap());
}

#[tokio::test]
async fn roles_are_listed_by_name_in_pages() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    for id in ["b", "a*", "A"] {
        auth.set_role(&role(id, &["x"])).await.unwrap();
    }
    let first = auth.list_roles(&page(2, None)).await.unwrap();
    assert_eq!(first.items, [role("A", &["x"]), role("a*", &["x"])]);
    let second = auth.list_roles(&page(2, first.continuation)).await.unwrap();
    assert_eq!((second.items, second.continuation), (vec![role("b", &["x"])], None));
}

#[tokio::test]
async fn names_and_scopes_are_checked() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    for id in ["", "é", "a**"] {
        assert!(matches!(auth.set_role(&role(id, &[])).await, Err(AuthStoreError::Name(_))), "{id}");
    }
    for scope in ["a**", "<..><..>", "*<..>"] {
        assert!(
            matches!(auth.set_role(&role("a", &[scope])).await, Err(AuthStoreError::Scope(_))),
            "{scope}"
        );
    }
    let large = RoleEntry { scopes: vec!["x".repeat(4000); 100], ..role("a", &[]) };
    assert!(matches!(auth.set_role(&large).await, Err(AuthStoreError::Store(StoreError::TooLarge { .. }))));
}
