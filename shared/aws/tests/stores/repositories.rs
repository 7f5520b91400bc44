//! Repositories that are polled.

use std::collections::BTreeMap;

use treble_aws::dynamodb::DynamoRepositories;
use treble_core::cds::poll::{Cursor, Repository, RepositoryName, RepositoryStore};

use crate::support::{Stores, all, at, page};

fn name(text: &str) -> RepositoryName {
    RepositoryName::parse(text).unwrap()
}

fn repositories(stores: &Stores) -> DynamoRepositories {
    DynamoRepositories::new(stores.client.clone(), &stores.names.hooks)
}

fn polled(old: &Repository) -> Repository {
    let handled = BTreeMap::from([("12".to_owned(), 12), ("main@a b".to_owned(), -7)]);
    Repository {
        cursor: Some(Cursor { handled, floor: Some(3) }),
        etag: Some("W/\"x\"".into()),
        not_before: Some(at(90)),
        failures: 2,
        last_error: Some("the server answered 404: Not Found".into()),
        revision: old.revision + 1,
        ..old.clone()
    }
}

#[tokio::test]
async fn a_repository_is_kept_as_it_is() {
    let stores = Stores::new().await;
    let repositories = repositories(&stores);
    let hello = name("hub/octo/hello");
    assert_eq!(repositories.get(&hello).await.unwrap(), None);
    repositories.watch(&hello, at(1)).await.unwrap();
    let new = repositories.get(&hello).await.unwrap().unwrap();
    assert_eq!((new.since, new.wanted, new.revision, &new.cursor), (at(1), at(1), 1, &None));

    let noted = polled(&new);
    assert!(repositories.save(&new, &noted).await.unwrap());
    assert_eq!(repositories.get(&hello).await.unwrap(), Some(noted.clone()));
    assert!(!repositories.save(&new, &noted).await.unwrap(), "another poller was quicker");

    repositories.watch(&hello, at(5)).await.unwrap();
    let wanted = Repository { wanted: at(5), ..noted.clone() };
    assert_eq!(repositories.get(&hello).await.unwrap(), Some(wanted.clone()), "what is known of it stays");
    let empty = Cursor::default();
    let well = Repository { revision: 3, wanted: at(5), cursor: Some(empty), ..new.clone() };
    assert!(repositories.save(&wanted, &well).await.unwrap(), "who wants it is not in a poller's way");
    assert_eq!(repositories.get(&hello).await.unwrap(), Some(well.clone()));

    assert!(!repositories.forget(&Repository { wanted: at(1), ..well.clone() }).await.unwrap());
    assert!(!repositories.forget(&noted).await.unwrap());
    assert!(repositories.forget(&well).await.unwrap());
    assert_eq!(repositories.get(&hello).await.unwrap(), None);
    assert!(!repositories.save(&well, &polled(&well)).await.unwrap(), "it is not made again");
    assert_eq!(repositories.get(&hello).await.unwrap(), None);
}

#[tokio::test]
async fn all_are_listed_and_none_is_a_hook() {
    let stores = Stores::new().await;
    let repositories = repositories(&stores);
    let long = format!("lab/{}", "x".repeat(1500));
    for repository in ["hub/o/b", "hub/o/a", &long] {
        repositories.watch(&name(repository), at(1)).await.unwrap();
    }
    let first = repositories.list(&page(2, None)).await.unwrap();
    let rest = repositories.list(&page(2, first.continuation.clone())).await.unwrap();
    let listed = first.items.iter().chain(&rest.items).map(|repository| repository.name.to_string());
    assert_eq!(listed.collect::<Vec<_>>(), ["hub/o/a", "hub/o/b", &long]);
    stores.database.take_calls();
    repositories.list(&all()).await.unwrap();
    assert_eq!(stores.database.take_calls(), BTreeMap::from([("Query", 1)]));
}
