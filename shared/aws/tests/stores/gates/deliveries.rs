//! Deliveries, those that wait, and attempts.

use std::time::Duration;

use jiff::SignedDuration;
use treble_core::gate::ports::DeliveryFilter;
use treble_core::gate::{Attempt, Delivery, DeliveryStatus};

use super::{World, delivery, name, now, seconds};
use crate::support::all;

fn attempt(second: i64) -> Attempt {
    Attempt {
        at: now() + seconds(second),
        latency: Duration::from_micros(1_234_567),
        status: Some(503),
        error: Some("it answered 503".into()),
        reply: "größe".into(),
    }
}

/// The delivery after an attempt.
fn after(delivery: &Delivery, status: DeliveryStatus, error: Option<&str>) -> Delivery {
    let last_error = error.map(str::to_owned);
    Delivery { status, attempts: delivery.attempts + 1, last_error, ..delivery.clone() }
}

async fn ids(world: &World, integrator: &str) -> Vec<String> {
    let waiting = world.deliveries().waiting(&name(integrator), 100).await.unwrap();
    waiting.iter().map(|delivery| delivery.id.to_string()).collect()
}

#[tokio::test]
async fn what_is_added_waits_in_the_order_of_its_ids() {
    let world = World::new().await;
    let created = now();
    // More than one transaction takes.
    let mut added: Vec<_> = (0..130).map(|number| delivery("acme", created, number * 7 % 130)).collect();
    added.push(delivery("acme", created - seconds(1), 999));
    added.push(delivery("other", created, 3));
    world.deliveries().add(&added).await.unwrap();
    world.deliveries().add(&[]).await.unwrap();

    let mut expected: Vec<_> =
        added.iter().filter(|one| one.integrator.as_str() == "acme").cloned().collect();
    expected.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(world.deliveries().waiting(&name("acme"), 200).await.unwrap(), expected);
    assert_eq!(world.deliveries().waiting(&name("acme"), 3).await.unwrap(), expected[..3]);
    assert_eq!(world.deliveries().waiting(&name("none"), 3).await.unwrap(), []);
    let listed = world.deliveries().list(&name("acme"), DeliveryFilter::default(), &all()).await.unwrap();
    assert_eq!((listed.items, listed.continuation), (expected, None));
    for one in &added[128..] {
        assert_eq!(world.deliveries().get(&one.integrator, &one.id).await.unwrap().as_ref(), Some(one));
    }
    assert_eq!(world.deliveries().get(&name("other"), &added[0].id).await.unwrap(), None);
}

#[tokio::test]
async fn adding_once_more_changes_nothing_and_adds_what_is_new() {
    let world = World::new().await;
    let first: Vec<_> = (0..60).map(|number| delivery("acme", now(), number)).collect();
    world.deliveries().add(&first).await.unwrap();
    let done = after(&first[7], DeliveryStatus::Delivered, None);
    world.deliveries().attempted(&done, Some(&attempt(1))).await.unwrap();

    let mut again: Vec<_> = (0..120).map(|number| delivery("acme", now(), number)).collect();
    again.push(again[119].clone());
    for one in &mut again {
        one.body["more"] = true.into();
    }
    again[..60].iter_mut().zip(&first).for_each(|(again, first)| again.id = first.id.clone());
    world.deliveries().add(&again).await.unwrap();
    let waiting = world.deliveries().waiting(&name("acme"), 200).await.unwrap();
    assert_eq!(waiting.len(), 119, "one was done, and stays so");
    for one in &first {
        let expected = if one.id == done.id { &done } else { one };
        assert_eq!(world.deliveries().get(&one.integrator, &one.id).await.unwrap().as_ref(), Some(expected));
    }
}

#[tokio::test]
async fn large_ones_share_no_transaction() {
    let world = World::new().await;
    let mut large: Vec<_> = (0..7).map(|number| delivery("acme", now(), number)).collect();
    large.iter_mut().for_each(|one| one.body["large"] = "x".repeat(350_000).into());
    world.deliveries().add(&large).await.unwrap();
    assert_eq!(world.deliveries().waiting(&name("acme"), 10).await.unwrap(), large);
    large[0].body["large"] = "x".repeat(360_000).into();
    let error = world.deliveries().add(&large[..1]).await.unwrap_err().to_string();
    assert!(error.contains(large[0].id.as_str()) && error.contains("too large"), "{error}");
}

