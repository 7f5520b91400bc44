//! What there is in memory, and a clock.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;

use super::super::ports::{Correlation, LaneState};
use super::super::tell::later;
use super::super::{
    Attempt, DEFAULT_TIMEOUT, Deliverer, Delivery, DeliveryId, Event, FailurePolicy, Gates, Integrator,
    IntegratorName,
};
use super::endpoint::{Endpoint, Request};
use crate::notice::Notice;
use crate::ports::{QueueError, StoreError};

thread_local! {
    /// The present of the test that runs in this thread.
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
    /// The random number of before.
    static RANDOM: Cell<u64> = const { Cell::new(0) };
}

pub(crate) fn now() -> Timestamp {
    NOW.get()
}

pub(crate) fn set_now(now: Timestamp) {
    NOW.set(now);
}

pub(crate) fn at(text: &str) -> Timestamp {
    format!("2026-11-{text}Z").parse().unwrap()
}

/// SplitMix64.
fn random() -> u64 {
    let seed = RANDOM.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    RANDOM.set(seed);
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Before it has done anything.
    Before,
    /// Having done it all the same.
    After,
}

/// A lane, and who has it: a token, until when, and whether somebody came meanwhile.
#[derive(Debug, Clone, Default)]
pub(super) struct StoredLane {
    pub(super) state: LaneState,
    pub(super) lease: Option<(String, Timestamp, bool)>,
}

/// What there is.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) integrators: BTreeMap<IntegratorName, Integrator>,
    pub(crate) correlations: HashMap<String, Correlation>,
    pub(crate) deliveries: BTreeMap<(IntegratorName, DeliveryId), Delivery>,
    pub(crate) attempts: HashMap<DeliveryId, Vec<Attempt>>,
    pub(super) lanes: BTreeMap<IntegratorName, StoredLane>,
    /// Messages, and when they come.
    pub(crate) messages: Vec<(Timestamp, IntegratorName)>,
    /// The index of what is due.
    pub(crate) due: BTreeMap<IntegratorName, Timestamp>,
    pub(crate) mails: Vec<Notice>,
    pub(crate) endpoints: HashMap<String, Endpoint>,
    pub(crate) requests: Vec<Request>,
    /// How the next calls fail, of stores, queue and mailer.
    pub(crate) faults: VecDeque<Option<Fault>>,
    /// How many calls there were.
    pub(crate) calls: usize,
    /// The largest delivery that can be stored, in bytes; any, where there is none.
    pub(crate) most: Option<usize>,
    /// Whether calls are polled in turns by somebody who lets time pass.
    pub(crate) interleaved: bool,
}

impl State {
    /// An integrator's deliveries, in their order.
    pub(super) fn own(&self, integrator: &IntegratorName) -> impl Iterator<Item = &Delivery> {
        let first = (integrator.clone(), DeliveryId::new(Timestamp::UNIX_EPOCH, 0));
        let own = self.deliveries.range(first..).map(|(_, delivery)| delivery);
        own.take_while(|delivery| delivery.integrator == *integrator)
    }
}

#[derive(Default)]
pub(crate) struct World(Mutex<State>);

/// An integrator that wants these events.
pub(crate) fn integrator(name: &str, events: impl IntoIterator<Item = Event>) -> Integrator {
    Integrator {
        name: name.parse().unwrap(),
        url: format!("https://{name}.example.com"),
        events: events.into_iter().collect(),
        timeout: DEFAULT_TIMEOUT,
        failure_policy: FailurePolicy::Reject,
        owner: Some(format!("{name}@example.com")),
        secrets: vec![],
        created: Timestamp::UNIX_EPOCH,
        updated: Timestamp::UNIX_EPOCH,
    }
}

impl World {
    /// A world of these integrators, whose endpoints are fine until it is said otherwise.
    pub(crate) fn new(integrators: impl IntoIterator<Item = Integrator>) -> Arc<Self> {
        set_now(at("27T10:00:00"));
        RANDOM.set(0);
        let integrators = integrators.into_iter().map(|integrator| (integrator.name.clone(), integrator));
        let state = State { integrators: integrators.collect(), ..State::default() };
        Arc::new(Self(Mutex::new(state)))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn endpoint(&self, integrator: &str, endpoint: Endpoint) {
        self.state().endpoints.insert(integrator.to_owned(), endpoint);
    }

    pub(crate) fn gates(self: &Arc<Self>) -> Gates {
        Gates {
            integrators: self.clone(),
            correlations: self.clone(),
            deliveries: self.clone(),
            wakes: self.clone(),
            client: self.clone(),
            clock: now,
            random,
        }
    }

    pub(crate) fn deliverer(self: &Arc<Self>) -> Deliverer {
        Deliverer {
            integrators: self.clone(),
            deliveries: self.clone(),
            lanes: self.clone(),
            wakes: self.clone(),
            later: self.clone(),
            client: self.clone(),
            mailer: self.clone(),
            budget: Duration::from_secs(60),
            clock: now,
            random,
        }
    }

    /// The deliveries of an integrator, in their order.
    pub(crate) fn deliveries(&self, integrator: &str) -> Vec<Delivery> {
        self.state().own(&integrator.parse().unwrap()).cloned().collect()
    }

    pub(crate) fn lane(&self, integrator: &str) -> LaneState {
        self.state().lanes.get(&integrator.parse().unwrap()).cloned().unwrap_or_default().state
    }

    /// Lets somebody else go on, where there are others.
    pub(super) async fn pause(&self) {
        let mut paused = !self.state().interleaved;
        poll_fn(|_| if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// A call, which fails if it is its turn to.
    pub(super) async fn call<T>(&self, effect: impl FnOnce(&mut State) -> T) -> Option<T> {
        self.pause().await;
        let fault = {
            let mut state = self.state();
            state.calls += 1;
            state.faults.pop_front().flatten()
        };
        if fault == Some(Fault::Before) {
            return None;
        }
        let value = effect(&mut self.state());
        self.pause().await;
        (fault != Some(Fault::After)).then_some(value)
    }
}

pub(super) fn store_failed() -> StoreError {
    StoreError::Unavailable { operation: "do as it is told".into(), source: "it is away".into() }
}

pub(super) fn queue_failed() -> QueueError {
    QueueError::Unavailable { reason: "it is away".into(), source: None }
}

pub(super) fn due_in(delay: Duration) -> Timestamp {
    later(now(), delay)
}
