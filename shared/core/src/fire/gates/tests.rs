use std::sync::Arc;

use serde_json::{Value, json};

use super::super::tests::{self, at, conflict, engine, firing, from_queue, hook, options, unavailable};
use super::*;
use crate::fire::{FireOptions, TaskIdOrigin};
use crate::firing::FireResult;
use crate::gate::tests::{Answer, Endpoint, Fault, World, integrator, set_now};
use crate::gate::{DeliveryStatus, FailurePolicy, Integrator};
use crate::slugid::SlugId;
use crate::streak::Health;

const EVENTS: [Event; 3] = [Event::PreTriggerHook, Event::PostTriggerHook, Event::PostFire];

fn gated(parts: tests::World, gates: &Arc<World>) -> (Engine, Arc<tests::World>) {
    let (engine, parts) = engine(parts);
    (Engine { gates: Some(gates.gates()), ..engine }, parts)
}

/// A world of one integrator, `i`, that answers so when it is asked.
fn asking(answer: Answer) -> Arc<World> {
    let world = World::new([integrator("i", EVENTS)]);
    set_now(at(1000));
    world.endpoint("i", Endpoint::always(answer));
    world
}

fn says(text: &str) -> Answer {
    Answer::Says(200, text.to_owned())
}

/// What waits to be told: events and bodies, in the order of their events.
fn told(world: &World) -> Vec<(Event, Value)> {
    let deliveries = world.deliveries("i");
    let mut told: Vec<_> = deliveries.into_iter().map(|delivery| (delivery.event, delivery.body)).collect();
    told.sort_by_key(|(event, _)| *event);
    told
}

fn task_id() -> SlugId {
    SlugId::from_bytes([7; 16])
}

