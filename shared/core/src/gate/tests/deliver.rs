//! Lanes, one look after the other.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::super::ports::LaneState;
use super::super::tell::later;
use super::super::{DeliveryStatus, Event, Integrator, LaneOutcome};
use super::endpoint::{Answer, Endpoint};
use super::world::{Fault, World, at, integrator, now, set_now};

const EVENT: Event = Event::PostAddNode;

/// A world of one integrator, `a`, that so much is told.
async fn told(number: u64, endpoint: Endpoint) -> Arc<World> {
    told_of(integrator("a", [EVENT]), number, endpoint).await
}

async fn told_of(integrator: Integrator, number: u64, endpoint: Endpoint) -> Arc<World> {
    let world = World::new([integrator]);
    world.endpoint("a", endpoint);
    for number in 0..number {
        let (gates, created) = (world.gates(), later(now(), Duration::from_nanos(number)));
        gates.tell(EVENT, json!({"number": number}).as_object().unwrap(), created, None).await.unwrap();
    }
    // They are worked by hand.
    world.state().messages.clear();
    world
}

async fn work(world: &Arc<World>) -> LaneOutcome {
    world.deliverer().work(&"a".parse().unwrap()).await.unwrap()
}

fn statuses(world: &World) -> Vec<DeliveryStatus> {
    world.deliveries("a").iter().map(|delivery| delivery.status).collect()
}

/// The moments at which the lane is looked at again: by the queue, by the index.
fn again(world: &World) -> (Vec<jiff::Timestamp>, Option<jiff::Timestamp>) {
    let state = world.state();
    let messages = state.messages.iter().map(|message| message.0).collect();
    (messages, state.due.values().next().copied())
}

use DeliveryStatus::{Dead, Delivered, Waiting};

