//! Which deliveries are listed, a page at a time.

use treble_core::gate::ports::DeliveryFilter;
use treble_core::gate::{Delivery, DeliveryStatus};
use treble_core::ports::StoreError;

use super::{World, delivery, name, now, seconds};
use crate::support::{all, page};

/// Deliveries of successive seconds, the first of them at that moment, of which each third is dead.
async fn with_deliveries(world: &World, first: jiff::Timestamp, count: i64) -> Vec<Delivery> {
    let mut all: Vec<_> = (0..count).map(|second| delivery("acme", first + seconds(second), 1)).collect();
    world.deliveries().add(&all).await.unwrap();
    for one in all.iter_mut().step_by(3) {
        one.status = DeliveryStatus::Dead;
        world.deliveries().attempted(one, None).await.unwrap();
    }
    all
}

async fn pages(world: &World, filter: DeliveryFilter, limit: usize) -> Vec<Delivery> {
    let (mut found, mut continuation) = (Vec::new(), None);
    loop {
        let got = world.deliveries().list(&name("acme"), filter, &page(limit, continuation)).await.unwrap();
        assert!(got.items.len() <= limit);
        found.extend(got.items);
        continuation = got.continuation;
        if continuation.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn by_status_and_time() {
    let world = World::new().await;
    let first = now();
    let deliveries = with_deliveries(&world, first, 20).await;
    for status in
        [None, Some(DeliveryStatus::Dead), Some(DeliveryStatus::Waiting), Some(DeliveryStatus::Delivered)]
    {
        for since in [None, Some(first), Some(first + seconds(9)), Some(first + seconds(99))] {
            let wanted = |one: &&Delivery| {
                status.is_none_or(|status| one.status == status)
                    && since.is_none_or(|since| one.created >= since)
            };
            let expected: Vec<_> = deliveries.iter().filter(wanted).cloned().collect();
            for limit in [1, 3, 7, 100] {
                let found = pages(&world, DeliveryFilter { status, since }, limit).await;
                assert_eq!(found, expected, "{status:?} since {since:?}, pages of {limit}");
            }
        }
    }
}

#[tokio::test]
async fn a_rare_one_among_many_is_found_in_more_than_one_page() {
    let world = World::new().await;
    let (first, large) = (now(), "x".repeat(300_000));
    let mut all: Vec<_> = (0..20).map(|second| delivery("acme", first + seconds(second), 1)).collect();
    all.iter_mut().for_each(|one| one.body["large"] = large.clone().into());
    world.deliveries().add(&all).await.unwrap();
    let last = all.last_mut().unwrap();
    last.status = DeliveryStatus::Dead;
    world.deliveries().attempted(last, None).await.unwrap();
    let dead = DeliveryFilter { status: Some(DeliveryStatus::Dead), since: None };
    // Some 16 of them are what one page may take to read.
    let got = world.deliveries().list(&name("acme"), dead, &page(5, None)).await.unwrap();
    assert!(got.items.is_empty() && got.continuation.is_some(), "{} found", got.items.len());
    assert_eq!(pages(&world, dead, 5).await, all[19..]);
}

#[tokio::test]
async fn a_token_is_good_for_its_listing_only() {
    let world = World::new().await;
    let first = now();
    with_deliveries(&world, first, 5).await;
    let listed = world.deliveries().list(&name("acme"), DeliveryFilter::default(), &page(2, None)).await;
    let token = listed.unwrap().continuation;
    let next = page(2, token);
    let other = world.deliveries().list(&name("other"), DeliveryFilter::default(), &next).await;
    assert!(matches!(other, Err(StoreError::InvalidContinuation)));
    let since = DeliveryFilter { status: None, since: Some(first + seconds(4)) };
    let later = world.deliveries().list(&name("acme"), since, &next).await;
    assert!(matches!(later, Err(StoreError::InvalidContinuation)));
}

#[tokio::test]
async fn what_has_expired_is_not_there() {
    let world = World::new().await;
    let deliveries = with_deliveries(&world, now(), 3).await;
    world.expire("deliveries#acme", deliveries[0].id.as_str()).await;
    let listed = world.deliveries().list(&name("acme"), DeliveryFilter::default(), &all()).await.unwrap();
    assert_eq!(listed.items, deliveries[1..]);
    assert_eq!(world.deliveries().get(&name("acme"), &deliveries[0].id).await.unwrap(), None);
}
