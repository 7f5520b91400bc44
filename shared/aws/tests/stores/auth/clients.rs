use treble_aws::dynamodb::{AuthStoreError, ClientEntry, DynamoAuth, NewClient};
use treble_core::ports::{AccessToken, Credentials, StoreError};
use treble_core::secret::MasterKey;

use super::auth;
use crate::support::{Stores, all, at, page};

fn new(client_id: &str) -> NewClient {
    NewClient {
        client_id: client_id.into(),
        description: "for nightly builds".into(),
        access_token: AccessToken::new("s3cret"),
        scopes: vec!["hooks:trigger-hook:*".into(), "assume:ops".into()],
        expires: at(1000),
        created: at(0),
    }
}

fn entry(new: &NewClient) -> ClientEntry {
    ClientEntry {
        client_id: new.client_id.clone(),
        description: new.description.clone(),
        scopes: new.scopes.clone(),
        expires: new.expires,
        disabled: false,
        created: new.created,
    }
}

#[tokio::test]
async fn a_client_is_read_as_it_was_created() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    let mut bare = new("b");
    bare.scopes.clear();
    bare.description.clear();
    for new in [new("ops/nightly"), bare, new(&"x".repeat(1024))] {
        assert!(auth.client(&new.client_id).await.unwrap().is_none());
        assert!(auth.create_client(&new).await.unwrap());
        let client = auth.client(&new.client_id).await.unwrap().unwrap();
        assert_eq!(client.access_token, new.access_token);
        assert_eq!((&client.client_id, &client.scopes), (&new.client_id, &new.scopes));
        assert_eq!((client.expires, client.disabled), (new.expires, false));
        assert_eq!(auth.client_entry(&new.client_id).await.unwrap(), Some(entry(&new)));
    }
}

#[tokio::test]
async fn a_second_client_of_that_name_changes_nothing() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    auth.create_client(&new("ops")).await.unwrap();
    let rival = NewClient { access_token: AccessToken::new("other"), ..new("ops") };
    assert!(!auth.create_client(&rival).await.unwrap());
    assert_eq!(auth.client("ops").await.unwrap().unwrap().access_token.reveal(), "s3cret");
}

#[tokio::test]
async fn a_client_is_switched_off_and_on_given_another_token_and_removed() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    auth.create_client(&new("ops")).await.unwrap();
    for disabled in [true, false] {
        assert!(auth.set_client_disabled("ops", disabled).await.unwrap());
        assert_eq!(auth.client("ops").await.unwrap().unwrap().disabled, disabled);
    }
    assert!(auth.reset_access_token("ops", &AccessToken::new("other")).await.unwrap());
    assert_eq!(auth.client("ops").await.unwrap().unwrap().access_token.reveal(), "other");
    assert!(auth.delete_client("ops").await.unwrap());
    assert!(auth.client("ops").await.unwrap().is_none());
}

#[tokio::test]
async fn a_client_that_is_not_there_is_not_made_by_changing_it() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    assert!(!auth.set_client_disabled("ops", true).await.unwrap());
    assert!(!auth.reset_access_token("ops", &AccessToken::new("other")).await.unwrap());
    assert!(!auth.delete_client("ops").await.unwrap());
    assert!(auth.list_clients(&all()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn clients_are_listed_by_name_in_pages() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    for id in ["b", "a/1", "A"] {
        auth.create_client(&new(id)).await.unwrap();
    }
    let first = auth.list_clients(&page(2, None)).await.unwrap();
    assert_eq!(first.items, [entry(&new("A")), entry(&new("a/1"))]);
    let second = auth.list_clients(&page(2, first.continuation)).await.unwrap();
    assert_eq!((second.items, second.continuation), (vec![entry(&new("b"))], None));
}

#[tokio::test]
async fn names_and_scopes_are_checked() {
    let stores = Stores::new().await;
    let auth = auth(&stores);
    for id in ["", "with space", "é", &"x".repeat(1025)] {
        assert!(matches!(auth.create_client(&new(id)).await, Err(AuthStoreError::Name(_))), "{id}");
        assert!(auth.client(id).await.unwrap().is_none(), "a caller may claim any name");
    }
    for scope in ["a**", "é"] {
        let client = NewClient { scopes: vec![scope.into()], ..new("ops") };
        assert!(matches!(auth.create_client(&client).await, Err(AuthStoreError::Scope(_))), "{scope}");
    }
    let client = NewClient { scopes: vec!["x".repeat(4000); 100], ..new("ops") };
    let refused = auth.create_client(&client).await;
    assert!(matches!(refused, Err(AuthStoreError::Store(StoreError::TooLarge { .. }))));
}

#[tokio::test]
async fn another_master_key_unseals_no_token() {
    let stores = Stores::new().await;
    auth(&stores).create_client(&new("ops")).await.unwrap();
    let other = DynamoAuth::new(stores.client.clone(), &stores.names.auth, &MasterKey::new([8; 32]));
    assert!(matches!(other.client("ops").await, Err(StoreError::Corrupt { .. })));
    assert!(other.client_entry("ops").await.unwrap().is_some(), "what is no secret is still there");
}
