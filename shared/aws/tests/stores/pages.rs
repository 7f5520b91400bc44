//! Listings: their order, their pages and their continuation tokens.

use treble_core::ports::{HookStore, StoreError};

use crate::support::{Stores, all, hook, page};

const IDS: [&str; 10] = ["-x", "0", "A", "B", "Z9", "_x", "a", "a-b", "a/b", "b"];

async fn with_hooks() -> Stores {
    let stores = Stores::new().await;
    for id in IDS.iter().rev() {
        stores.hooks.create(&hook(&format!("g/{id}"), &[])).await.unwrap();
    }
    stores.hooks.create(&hook("g2/other", &[])).await.unwrap();
    stores
}

#[tokio::test]
async fn hooks_are_listed_by_code_point() {
    let stores = with_hooks().await;
    let listed = stores.hooks.list("g", &all()).await.unwrap();
    assert_eq!(listed.items.iter().map(|hook| hook.name.id()).collect::<Vec<_>>(), IDS);
    assert_eq!(listed.continuation, None);
    assert!(stores.hooks.list("none", &all()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn pages_of_any_size_make_the_whole_list() {
    let stores = with_hooks().await;
    for limit in 1..=IDS.len() + 1 {
        let (mut ids, mut continuation, mut pages) = (Vec::new(), None, 0);
        loop {
            let got = stores.hooks.list("g", &page(limit, continuation)).await.unwrap();
            pages += 1;
            ids.extend(got.items.into_iter().map(|hook| hook.name.id().to_owned()));
            continuation = got.continuation;
            if continuation.is_none() {
                break;
            }
        }
        assert_eq!(ids, IDS, "pages of {limit}");
        assert_eq!(pages, IDS.len().div_ceil(limit), "no page is empty");
    }
}

#[tokio::test]
async fn a_page_of_none_is_empty() {
    let stores = with_hooks().await;
    let none = stores.hooks.list("g", &page(0, None)).await.unwrap();
    assert!(none.items.is_empty() && none.continuation.is_none());
}

#[tokio::test]
async fn a_page_continues_after_an_entry_that_is_gone() {
    let stores = with_hooks().await;
    let first = stores.hooks.list("g", &page(3, None)).await.unwrap();
    stores.hooks.remove(&first.items[2]).await.unwrap();
    let second = stores.hooks.list("g", &page(1, first.continuation)).await.unwrap();
    assert_eq!(second.items[0].name.id(), IDS[3]);
}

#[tokio::test]
async fn a_token_is_for_its_own_listing() {
    let stores = with_hooks().await;
    let token = stores.hooks.list("g", &page(1, None)).await.unwrap().continuation.unwrap();
    let changed = format!("A{}", &token[1..]);
    for (group, token) in
        [("g2", token.as_str()), ("g", &changed), ("g", ""), ("g", "%%"), ("g", &token[4..])]
    {
        let refused = stores.hooks.list(group, &page(1, Some(token.into()))).await;
        assert!(matches!(refused, Err(StoreError::InvalidContinuation)), "{group} {token}");
    }
    let refused = stores.hooks.groups(&page(1, Some(token))).await;
    assert!(matches!(refused, Err(StoreError::InvalidContinuation)));
}

#[tokio::test]
async fn groups_are_listed_while_they_have_hooks() {
    let stores = with_hooks().await;
    assert_eq!(stores.hooks.groups(&all()).await.unwrap().items, ["g", "g2"]);
    let first = stores.hooks.groups(&page(1, None)).await.unwrap();
    assert_eq!(first.items, ["g"]);
    let second = stores.hooks.groups(&page(1, first.continuation)).await.unwrap();
    assert_eq!((second.items, second.continuation), (vec!["g2".to_owned()], None));

    stores.hooks.remove(&hook("g2/other", &[])).await.unwrap();
    let all = stores.hooks.groups(&page(1, None)).await.unwrap();
    assert_eq!((all.items, all.continuation), (vec!["g".to_owned()], None));
}

#[tokio::test]
async fn a_list_larger_than_a_query_reply_is_whole() {
    let stores = Stores::new().await;
    let mut large = hook("g/h", &[]);
    large.definition.metadata.description = "x".repeat(340_000);
    for number in 0..7 {
        large.name = format!("g/h{number}").parse().unwrap();
        stores.hooks.create(&large).await.unwrap();
    }
    stores.database.take_calls();
    assert_eq!(stores.hooks.list("g", &all()).await.unwrap().items.len(), 7);
    assert!(stores.database.take_calls()["Query"] >= 3, "a reply is at most 1 MB");
    let page = stores.hooks.list("g", &page(6, None)).await.unwrap();
    assert_eq!(page.items.len(), 6);
    assert!(page.continuation.is_some());
}