#[tokio::test]
async fn it_is_asked_then_fires_then_tells() {
    let world = asking(says(r#"{"approved":true,"work_id":"own"}"#));
    let (engine, parts) = gated(tests::World::default(), &world);
    engine.fire(&hook(json!({})), firing(json!({"x": 1})), options(1001)).await.unwrap();
    assert!(parts.tasks.lock().unwrap().contains_key(&task_id()));
    let about = json!({
        "hook_group_id": "g", "hook_id": "h", "client_id": "me", "task_id": task_id(), "fired_by": "triggerHook",
    });
    let with = |more: Value| {
        let mut body = about.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let asked: Vec<_> =
        world.state().requests.iter().map(|request| (request.path.clone(), request.body.clone())).collect();
    assert_eq!(asked, [("pre-trigger-hook".to_owned(), with(json!({"payload": {"x": 1}})))]);
    let after = json!({"payload": {"x": 1}, "work_id": "own", "result": "success", "error": null});
    assert_eq!(
        told(&world),
        [
            (Event::PostTriggerHook, with(after)),
            (Event::PostFire, with(json!({"result": "success", "error": null}))),
        ]
    );
    assert!(world.deliveries("i").iter().all(|delivery| delivery.created == at(1000)));
}

#[tokio::test]
async fn without_gates_nobody_is_asked() {
    let world = asking(Answer::Unreachable);
    let (engine, _) = gated(tests::World::default(), &world);
    let engine = Engine { gates: None, ..engine };
    engine.fire(&hook(json!({})), firing(json!({})), options(1)).await.unwrap();
    assert_eq!(world.state().calls, 0);
}

#[tokio::test]
async fn what_is_refused_is_on_record_and_no_fault_of_the_hooks() {
    let refused = "integrator i refused: not today";
    let unasked = "integrator i could not be asked: it answered 500";
    for (answer, retried, text, unanswered) in [
        (says(r#"{"approved":false,"reason":"not today"}"#), false, refused, false),
        (says(r#"{"approved":false,"reason":"not today"}"#), true, refused, false),
        (Answer::status(500), false, unasked, true),
    ] {
        let world = asking(answer);
        let (engine, parts) = gated(tests::World::default(), &world);
        // It isn't even rendered.
        let hook = hook(json!({"$eval": "nope"}));
        let options = FireOptions { retried, ..from_queue(1001) };
        let error = engine.fire(&hook, firing(json!({})), options).await.unwrap_err();
        assert!(
            matches!(&error, FireError::Refused { unanswered: told, .. } if *told == unanswered),
            "{error}"
        );
        assert_eq!((error.to_string(), error.may_pass()), (text.to_owned(), unanswered));
        assert!(unanswered || !error.log_text().contains("today"));
        assert!(parts.tasks.lock().unwrap().is_empty());
        let record = parts.records.lock().unwrap()[&task_id()].clone();
        assert_eq!((record.result, &*record.error), (FireResult::Error, text));
        assert_eq!(*parts.health.lock().unwrap(), Health::default());
        let told = told(&world);
        assert_eq!(told.len(), 2);
        for (_, body) in told {
            assert_eq!((&body["result"], &body["error"]), (&json!("error"), &json!(text)));
        }
    }
}

#[tokio::test]
async fn who_can_not_be_asked_now_may_be_later() {
    let world = asking(says(r#"{"approved":true}"#));
    world.state().endpoints.get_mut("i").unwrap().script = [Answer::Unreachable].into();
    let (engine, parts) = gated(tests::World::default(), &world);
    let hook = hook(json!({}));
    let error = engine.fire(&hook, firing(json!({})), from_queue(1)).await.unwrap_err();
    assert!(error.may_pass());
    assert!(parts.records.lock().unwrap().is_empty() && told(&world).is_empty());
    engine.fire(&hook, firing(json!({})), from_queue(2)).await.unwrap();
    assert_eq!(told(&world).len(), 2);
}

#[tokio::test]
async fn a_policy_may_let_it_fire_all_the_same() {
    let world =
        World::new([Integrator { failure_policy: FailurePolicy::Proceed, ..integrator("i", EVENTS) }]);
    world.endpoint("i", Endpoint::always(Answer::Slow));
    let (engine, _) = gated(tests::World::default(), &world);
    engine.fire(&hook(json!({})), firing(json!({})), options(1)).await.unwrap();
    // Who gave no id knows it by the task's.
    assert_eq!(told(&world)[0].1["work_id"], json!(task_id()));
}

#[tokio::test]
async fn declined_and_failed_firings_are_told_of() {
    let rejected = "exists";
    for (task, refusals, result, error) in [
        (json!({"$if": "false", "then": {}}), vec![], "declined", None),
        (json!({"x": {"$eval": "nope"}}), vec![], "error", Some("unknown context value nope")),
        (json!({}), vec![conflict()], "error", Some(rejected)),
    ] {
        let world = asking(says(r#"{"approved":true}"#));
        let (engine, _) = gated(tests::World::refusing(refusals), &world);
        let _ = engine.fire(&hook(task), firing(json!({})), options(1)).await;
        let told = told(&world);
        assert_eq!(told.len(), 2);
        for (_, body) in told {
            assert_eq!(body["result"], result);
            match error {
                Some(error) => assert!(body["error"].as_str().unwrap().contains(error), "{body}"),
                None => assert_eq!(body["error"], Value::Null),
            }
        }
    }
}

#[tokio::test]
async fn what_comes_again_is_not_told_again() {
    let world = asking(says(r#"{"approved":true}"#));
    let (engine, _) = gated(tests::World::default(), &world);
    let hook = hook(json!({}));
    for task_id in [TaskIdOrigin::Caller, TaskIdOrigin::Message] {
        for _ in 0..2 {
            let options = FireOptions { task_id, ..options(1001) };
            // It came first at another moment.
            let firing =
                Firing { created: at(1000 + world.deliveries("i").len() as i64), ..firing(json!({})) };
            engine.fire(&hook, firing, options).await.unwrap();
        }
    }
    assert_eq!(told(&world).len(), 2);
    assert_eq!(world.state().requests.len(), 1, "asked once");
    engine.fire(&hook, firing(json!({})), from_queue(1)).await.unwrap();
    assert_eq!(told(&world).len(), 2);
}

#[tokio::test]
async fn an_error_that_becomes_a_success_is_told_twice() {
    let world = asking(says(r#"{"approved":true}"#));
    let (engine, _) = gated(tests::World::refusing(vec![unavailable()]), &world);
    let hook = hook(json!({}));
    engine.fire(&hook, firing(json!({})), options(1)).await.unwrap_err();
    engine.fire(&hook, firing(json!({})), options(2)).await.unwrap();
    let results: Vec<Value> = told(&world).into_iter().map(|(_, body)| body["result"].clone()).collect();
    assert_eq!(results.iter().filter(|result| *result == "success").count(), 2);
    assert_eq!(results.iter().filter(|result| *result == "error").count(), 2);
}

/// Whichever call of the gates fails: the firing comes again, and is told of once, with the id that was given when it was asked about.
#[tokio::test]
async fn what_can_not_be_told_comes_again() {
    for origin in [TaskIdOrigin::Caller, TaskIdOrigin::Queue, TaskIdOrigin::Message] {
        for step in 0..9 {
            for fault in [Fault::Before, Fault::After] {
                let world = asking(says(r#"{"approved":true,"work_id":"own"}"#));
                let (engine, parts) = gated(tests::World::default(), &world);
                let hook = hook(json!({}));
                let options = FireOptions { task_id: origin, ..from_queue(1001) };
                let mut faults = vec![None; step];
                faults.push(Some(fault));
                world.state().faults = faults.into();
                let error = engine.fire(&hook, firing(json!({})), options).await.unwrap_err();
                assert!(matches!(error, FireError::Store(_)), "{step} {error}");
                // To be asked: who wants to be, and their id.
                assert_eq!(parts.records.lock().unwrap().is_empty(), step < 2, "{step}");
                engine.fire(&hook, firing(json!({})), options).await.unwrap();
                let told = told(&world);
                assert_eq!(told.len(), 2, "{step}");
                assert_eq!(told[0].1["work_id"], "own", "{step}");
                assert!(
                    world.deliveries("i").iter().all(|delivery| delivery.status == DeliveryStatus::Waiting)
                );
            }
        }
    }
}

#[tokio::test]
async fn a_payload_that_is_too_large_to_be_kept_is_left_out() {
    let world = asking(says(r#"{"approved":true}"#));
    world.state().most = Some(1000);
    let (engine, _) = gated(tests::World::default(), &world);
    engine.fire(&hook(json!({})), firing(json!({"x": "y".repeat(1000)})), options(1)).await.unwrap();
    let (_, body) = &told(&world)[0];
    assert_eq!((&body["payload"], &body["payload_omitted"]), (&Value::Null, &json!(true)));
    let asked = world.state().requests[0].body["payload"]["x"].as_str().unwrap().len();
    assert_eq!(asked, 1000);
}

#[tokio::test]
async fn a_refusal_after_the_task_exists_changes_nothing() {
    let world = asking(says(r#"{"approved":false}"#));
    world.state().endpoints.get_mut("i").unwrap().script = [says(r#"{"approved":true}"#)].into();
    let (engine, parts) = gated(tests::World::default(), &world);
    let hook = hook(json!({}));
    for _ in 0..2 {
        let fired = engine.fire(&hook, firing(json!({})), from_queue(1)).await.unwrap();
        assert!(matches!(fired, Fired::Created { .. }));
    }
    assert_eq!(parts.records.lock().unwrap()[&task_id()].result, FireResult::Success);
    assert_eq!(told(&world).len(), 2);
}
