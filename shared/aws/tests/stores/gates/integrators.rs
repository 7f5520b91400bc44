//! Integrators, and who wants which event.

use std::collections::BTreeSet;
use std::time::Duration;

use treble_aws::dynamodb::DynamoGates;
use treble_core::gate::ports::IntegratorStore;
use treble_core::gate::{Event, FailurePolicy, Integrator, SigningSecret};
use treble_core::secret::MasterKey;

use super::{World, name, now, seconds};
use crate::support::{all, page};

pub(super) fn integrator(called: &str, events: &[Event]) -> Integrator {
    Integrator {
        name: name(called),
        url: "https://hooks.example.com/größe".into(),
        events: events.iter().copied().collect(),
        timeout: Duration::from_millis(1500),
        failure_policy: FailurePolicy::Proceed,
        owner: Some("ops@example.com".into()),
        secrets: vec![
            SigningSecret { secret: "whsec_bmV3".into(), created: now(), expires: None },
            SigningSecret {
                secret: "whsec_b2xk".into(),
                created: now() - seconds(9),
                expires: Some(now() + seconds(1)),
            },
        ],
        created: now(),
        updated: now(),
    }
}

/// The same, saved once more.
fn changed(old: &Integrator, change: impl FnOnce(&mut Integrator)) -> Integrator {
    let mut new = old.clone();
    new.updated = old.updated + seconds(1);
    change(&mut new);
    new
}

async fn wanting(world: &World, event: Event) -> Vec<String> {
    let found = world.integrators().wanting(event).await.unwrap();
    found.iter().map(|integrator| integrator.name.to_string()).collect()
}

#[tokio::test]
async fn one_is_kept_as_it_is() {
    let world = World::new().await;
    let store = world.integrators();
    let full = integrator("acme", &[Event::PreAddNode, Event::PostFire]);
    let mut bare = integrator("bare", &Event::ALL);
    (bare.owner, bare.secrets, bare.failure_policy) = (None, Vec::new(), FailurePolicy::Reject);
    for expected in [full, bare] {
        assert_eq!(store.get(&expected.name).await.unwrap(), None);
        assert!(store.put(None, &expected).await.unwrap());
        assert_eq!(store.get(&expected.name).await.unwrap(), Some(expected.clone()));
        for &event in &expected.events {
            assert!(store.wanting(event).await.unwrap().contains(&expected), "{event}");
        }
    }
    assert_eq!(wanting(&world, Event::PreAddNode).await, ["acme", "bare"]);
    assert_eq!(wanting(&world, Event::PostAddNode).await, ["bare"]);
}

