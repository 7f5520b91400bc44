use std::time::Duration;

use serde_json::json;

use super::super::tests::{Answer, Endpoint, Fault, World, at, integrator, now};
use super::*;

fn says(text: &str) -> Answer {
    Answer::Says(200, text.to_owned())
}

fn body() -> Map<String, Value> {
    json!({"cluster_id": "1", "auth_id": "a1"}).as_object().unwrap().clone()
}

fn refused_by(asked: &Asked) -> Option<(String, bool)> {
    asked.refusal.as_ref().map(|refusal| (refusal.to_string(), refusal.unanswered))
}

const PRE: [Event; 7] = [
    Event::PreCreateCluster,
    Event::PreAddNode,
    Event::PreRemoveNode,
    Event::PreDeleteCluster,
    Event::PreCreateHook,
    Event::PreUpdateHook,
    Event::PreTriggerHook,
];

/// Every call, whatever the integrator does, under both policies.
#[tokio::test]
async fn whatever_an_integrator_does() {
    let unread = "its answer can't be understood: it is no JSON, from line 1 column 1 on";
    // What it does; why it counts as broken, where it does; why it refuses, where it does.
    let cases = [
        (says(r#"{"approved":true,"work_id":"w"}"#), None, None),
        (says(r#"{"approved":false,"reason":"too many"}"#), None, Some("too many")),
        (says(r#"{"approved":false}"#), None, Some("no reason given")),
        (Answer::Slow, Some("it took too long"), None),
        (Answer::Unreachable, Some("the connection was refused"), None),
        (Answer::status(500), Some("it answered 500"), None),
        (Answer::status(410), Some("it answered 410"), None),
        (Answer::Later(429, Duration::from_secs(9)), Some("it answered 429"), None),
        (Answer::Says(302, r#"{"approved":true}"#.into()), Some("it answered 302"), None),
        (says("<html>"), Some(unread), None),
        (says("[]"), Some("its answer can't be understood: it is an array, not an object"), None),
        (Answer::status(204), Some("its answer can't be understood: it is empty"), None),
        (Answer::TooLong, Some("its answer is longer than 65536 bytes"), None),
    ];
    for (answer, broken, refuses) in cases {
        for event in PRE {
            for failure_policy in [FailurePolicy::Reject, FailurePolicy::Proceed] {
                let world = World::new([Integrator { failure_policy, ..integrator("i", [event]) }]);
                world.endpoint("i", Endpoint::always(answer.clone()));
                let asked = world.gates().ask(event, &body()).await.unwrap();
                let rejects = failure_policy == FailurePolicy::Reject;
                let expected = match (event.may_be_refused(), broken, refuses) {
                    (true, _, Some(why)) => Some((format!("integrator i refused: {why}"), false)),
                    (true, Some(why), _) if rejects => {
                        Some((format!("integrator i could not be asked: {why}"), true))
                    }
                    _ => None,
                };
                let about = format!("{event}, {failure_policy:?}, {answer:?}");
                assert_eq!(refused_by(&asked), expected, "{about}");
                assert_eq!(asked.approval.approved, expected.is_none(), "{about}");
                assert_eq!(asked.approval.reason, expected.map(|(text, _)| text), "{about}");
                assert!(asked.approval.work_id.is_some_and(|id| !id.is_empty()), "{about}");
                assert_eq!(world.state().requests.len(), 1, "asked once: {about}");
            }
        }
    }
}

#[tokio::test]
async fn they_are_asked_at_its_endpoint_with_the_body() {
    let world = World::new([integrator("i", [Event::PreAddNode]), integrator("other", [Event::PostAddNode])]);
    world.gates().ask(Event::PreAddNode, &body()).await.unwrap();
    let requests = world.state().requests.clone();
    let [request] = &*requests else { panic!("{requests:?}") };
    assert_eq!((&*request.integrator, &*request.path, request.at), ("i", "pre-add-node", at("27T10:00:00")));
    assert_eq!(request.body, Value::Object(body()));
    assert!(request.id.parse::<DeliveryId>().is_ok());
}

#[tokio::test]
async fn nobody_to_be_asked_is_an_approval_with_an_id_of_ours() {
    let world = World::new([]);
    let asked = world.gates().ask(Event::PreAddNode, &body()).await.unwrap();
    let Approval { approved: true, work_id: Some(work_id), .. } = asked.approval else { panic!("{asked:?}") };
    assert!(work_id.starts_with("work_") && work_id.len() == 37, "{work_id}");
    let again = world.gates().ask(Event::PreAddNode, &body()).await.unwrap();
    assert_ne!(again.approval.work_id, Some(work_id));
    assert!(world.state().correlations.is_empty());
}

#[tokio::test]
async fn the_only_ones_id_is_the_id() {
    let world = World::new([integrator("i", [Event::PreAddNode])]);
    world.endpoint(
        "i",
        Endpoint::always(says(r#"{"approved":true,"work_id":"w-1","user_id":"u","organisation_id":"o"}"#)),
    );
    let asked = world.gates().ask(Event::PreAddNode, &body()).await.unwrap();
    let approval = Approval {
        approved: true,
        reason: None,
        work_id: Some("w-1".into()),
        user_id: Some("u".into()),
        project_id: None,
        organisation_id: Some("o".into()),
    };
    assert_eq!(asked, Asked { approval, refusal: None });
    let correlation =
        Correlation { work_id: "w-1".into(), event: Event::PreAddNode, created: now(), own: vec![] };
    assert_eq!(world.state().correlations["w-1"], correlation);
}

#[tokio::test]
async fn several_are_asked_at_once_and_each_keeps_its_id() {
    let names = ["a", "b", "c", "d"];
    let world = World::new(names.map(|name| integrator(name, [Event::PreCreateCluster])));
    world.endpoint("a", Endpoint::always(says(r#"{"approved":true,"work_id":"w","user_id":"of a"}"#)));
    world.endpoint(
        "b",
        Endpoint::always(says(r#"{"approved":true,"work_id":"w","user_id":"of b","project_id":"p"}"#)),
    );
    world.endpoint("c", Endpoint::always(says(r#"{"approved":true}"#)));
    world.endpoint("d", Endpoint::always(says(r#"{"approved":true,"work_id":"x"}"#)));
    let asked = world.gates().ask(Event::PreCreateCluster, &body()).await.unwrap();
    assert_eq!((asked.approval.approved, asked.refusal), (true, None));
    assert_eq!(asked.approval.user_id.as_deref(), Some("of a"));
    assert_eq!(asked.approval.project_id.as_deref(), Some("p"));
    let work_id = asked.approval.work_id.unwrap();
    assert!(work_id.starts_with("work_"));
    let own = [("a", "w"), ("b", "w"), ("d", "x")].map(|(name, own)| (name.parse().unwrap(), own.to_owned()));
    assert_eq!(world.state().correlations[&work_id].own, own);
}

#[tokio::test]
async fn any_refusal_refuses_and_all_are_named() {
    let mut proceeds = integrator("b", [Event::PreAddNode]);
    proceeds.failure_policy = FailurePolicy::Proceed;
    let others = ["a", "c", "d"].map(|name| integrator(name, [Event::PreAddNode]));
    let world = World::new(others.into_iter().chain([proceeds]));
    world.endpoint("a", Endpoint::always(says(r#"{"approved":true,"user_id":"u"}"#)));
    world.endpoint("b", Endpoint::always(Answer::Unreachable));
    world.endpoint("c", Endpoint::always(Answer::status(503)));
    world.endpoint("d", Endpoint::always(says(r#"{"approved":false,"reason":"full"}"#)));
    let asked = world.gates().ask(Event::PreAddNode, &body()).await.unwrap();
    let first =
        Refusal { integrator: "c".parse().unwrap(), reason: "it answered 503".into(), unanswered: true };
    assert_eq!(asked.refusal, Some(first));
    assert_eq!(
        asked.approval.reason.as_deref(),
        Some("integrator c could not be asked: it answered 503; integrator d refused: full")
    );
    assert_eq!((asked.approval.approved, asked.approval.user_id), (false, None));
    assert_eq!(world.state().requests.len(), 4);
}

/// In turns, all have their request before time passes.
#[test]
fn asking_takes_no_longer_than_the_slowest() {
    let world = World::new(["a", "b", "c"].map(|name| integrator(name, [Event::PreAddNode])));
    for name in ["a", "b", "c"] {
        world.endpoint(
            name,
            Endpoint { latency: Duration::from_secs(3), ..Endpoint::always(says(r#"{"approved":true}"#)) },
        );
    }
    world.state().interleaved = true;
    let (gates, body) = (world.gates(), body());
    let mut asking = Box::pin(gates.ask(Event::PreAddNode, &body));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..20 {
        assert!(asking.as_mut().poll(&mut context).is_pending());
    }
    let asked_at: Vec<Timestamp> = world.state().requests.iter().map(|request| request.at).collect();
    assert_eq!(asked_at, [at("27T10:00:00"); 3]);
    super::super::tests::set_now(at("27T10:00:03"));
    world.state().interleaved = false;
    let std::task::Poll::Ready(asked) = asking.as_mut().poll(&mut context) else { panic!("it takes longer") };
    assert!(asked.unwrap().approval.approved);
}

#[tokio::test]
async fn a_store_that_fails_is_an_error() {
    for faults in [vec![Some(Fault::Before)], vec![None, Some(Fault::Before)], vec![None, Some(Fault::After)]]
    {
        let world = World::new([integrator("i", [Event::PreRemoveNode])]);
        world.state().faults = faults.into();
        assert!(world.gates().ask(Event::PreRemoveNode, &body()).await.is_err());
    }
}
