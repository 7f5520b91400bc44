//! Servers that fail, refuse or have enough: nothing is lost, and no repository holds up another.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use treble_core::cds::poll::RepositoryStore;
use treble_tests::Repositories;

use super::push;
use super::world::World;

const AFTER: &str = "2026-01-01T00:00:05Z";

#[tokio::test]
async fn one_repository_holds_up_no_other_and_says_what_is_wrong() {
    let world = World::new(50).await;
    let troubles = [
        ("hub/octo/gone", "the server answered 404: Not Found"),
        ("hub/octo/lost", "the server is unavailable: the connection failed"),
        ("hub/octo/odd", "the server's answer is no list of events: there is no list in it"),
        ("hub/octo/moved", "the server answered 301: no reason given"),
        ("gone/octo/hello", "the server is unavailable: the connection was refused"),
        ("hub/octo", "repoFullName \"octo\" must be an owner and a name, e.g. octocat/hello"),
        (
            "nowhere/octo/hello",
            "vcsServer \"nowhere\" is none of the servers of this deployment: cloud, gone, hub, lab, stash",
        ),
    ];
    world.server.refuse("octo/lost", Repositories::LOST, &[], json!(null));
    world.server.refuse("octo/odd", 200, &[], json!({}));
    world.server.refuse("octo/moved", 301, &[("location", "http://elsewhere.invalid/")], json!({}));
    for (number, (name, _)) in troubles.iter().enumerate() {
        let (server, repository) = name.split_once('/').unwrap();
        world.task(&format!("u{number}"), server, repository).await;
    }
    world.task("fine", "hub", "octo/hello").await;
    world.server.happen("octo/hello", push(1, AFTER));
    let report = world.poll().await;
    assert_eq!((report.polled, report.failed, report.fired), (1, troubles.len(), 1));
    for (name, expected) in troubles {
        let repository = world.repository(name).await;
        let error = repository.last_error.unwrap();
        assert!(error.starts_with(expected), "{name}: {error}");
        assert!(repository.failures == 1 && repository.not_before.is_some(), "{name}");
    }
    assert_eq!(world.repository("hub/octo/hello").await.last_error, None);

    world.server.refuse("octo/odd", 200, &[], json!([push(2, AFTER)]));
    world.hurry("hub/octo/odd").await;
    assert_eq!(world.poll().await.fired, 1);
    let well = world.repository("hub/octo/odd").await;
    assert_eq!((well.failures, well.last_error), (0, None));
}

#[tokio::test]
async fn a_server_that_has_enough_is_left_alone_until_it_says() {
    let world = World::new(50).await;
    for number in 0..4 {
        world.task(&format!("u{number}"), "hub", &format!("octo/r{number}")).await;
        let secondary = json!({"message": "You have exceeded a secondary rate limit"});
        world.server.refuse(&format!("octo/r{number}"), 403, &[("retry-after", "1200")], secondary);
    }
    world.task("lab", "lab", "group/project").await;
    world.server.refuse("group/project", 200, &[], json!([]));
    let begun = Timestamp::now();
    let report = world.poll().await;
    assert_eq!(report.polled, 1);
    assert_eq!(report.failed + report.postponed, 4);
    world.server.asked();
    for number in 0..4 {
        let repository = world.repository(&format!("hub/octo/r{number}")).await;
        assert!(repository.not_before.unwrap() >= begun + SignedDuration::from_secs(1199), "{repository:?}");
    }
    assert_eq!(world.poll().await.polled, 1);
    let asked = world.server.asked();
    assert!(asked.iter().all(|asked| asked.resource.starts_with("/api/v4/")), "{asked:?}");
}

#[tokio::test]
async fn what_could_not_be_sent_is_sent_later_as_the_same_firing() {
    let world = World::new(2).await;
    world.task("u", "hub", "octo/hello").await;
    for id in 1..6 {
        world.server.happen("octo/hello", push(id, AFTER));
    }
    world.fail_to_send(true);
    assert_eq!(world.poll().await.failed, 1);
    let error = world.repository("hub/octo/hello").await.last_error.unwrap();
    assert_eq!(
        error,
        "not all of its tasks were fired: a firing could not be sent: the queue is unavailable: it is full"
    );
    world.fail_to_send(false);
    world.hurry("hub/octo/hello").await;
    assert_eq!(world.poll().await.fired, 5);
    let first = world.sent();
    // Two pollers at once: one of them has read what there was before the other noted what it did.
    let old = world.repository("hub/octo/hello").await;
    world.server.happen("octo/hello", push(6, AFTER));
    let (one, other) = tokio::join!(world.poll(), world.poll());
    assert!(one.fired + other.fired >= 1);
    let task_ids: std::collections::BTreeSet<_> =
        world.sent().into_iter().map(|firing| firing.task_id).collect();
    assert_eq!(task_ids.len(), 1, "it is the same firing");
    assert!(first.iter().all(|firing| !task_ids.contains(&firing.task_id)));
    assert!(!world.repositories.forget(&old).await.unwrap());
}