#[tokio::test]
async fn it_is_replaced_only_where_it_is_the_one_that_was_read() {
    let world = World::new().await;
    let store = world.integrators();
    let first = integrator("acme", &[Event::PreAddNode, Event::PostAddNode]);
    assert!(store.put(None, &first).await.unwrap());
    let rival = changed(&first, |new| new.url = "https://rival.example.com".into());
    assert!(!store.put(None, &rival).await.unwrap(), "there is one already");

    let second = changed(&first, |new| {
        new.events = BTreeSet::from([Event::PostAddNode, Event::PostFire]);
        new.secrets.truncate(1);
    });
    assert!(store.put(Some(&first), &second).await.unwrap());
    assert_eq!(store.get(&first.name).await.unwrap(), Some(second.clone()));
    assert_eq!(wanting(&world, Event::PreAddNode).await, [""; 0]);
    assert_eq!(store.wanting(Event::PostAddNode).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(wanting(&world, Event::PostFire).await, ["acme"]);

    assert!(!store.put(Some(&first), &rival).await.unwrap(), "it was changed since");
    assert!(!store.delete(&first).await.unwrap());
    assert_eq!(store.get(&first.name).await.unwrap(), Some(second.clone()), "and nothing of it was");
    assert_eq!(wanting(&world, Event::PreAddNode).await, [""; 0]);

    assert!(store.delete(&second).await.unwrap());
    assert!(!store.delete(&second).await.unwrap());
    assert!(!store.put(Some(&second), &rival).await.unwrap(), "it is not made again");
    assert_eq!(store.get(&first.name).await.unwrap(), None);
    for event in Event::ALL {
        assert_eq!(wanting(&world, event).await, [""; 0], "{event}");
    }
}

#[tokio::test]
async fn all_are_listed_by_their_names() {
    let world = World::new().await;
    let names = ["-", "A", "b.c", "b_c", "z"];
    for name in names {
        let new = integrator(name, &[Event::PostFire]);
        assert!(world.integrators().put(None, &new).await.unwrap());
    }
    let (mut listed, mut continuation) = (Vec::new(), None);
    loop {
        let got = world.integrators().list(&page(2, continuation)).await.unwrap();
        listed.extend(got.items.into_iter().map(|integrator| integrator.name.to_string()));
        continuation = got.continuation;
        if continuation.is_none() {
            break;
        }
    }
    assert_eq!(listed, names);
    assert_eq!(world.integrators().list(&all()).await.unwrap().items.len(), names.len());
}

#[tokio::test]
async fn secrets_rest_sealed_and_under_another_key_there_are_none() {
    let world = World::new().await;
    let acme = integrator("acme", &[Event::PostFire]);
    assert!(world.integrators().put(None, &acme).await.unwrap());
    for (pk, sk) in [("integrators", "acme"), ("event#post-fire", "acme")] {
        let item = format!("{:?}", world.item(pk, sk).await.unwrap());
        assert!(item.contains("hooks.example.com") && !item.contains("whsec"), "{item}");
        let sealed = &world.item(pk, sk).await.unwrap()["sealedSecrets"];
        let sealed = sealed.as_b().unwrap().as_ref();
        assert!(!sealed.windows(5).any(|bytes| bytes == b"whsec"));
    }
    let other = DynamoGates::new(world.client.clone(), &world.names.gates, &MasterKey::new([8; 32]));
    let expected = Integrator { secrets: Vec::new(), ..acme.clone() };
    assert_eq!(IntegratorStore::get(&other, &acme.name).await.unwrap(), Some(expected.clone()));
    assert_eq!(other.wanting(Event::PostFire).await.unwrap(), std::slice::from_ref(&expected));
    let repaired = changed(&expected, |new| new.secrets = acme.secrets.clone());
    assert!(
        IntegratorStore::put(&other, Some(&expected), &repaired).await.unwrap(),
        "it can be given new ones"
    );
    assert_eq!(IntegratorStore::get(&other, &acme.name).await.unwrap(), Some(repaired));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_replacements_at_once_one_wins() {
    let world = World::new().await;
    let old = integrator("acme", &[Event::PostFire]);
    assert!(world.integrators().put(None, &old).await.unwrap());
    let mut rivals = tokio::task::JoinSet::new();
    for (number, &event) in Event::ALL.iter().enumerate() {
        let (store, old) = (world.store.clone(), old.clone());
        let new = changed(&old, |new| {
            new.updated += seconds(i64::try_from(number).unwrap());
            new.events = BTreeSet::from([event]);
        });
        rivals.spawn(async move { (IntegratorStore::put(&store, Some(&old), &new).await.unwrap(), new) });
    }
    let won: Vec<_> = rivals.join_all().await.into_iter().filter(|(won, _)| *won).collect();
    let [(_, winner)] = &won[..] else { panic!("{} won", won.len()) };
    assert_eq!(world.integrators().get(&old.name).await.unwrap().as_ref(), Some(winner));
    for event in Event::ALL {
        let expected: &[&str] = if winner.events.contains(&event) { &["acme"] } else { &[] };
        assert_eq!(wanting(&world, event).await, expected, "{event}");
    }
}