#[tokio::test]
async fn attempts_are_kept_and_a_success_or_a_death_ends_the_waiting() {
    let world = World::new().await;
    let added = [1, 2, 3].map(|unique| delivery("acme", now(), unique));
    world.deliveries().add(&added).await.unwrap();
    let [first, second, third] = &added;
    let store = world.deliveries();

    let failed = after(first, DeliveryStatus::Waiting, Some("it answered 503"));
    store.attempted(&failed, Some(&attempt(1))).await.unwrap();
    assert_eq!(store.get(&first.integrator, &first.id).await.unwrap(), Some(failed.clone()));
    assert_eq!(store.waiting(&first.integrator, 1).await.unwrap(), std::slice::from_ref(&failed));
    let place = format!("deliveries#{}", first.integrator);
    assert!(!world.item(&place, first.id.as_str()).await.unwrap().contains_key("expires"), "it waits");

    let delivered = after(&failed, DeliveryStatus::Delivered, None);
    let taken = Attempt { status: Some(204), error: None, reply: String::new(), ..attempt(2) };
    store.attempted(&delivered, Some(&taken)).await.unwrap();
    assert_eq!(store.get(&first.integrator, &first.id).await.unwrap(), Some(delivered.clone()));
    assert_eq!(store.attempts(&first.id).await.unwrap(), [attempt(1), taken.clone()]);
    let kept = (taken.at + SignedDuration::from_hours(30 * 24)).as_second().to_string();
    let record = world.item(&place, first.id.as_str()).await.unwrap();
    assert_eq!(record["expires"].as_n().unwrap(), &kept);

    let unreached = Attempt { status: None, error: Some("no connection".into()), ..attempt(3) };
    let dead = after(second, DeliveryStatus::Dead, Some("no connection"));
    store.attempted(&dead, Some(&unreached)).await.unwrap();
    assert_eq!(store.attempts(&second.id).await.unwrap(), [unreached]);
    let gone = Delivery { status: DeliveryStatus::Dead, last_error: Some("gone".into()), ..third.clone() };
    store.attempted(&gone, None).await.unwrap();
    assert_eq!(store.attempts(&third.id).await.unwrap(), []);
    assert_eq!(store.get(&third.integrator, &third.id).await.unwrap(), Some(gone));
    assert!(ids(&world, "acme").await.is_empty());
}

#[tokio::test]
async fn what_was_delivered_stays_so_whatever_a_slower_one_says() {
    let world = World::new().await;
    let store = world.deliveries();
    let (taken, slow) = (attempt(2), attempt(1));
    for late in [DeliveryStatus::Waiting, DeliveryStatus::Dead] {
        let one = delivery("acme", now(), late as u64);
        store.add(std::slice::from_ref(&one)).await.unwrap();
        let delivered = after(&one, DeliveryStatus::Delivered, None);
        store.attempted(&delivered, Some(&taken)).await.unwrap();
        store.attempted(&after(&one, late, Some("no answer")), Some(&slow)).await.unwrap();
        assert_eq!(store.get(&one.integrator, &one.id).await.unwrap(), Some(delivered));
        assert_eq!(store.attempts(&one.id).await.unwrap(), [slow.clone(), taken.clone()], "both were made");
    }
    let one = delivery("acme", now(), 9);
    store.add(std::slice::from_ref(&one)).await.unwrap();
    store.attempted(&after(&one, DeliveryStatus::Dead, Some("no answer")), Some(&slow)).await.unwrap();
    let delivered = after(&one, DeliveryStatus::Delivered, None);
    store.attempted(&delivered, Some(&taken)).await.unwrap();
    assert_eq!(store.get(&one.integrator, &one.id).await.unwrap(), Some(delivered), "it was taken");
    assert!(ids(&world, "acme").await.is_empty());
}

#[tokio::test]
async fn one_that_is_over_can_wait_again() {
    let world = World::new().await;
    let store = world.deliveries();
    let later = now() + SignedDuration::from_hours(24 * 5);
    let one = delivery("acme", now(), 1);
    assert!(!store.revive(&one, later).await.unwrap(), "there is none");
    assert!(ids(&world, "acme").await.is_empty());
    store.add(std::slice::from_ref(&one)).await.unwrap();
    assert!(!store.revive(&one, later).await.unwrap(), "it waits already");
    assert_eq!(store.get(&one.integrator, &one.id).await.unwrap(), Some(one.clone()));

    let mut over = one.clone();
    for (status, until) in
        [(DeliveryStatus::Dead, later), (DeliveryStatus::Delivered, now()), (DeliveryStatus::Dead, now())]
    {
        over = after(&over, status, Some("410"));
        store.attempted(&over, Some(&attempt(i64::from(over.attempts)))).await.unwrap();
        assert!(store.revive(&over, until).await.unwrap());
        assert!(!store.revive(&over, until).await.unwrap());
        let retry_until = until.max(over.retry_until);
        over = Delivery { status: DeliveryStatus::Waiting, retry_until, ..over };
        assert_eq!(store.get(&one.integrator, &one.id).await.unwrap(), Some(over.clone()));
        assert_eq!(store.waiting(&one.integrator, 5).await.unwrap(), [over.clone()]);
        let record = world.item("deliveries#acme", one.id.as_str()).await.unwrap();
        assert!(!record.contains_key("expires"), "it waits");
    }
    assert_eq!(over.retry_until, later);
    assert_eq!(store.attempts(&one.id).await.unwrap().len(), 3, "its attempts are kept");
}
