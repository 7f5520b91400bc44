//! What holds of lanes, whatever endpoints do, and whoever is killed.

use std::time::Duration;

use proptest::prelude::*;

use super::super::{DeliveryStatus, Event};
use super::endpoint::{Answer, Endpoint};
use super::run::Run;
use super::world::{Fault, World, at, integrator};

const EVENT: Event = Event::PostAddNode;

/// For how long something lasts, in words that are short to read in a failure.
fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => Just(Answer::status(500)),
        2 => Just(Answer::Unreachable),
        2 => Just(Answer::Slow),
        1 => Just(Answer::TooLong),
        1 => Just(Answer::status(410)),
        1 => Just(Answer::status(302)),
        2 => (0_u64..30).prop_map(|wait| Answer::Later(503, hours(wait))),
        2 => Just(Answer::status(200)),
    ]
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    let script = proptest::collection::vec(answer(), 0..12);
    (script, 0_u64..3).prop_map(|(script, latency)| Endpoint {
        latency: Duration::from_secs(latency),
        ..Endpoint::script(script)
    })
}

/// What happens next: somebody goes on, is killed, or comes.
#[derive(Debug, Clone, Copy)]
enum Action {
    Poll(usize),
    Kill(usize),
    Receive,
    Duplicate,
    Tell,
    Advance,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        12 => any::<prop::sample::Index>().prop_map(|index| Action::Poll(index.index(4))),
        1 => any::<prop::sample::Index>().prop_map(|index| Action::Kill(index.index(4))),
        3 => Just(Action::Receive),
        1 => Just(Action::Duplicate),
        2 => Just(Action::Tell),
        2 => Just(Action::Advance),
    ]
}

fn fault() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![12 => Just(None), 1 => Just(Some(Fault::Before)), 1 => Just(Some(Fault::After))]
}

impl Run {
    fn act(&mut self, action: Action) {
        match action {
            Action::Poll(number) => {
                let runnable = self.runnable();
                if let Some(index) = runnable.get(number % runnable.len().max(1)) {
                    self.poll(*index);
                }
            }
            Action::Kill(number) if self.tasks() > 0 => self.kill(number % self.tasks()),
            Action::Receive => drop(self.receive()),
            Action::Duplicate => self.duplicate(),
            Action::Tell => drop(self.begin_telling()),
            // Nobody sleeps longer than they should: a lease is for those who go on.
            Action::Advance if self.runnable().is_empty() => drop(self.advance()),
            Action::Kill(_) | Action::Advance => {}
        }
        self.check();
    }
}