#[tokio::test]
async fn all_that_waits_is_delivered_and_recorded() {
    let mut fine = Endpoint::always(Answer::Says(201, "th\nanks".into()));
    fine.latency = Duration::from_millis(250);
    let world = told(60, fine).await;
    let outcome = work(&world).await;
    assert_eq!(outcome, LaneOutcome { delivered: 60, ..LaneOutcome::default() });
    assert_eq!(again(&world), (vec![], None));
    assert_eq!(world.lane("a"), LaneState::default());
    let state = world.state();
    let numbers: Vec<_> =
        state.requests.iter().map(|request| request.body["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..60).collect::<Vec<_>>());
    let first = state.deliveries.values().next().unwrap();
    let [attempt] = &*state.attempts[&first.id] else { panic!("one attempt") };
    assert_eq!((attempt.at, attempt.latency), (at("27T10:00:00"), Duration::from_millis(250)));
    assert_eq!((attempt.status, &*attempt.reply, &attempt.error), (Some(201), "th anks", &None));
    assert_eq!((first.attempts, &first.last_error), (1, &None));
    assert_eq!((&*state.requests[0].path, &*state.requests[0].id), ("post-add-node", first.id.as_str()));
}

#[tokio::test]
async fn where_nothing_waits_there_is_nothing_to_be_done() {
    let world = told(0, Endpoint::default()).await;
    assert_eq!(work(&world).await, LaneOutcome::default());
    assert_eq!((again(&world), world.lane("a")), ((vec![], None), LaneState::default()));
}

#[tokio::test]
async fn a_failure_stops_the_lane_and_its_head_is_the_probe() {
    let world =
        told(3, Endpoint::script([Answer::status(200), Answer::status(500), Answer::Unreachable])).await;
    let outcome = work(&world).await;
    let next = outcome.again.unwrap();
    let wait = next.duration_since(now()).as_secs_f64();
    assert!((2.5..=5.0).contains(&wait), "{wait}");
    assert_eq!(
        (outcome.delivered, outcome.dead, outcome.failure.as_deref()),
        (1, 0, Some("it answered 500"))
    );
    assert_eq!(statuses(&world), [Delivered, Waiting, Waiting]);
    let lane = world.lane("a");
    let failing = LaneState {
        failures: 1,
        down_since: Some(now()),
        next_attempt: Some(next),
        owner_told: false,
        last_error: Some("it answered 500".into()),
    };
    assert_eq!(lane, failing);
    let (messages, None) = again(&world) else { panic!("it is in the index") };
    let [message] = &*messages else { panic!("{messages:?}") };
    assert!(*message >= next && message.duration_since(next).as_secs() < 1, "{message} {next}");

    set_now(*message);
    let outcome = work(&world).await;
    assert_eq!(outcome.failure.as_deref(), Some("the connection was refused"));
    assert_eq!((world.lane("a").failures, world.lane("a").down_since), (2, failing.down_since));
    set_now(outcome.again.unwrap());
    // The third time it is fine: the other one follows at once.
    assert_eq!(work(&world).await, LaneOutcome { delivered: 2, ..LaneOutcome::default() });
    assert_eq!(world.lane("a"), LaneState::default());
    let attempts: Vec<u32> = world.deliveries("a").iter().map(|delivery| delivery.attempts).collect();
    assert_eq!(attempts, [1, 3, 1]);
}

#[tokio::test]
async fn longer_waits_are_in_the_index() {
    for (answer, waits) in [
        (Answer::Later(503, Duration::from_secs(900)), (900, true)),
        (Answer::Later(503, Duration::from_secs(901)), (901, false)),
        (Answer::Later(429, Duration::from_secs(100_000)), (86_400, false)),
    ] {
        let world = told(1, Endpoint::always(answer)).await;
        let (seconds, by_queue) = waits;
        let next = later(now(), Duration::from_secs(seconds));
        assert_eq!(work(&world).await.again, Some(next));
        let expected = if by_queue { (vec![next], None) } else { (vec![], Some(next)) };
        assert_eq!(again(&world), expected);
    }
}

#[tokio::test]
async fn what_comes_too_early_is_one_entry_of_the_index() {
    let world = told(2, Endpoint::always(Answer::status(500))).await;
    let next = work(&world).await.again.unwrap();
    world.state().messages.clear();
    for _ in 0..3 {
        assert_eq!(work(&world).await, LaneOutcome { again: Some(next), ..LaneOutcome::default() });
    }
    assert_eq!(again(&world), (vec![], Some(next)));
    assert_eq!(world.state().requests.len(), 1);
}

/// Whenever it comes while the lane is in use: all that is told by then is delivered by whoever has the lane.
#[tokio::test]
async fn what_finds_a_lane_in_use_is_heeded_by_whoever_has_it() {
    let ends = at("27T10:01:00");
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for polls in 1.. {
        let world = told(1, Endpoint::default()).await;
        let (deliverer, name) = (world.deliverer(), "a".parse().unwrap());
        let mut first = Box::pin(deliverer.work(&name));
        world.state().interleaved = true;
        let done = (0..polls).any(|_| first.as_mut().poll(&mut context).is_ready());
        world.state().interleaved = false;
        if done {
            assert!(polls > 10, "it was in use for a while");
            break;
        }
        // Another is told, and its message comes at once.
        world.gates().tell(EVENT, json!({}).as_object().unwrap(), at("27T10:00:30"), None).await.unwrap();
        let second = work(&world).await;
        if second.again == Some(ends) {
            // Should the first one be killed, the lane is looked at when its lease is over.
            assert_eq!(again(&world).1, Some(ends), "{polls}");
            assert_eq!(first.await.unwrap().delivered, 2, "{polls}");
        } else {
            drop(first);
        }
        assert_eq!(statuses(&world), [Delivered, Delivered], "{polls}");
    }
}

#[tokio::test]
async fn what_nobody_wants_is_dead_at_once() {
    let world = told(3, Endpoint::script([Answer::status(410), Answer::status(500)])).await;
    let outcome = work(&world).await;
    assert_eq!((outcome.dead, outcome.failure.as_deref()), (1, Some("it answered 500")));
    assert_eq!(statuses(&world), [Dead, Waiting, Waiting]);
    assert_eq!(world.deliveries("a")[0].last_error.as_deref(), Some("it answered 410"));
    // It did answer: that is no failure.
    assert_eq!(world.lane("a").failures, 1);
}

#[tokio::test]
async fn what_fails_for_two_days_is_dead_and_the_next_one_follows() {
    let world = told(2, Endpoint::always(Answer::status(500))).await;
    let until = world.deliveries("a")[0].retry_until;
    assert_eq!(until, at("29T10:00:00"));
    set_now(until.checked_sub(Duration::from_nanos(1)).unwrap());
    let next = work(&world).await.again.unwrap();
    assert_eq!(statuses(&world), [Waiting, Waiting]);
    set_now(next);
    assert_eq!(
        work(&world).await,
        LaneOutcome { dead: 2, failure: Some("it answered 500".into()), ..LaneOutcome::default() }
    );
    assert_eq!(statuses(&world), [Dead, Dead]);
    // What is told next is tried at once: it may be the one that is taken.
    assert_eq!((world.lane("a").failures, world.lane("a").next_attempt), (3, None));
}

#[tokio::test]
async fn what_waits_for_an_integrator_that_is_gone_is_dead() {
    let world = told(30, Endpoint::always(Answer::status(500))).await;
    let next = work(&world).await.again.unwrap();
    world.state().integrators.clear();
    set_now(next);
    assert_eq!(work(&world).await, LaneOutcome { dead: 30, ..LaneOutcome::default() });
    for delivery in world.deliveries("a") {
        assert_eq!((delivery.status, &*delivery.last_error.unwrap()), (Dead, "the integrator was removed"));
    }
    assert_eq!(world.lane("a"), LaneState::default());
    assert_eq!(world.state().requests.len(), 1);
}

#[tokio::test]
async fn a_long_lane_is_worked_in_parts_and_kept() {
    // Each takes 25 s: after one the lease has less left than another needs.
    let slow = Integrator { timeout: Duration::from_secs(25), ..integrator("a", [EVENT]) };
    let world = told_of(slow, 6, Endpoint { latency: Duration::from_secs(25), ..Endpoint::default() }).await;
    let mut deliverer = world.deliverer();
    deliverer.budget = Duration::from_secs(100);
    let outcome = deliverer.work(&"a".parse().unwrap()).await.unwrap();
    assert_eq!((outcome.delivered, outcome.again), (4, Some(now())));
    assert_eq!(again(&world), (vec![now()], None));
    // However little time there is, it gets on.
    deliverer.budget = Duration::ZERO;
    assert_eq!(deliverer.work(&"a".parse().unwrap()).await.unwrap().delivered, 1);
    assert_eq!(
        deliverer.work(&"a".parse().unwrap()).await.unwrap(),
        LaneOutcome { delivered: 1, ..LaneOutcome::default() }
    );
}

#[tokio::test]
async fn owners_are_told_once_each_time() {
    let down = |failures: usize| vec![Answer::status(500); failures].into_iter();
    let script =
        down(7).chain([Answer::status(200)]).chain(down(4)).chain([Answer::status(200)]).chain(down(5));
    let world = told(3, Endpoint::script(script)).await;
    let mut mails = Vec::new();
    while let Some(next) = work(&world).await.again {
        set_now(next);
        mails.push(world.state().mails.len());
    }
    // From the fifth failure on one; when it was taken another; none of four failures; two of five.
    assert_eq!(mails, [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
    let mails = world.state().mails.clone();
    assert_eq!(mails.len(), 4);
    assert_eq!(mails[0].to, "a@example.com");
    for part in
        ["integrator a fail", "https://a.example.com", "2026-11-27 10:00:00 UTC", "  it answered 500\n"]
    {
        assert!(mails[0].text.contains(part), "{part:?} is not in {}", mails[0].text);
    }
    assert!(mails[1].text.contains("treble deliveries recover a --since"));
}

#[tokio::test]
async fn a_mail_that_is_not_sent_is_tried_again() {
    let world = told(1, Endpoint::always(Answer::status(500))).await;
    let mut fails = true;
    for failures in 1..8 {
        if failures == 5 {
            // Its lane, what waits, the integrator, the attempt, then the mail.
            world.state().faults = [None, None, None, None, Some(Fault::Before)].into();
        }
        set_now(work(&world).await.again.unwrap());
        fails &= world.state().mails.is_empty();
        assert_eq!((fails, world.lane("a").owner_told), (failures < 6, failures >= 6), "{failures}");
    }
    assert_eq!(world.state().mails.len(), 1);
}

#[tokio::test]
async fn an_owner_who_has_no_address_is_no_obstacle() {
    for owner in [None, Some("nobody")] {
        let integrator = Integrator { owner: owner.map(str::to_owned), ..integrator("a", [EVENT]) };
        let script = Endpoint::script(vec![Answer::status(500); 6]);
        let world = told_of(integrator, 1, script).await;
        while let Some(next) = work(&world).await.again {
            set_now(next);
        }
        assert_eq!((statuses(&world), world.state().mails.len()), (vec![Delivered], 0));
    }
}
