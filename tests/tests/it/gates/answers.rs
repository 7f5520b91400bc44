//! Each call, by each way in which an integrator can answer, under each policy.

use std::time::Duration;

use serde_json::{Value, json};
use treble_tests::{GateWorld, Habit, free_port, until};

/// How long the slow ones may take, in milliseconds; and what is longer, and how long the others may.
const TIMEOUT: u64 = 400;
const TOO_LONG: Duration = Duration::from_secs(4);
const LONG: u64 = 10_000;

const POLICIES: [&str; 2] = ["reject", "proceed"];

/// What an integrator does, and what is said of it where it was no answer.
fn habits() -> Vec<(&'static str, Option<Habit>, Option<&'static str>)> {
    vec![
        ("approves", Some(Habit::Well), None),
        ("refuses", Some(Habit::Says(json!({"approved": false, "reason": "full"}).to_string())), None),
        ("slow", Some(Habit::Slow(TOO_LONG)), Some("there was no answer within 400ms")),
        ("lost", Some(Habit::Lost), Some("the connection failed")),
        ("no-json", Some(Habit::Says("{\"approved\": tru".into())), Some("can't be understood")),
        ("no-object", Some(Habit::Says("[true]".into())), Some("can't be understood")),
        (
            "no-boolean",
            Some(Habit::Says(json!({"approved": "yes"}).to_string())),
            Some("can't be understood"),
        ),
        ("status-500", Some(Habit::Status(500)), Some("it answered 500")),
        ("redirect", Some(Habit::Status(302)), Some("it answered 302")),
        // There is nobody.
        ("unreachable", None, Some("the connection was refused")),
    ]
}

/// The calls before something happens, and whether they may be refused.
const PRE: [(&str, &str, bool); 4] = [
    ("PreCreateCluster", "pre-create-cluster", true),
    ("PreAddNode", "pre-add-node", true),
    ("PreRemoveNode", "pre-remove-node", false),
    ("PreDeleteCluster", "pre-delete-cluster", false),
];

/// Those afterwards.
const POST: [(&str, &str); 4] = [
    ("PostCreateCluster", "post-create-cluster"),
    ("PostAddNode", "post-add-node"),
    ("PostRemoveNode", "post-remove-node"),
    ("PostDeleteCluster", "post-delete-cluster"),
];

/// A request that has what is needed.
fn request(method: &str) -> Value {
    let mut request = json!({"clusterId": "1"});
    if method.ends_with("RemoveNode") {
        request["nodeId"] = json!("n1");
    }
    request
}

/// An integrator that is said to be so.
async fn set(world: &GateWorld, name: &str, events: &[&str], habit: Option<&Habit>, policy: &str) {
    let timeout = if matches!(habit, Some(Habit::Slow(_))) { TIMEOUT } else { LONG };
    let mut more = json!({"timeoutMs": timeout, "failurePolicy": policy});
    match habit {
        Some(habit) => world.receiver.behaves(name, habit.clone()),
        None => more["url"] = json!(format!("http://127.0.0.1:{}", free_port())),
    }
    world.set_with(name, events, &more).await;
}

#[tokio::test]
async fn what_is_asked() {
    let world = GateWorld::start().await;
    let events = PRE.map(|(_, event, _)| event);
    for (habit, does, failure) in habits() {
        for policy in POLICIES {
            let context = format!("{habit}, {policy}");
            set(&world, "one", &events, does.as_ref(), policy).await;
            for (method, _, may_be_refused) in PRE {
                let answer = world.ask(method, &request(method)).await;
                let context = format!("{context}, {method}: {answer}");
                let approved = answer.get("approved") == Some(&json!(true));
                let reason = answer["reason"].as_str().unwrap_or_default();
                let refused = match (habit, failure, policy) {
                    ("refuses", ..) => Some("full"),
                    (_, Some(failure), "reject") => Some(failure),
                    _ => None,
                };
                match refused.filter(|_| may_be_refused) {
                    Some(said) => {
                        assert!(!approved && reason.contains(said) && reason.contains("one"), "{context}");
                    }
                    None => {
                        assert!(approved == may_be_refused && reason.is_empty(), "{context}");
                        let work_id = answer["workId"].as_str().unwrap_or_default();
                        assert!(
                            !work_id.is_empty() && (work_id == "own-1") == (habit == "approves"),
                            "{context}"
                        );
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_told() {
    let world = GateWorld::start().await;
    let mut integrators = Vec::new();
    for (habit, does, failure) in habits() {
        for policy in POLICIES {
            for (_, event) in POST {
                let name = format!("{habit}-{policy}-{event}");
                set(&world, &name, &[event], does.as_ref(), policy).await;
                integrators.push((name, event, habit, failure));
            }
        }
    }
    // Whatever they do about it, and whenever: the platform has told.
    for (method, _) in POST {
        assert_eq!(world.ask(method, &request(method)).await, json!({}));
    }
    for (name, event, habit, failure) in integrators {
        until(async || world.deliveries(&name).await[0]["attemptCount"] != 0).await;
        let deliveries = world.deliveries(&name).await;
        assert_eq!(deliveries.len(), 1, "{name}");
        let (status, error) = (&deliveries[0]["status"], &deliveries[0]["lastError"]);
        // Any answer with 200 is as good as another.
        match failure.filter(|_| !habit.starts_with("no-")) {
            None => assert_eq!((status, error), (&json!("delivered"), &Value::Null), "{name}"),
            Some(failure) => {
                assert_eq!(status, "waiting", "{name}");
                assert!(error.as_str().unwrap().contains(failure), "{name}: {error}");
            }
        }
        assert_eq!(deliveries[0]["event"], event);
    }
}