/// What holds in the end.
fn ended_well(world: &World) -> Result<(), TestCaseError> {
    let state = world.state();
    for name in state.integrators.keys() {
        let requests = state.requests.iter().filter(|request| request.integrator == name.as_str());
        let requests: Vec<_> = requests.collect();
        let mut taken: Vec<&str> = Vec::new();
        for request in requests.iter().filter(|request| request.taken) {
            if !taken.contains(&request.id.as_str()) {
                taken.push(&request.id);
            }
        }
        prop_assert!(taken.is_sorted(), "{name} has taken something before what is older");
        for delivery in state.deliveries.values().filter(|delivery| delivery.integrator == *name) {
            let id = delivery.id.as_str();
            let attempts = &state.attempts[&delivery.id];
            prop_assert_eq!(attempts.len(), delivery.attempts as usize);
            prop_assert!(requests.iter().filter(|request| request.id == id).count() >= attempts.len());
            let last = attempts.last().unwrap();
            match delivery.status {
                DeliveryStatus::Waiting => prop_assert!(false, "{id} waits for ever"),
                DeliveryStatus::Delivered => prop_assert!(taken.contains(&id) && last.error.is_none()),
                DeliveryStatus::Dead => {
                    let late = last.at.checked_add(last.latency).unwrap() >= delivery.retry_until;
                    prop_assert!(late || last.status == Some(410), "{id} was given up early");
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Endpoints do what they like; workers, and whoever tells, are killed between any two calls; calls fail, having done their
    /// work or not; messages come twice, and several work at once: each delivery is taken, or dead for a reason; the first time
    /// that one is taken is in the order of their creation.
    #[test]
    fn everything_arrives_in_order(
        endpoints in proptest::collection::vec(endpoint(), 1..3),
        gaps in proptest::collection::vec(prop_oneof![Just(0), Just(1), Just(600), Just(50_000)], 1..8),
        actions in proptest::collection::vec(action(), 0..300),
        faults in proptest::collection::vec(fault(), 0..150),
        budget in prop_oneof![Just(0), Just(5), Just(60)],
    ) {
        let names = ["a", "b"];
        let world = World::new(names.iter().zip(&endpoints).map(|(name, _)| integrator(name, [EVENT])));
        for (name, endpoint) in names.iter().zip(endpoints) {
            world.endpoint(name, endpoint);
        }
        world.state().faults = faults.into();
        let mut run = Run::new(&world, 3);
        run.deliverer.budget = Duration::from_secs(budget);
        let mut moment = at("27T10:00:00");
        let told = gaps.len();
        for gap in gaps {
            moment = moment.checked_add(Duration::from_secs(gap)).unwrap();
            run.tell(EVENT, moment);
        }
        for action in actions {
            run.act(action);
        }
        run.finish();
        prop_assert!(world.deliveries("a").len() == told);
        ended_well(&world)?;
    }
}

#[test]
fn two_days_down_then_everything_once_and_in_order() {
    let (start, end) = (at("27T10:00:00"), at("29T10:00:00"));
    for before in [Answer::status(500), Answer::Unreachable, Answer::Slow] {
        let world = World::new([integrator("down", [EVENT]), integrator("fine", [EVENT])]);
        world.endpoint("down", Endpoint { before: before.clone(), until: end, ..Endpoint::default() });
        let mut run = Run::new(&world, 4);
        let mut moment = start;
        let mut told = 0;
        while moment < end {
            run.tell(EVENT, moment);
            told += 1;
            moment = moment.checked_add(Duration::from_secs(10 * 60)).unwrap();
        }
        run.finish();
        for name in ["down", "fine"] {
            let state = world.state();
            let taken = state.requests.iter().filter(|request| request.integrator == name && request.taken);
            let numbers: Vec<i64> = taken.map(|request| request.body["number"].as_i64().unwrap()).collect();
            assert_eq!(numbers, (0..told).collect::<Vec<_>>(), "{name}, {before:?}");
        }
        let state = world.state();
        let failed = state.requests.iter().filter(|request| !request.taken).count();
        // The first dozen within an hour and a half, then one or two an hour.
        assert!((50..120).contains(&failed), "{failed} attempts");
        let mails: Vec<&str> = state.mails.iter().map(|mail| &*mail.subject).collect();
        assert_eq!(mails, ["Deliveries to down fail", "Deliveries to down go well again"]);
    }
}

#[test]
fn dead_endpoints_delay_nobody_else() {
    const TOLD: u64 = 30;
    let names: Vec<String> = (0..200).map(|number| format!("dead-{number:03}")).collect();
    let dead = names.iter().map(|name| integrator(name, [Event::PostDeleteCluster, EVENT]));
    let world = World::new(dead.chain([integrator("healthy", [EVENT])]));
    for name in &names {
        world.endpoint(name, Endpoint::always(Answer::Slow));
    }
    let mut run = Run::new(&world, 16);
    let start = at("27T10:00:00");
    // Their breakers open.
    run.tell(Event::PostDeleteCluster, start);
    // What is told to all of them from then on waits behind that.
    let first = start.checked_add(hours(4)).unwrap();
    for minute in 0..TOLD {
        run.tell(EVENT, first.checked_add(Duration::from_secs(minute * 60)).unwrap());
    }
    run.finish_until(first.checked_add(hours(2)).unwrap());
    let healthy = world.deliveries("healthy");
    assert_eq!(healthy.len() as u64, TOLD);
    let state = world.state();
    for delivery in healthy {
        let attempts = &state.attempts[&delivery.id];
        assert_eq!((delivery.status, attempts.len()), (DeliveryStatus::Delivered, 1));
        assert_eq!(attempts[0].at.duration_since(delivery.created).as_secs(), 0);
    }
    let waiting = state.deliveries.values().filter(|delivery| delivery.status == DeliveryStatus::Waiting);
    assert_eq!(waiting.count() as u64, 200 * (1 + TOLD));
}
