//! What happens in a repository fires its tasks once, whoever keeps it.

use serde_json::{Value, json};
use treble_core::cds::{Cause, Kind};
use treble_core::firing::FiredBy;

use super::push;
use super::world::{World, event};

const BEFORE: &str = "2025-12-31T23:59:59Z";
const AFTER: &str = "2026-01-01T00:00:05Z";

#[tokio::test]
async fn a_push_fires_all_tasks_of_its_repository_once() {
    let world = World::new(50).await;
    world.server.happen("octo/hello", push(1, BEFORE));
    for uuid in ["u", "v"] {
        world.task(uuid, "hub", "octo/hello").await;
    }
    world.task("other", "hub", "octo/other").await;
    world.server.happen("octo/other", push(7, BEFORE));
    assert_eq!(world.poll().await.fired, 0, "what happened before is no news");

    world.server.happen("octo/hello", push(2, AFTER));
    let report = world.poll().await;
    assert_eq!((report.watched, report.polled, report.unchanged, report.fired), (2, 2, 1, 2));
    let sent = world.sent();
    let hooks: Vec<String> = sent.iter().map(|firing| firing.hook.to_string()).collect();
    assert_eq!(hooks, ["cds/u", "cds/v"]);
    assert_eq!((sent[0].fired_by, sent[0].created.to_string()), (FiredBy::PulseMessage, AFTER.to_owned()));
    let expected =
        json!({"provider": "github", "id": "2", "repository": "octo/hello", "event": push(2, AFTER)});
    assert_eq!(event(&sent[0]), &expected);
    assert_eq!(world.poll().await.fired, 0);
}

#[tokio::test]
async fn a_list_that_has_not_changed_is_not_sent_again() {
    let world = World::new(50).await;
    world.task("u", "hub", "octo/hello").await;
    world.server.happen("octo/hello", push(1, AFTER));
    world.poll().await;
    let known = world.repository("hub/octo/hello").await;
    world.poll().await;
    let asked = world.server.asked();
    let told: Vec<_> = asked.iter().map(|asked| (asked.etag.as_deref(), asked.status)).collect();
    assert_eq!(told, [(None, 200), (Some("W/\"10-1\""), 304)]);
    assert!(asked.iter().all(|asked| asked.authorization.as_deref() == Some("Bearer t0ken")));
    assert_eq!(world.repository("hub/octo/hello").await, known, "and nothing is written");
}

#[tokio::test]
async fn what_happens_while_pages_are_read_is_neither_missed_nor_sent_twice() {
    let world = World::new(3).await;
    world.task("u", "hub", "octo/hello").await;
    world.server.happen("octo/hello", push(1, BEFORE));
    world.poll().await;
    for id in 2..9 {
        world.server.happen("octo/hello", push(id, AFTER));
    }
    for id in 9..12 {
        world.server.happen_during("octo/hello", push(id, AFTER));
    }
    world.poll().await;
    assert_eq!(world.ids(), ["2", "3", "4", "5", "6", "7", "8"], "oldest first");
    world.poll().await;
    assert_eq!(world.ids(), ["9", "10", "11"]);
    assert_eq!(world.poll().await.fired, 0);
}

/// What a task's workflow would get of a firing.
fn payload(firing: &treble_core::firing::Firing) -> std::collections::BTreeMap<String, String> {
    let cause = Cause::Repository { event: event(firing).clone() };
    let of = Kind::of_name("RepoPoller").unwrap().of();
    match (of.payload)(&treble_core::cds::Config::default(), &cause).unwrap() {
        treble_core::cds::kinds::Payload::Run(payload) => payload,
        treble_core::cds::kinds::Payload::Ignored(why) => panic!("{why}"),
    }
}

/// A server, its repository, what happened there before, what happens then, and an entry of what each workflow gets of that.
type Case = (&'static str, &'static str, Value, Vec<Value>, &'static [(&'static str, &'static str)]);

#[tokio::test]
async fn each_provider_tells_in_its_own_way() {
    let gitlab = |id: u64, at: &str| {
        json!({"id": id, "action_name": "pushed to", "created_at": at, "author_username": "john",
            "push_data": {"action": "pushed", "ref_type": "branch", "ref": "main", "commit_to": "aa"}})
    };
    let stash = |id: u64, at: i64| {
        json!({"id": id, "createdDate": at, "trigger": "push", "user": {"name": "jdoe"},
            "refChange": {"refId": "refs/heads/main", "toHash": "aa", "type": "UPDATE"}})
    };
    let named = |kind: &str, name: &str, hash: &str| {
        let target = json!({"hash": hash, "date": "2026-01-01T00:00:05+00:00", "author": {"raw": "J <j@example.com>"}});
        json!({"type": kind, "name": name, "target": target})
    };
    let cases: [Case; 3] = [
        (
            "lab",
            "group/sub/project",
            gitlab(1, BEFORE),
            vec![gitlab(2, AFTER), gitlab(3, AFTER)],
            &[("git.branch", "main"); 2],
        ),
        (
            "stash",
            "PRJ/hello",
            stash(1, 0),
            vec![stash(2, 1_767_225_605_000), stash(3, 1_767_225_605_000)],
            &[("git.branch", "main"); 2],
        ),
        (
            "cloud",
            "team/hello",
            named("branch", "main", "bb"),
            vec![named("branch", "main", "aa"), named("tag", "v1", "aa")],
            &[("git.branch", "main"), ("git.tag", "v1")],
        ),
    ];
    let world = World::new(2).await;
    for (server, repository, before, news, expected) in cases {
        world.task(server, server, repository).await;
        world.server.happen(repository, before);
        world.poll().await;
        for event in news {
            world.server.happen(repository, event);
        }
        world.poll().await;
        let sent = world.sent();
        assert_eq!(sent.len(), expected.len(), "{server}");
        for (firing, (name, value)) in sent.iter().zip(expected) {
            let payload = payload(firing);
            assert_eq!(payload.get(*name).map(String::as_str), Some(*value), "{server}: {payload:?}");
            assert_eq!((&*payload["git.repository"], &*payload["git.hash"]), (repository, "aa"));
        }
        world.poll().await;
        assert!(world.sent().is_empty(), "{server}");
    }
}
