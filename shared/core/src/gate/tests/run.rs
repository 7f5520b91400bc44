//! Everything that goes on at once, in turns: whoever tells, workers, the queue that delivers again what was not acknowledged, ticks.
//! Time passes only when all others sleep.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::super::tell::later;
use super::super::wake::wake_due;
use super::super::{Deliverer, DeliveryStatus, Event, IntegratorName};
use super::endpoint::slept;
use super::world::{World, now, set_now};

/// In how long a message comes again that was not acknowledged: sooner than the lease of a lane ends.
const VISIBILITY: Duration = Duration::from_secs(30);
/// How often a tick comes.
const TICK: Duration = Duration::from_secs(60);
/// So much is never needed.
const TOO_MUCH: usize = 10_000_000;

/// Something to be told.
#[derive(Debug, Clone)]
struct Telling {
    at: Timestamp,
    event: Event,
    number: i64,
    /// Whether it was told in part, by somebody who was killed.
    begun: bool,
}

enum Job {
    Work(IntegratorName),
    Tell(Telling),
}

struct Task {
    job: Job,
    /// Whether it went well.
    future: Pin<Box<dyn Future<Output = bool>>>,
    sleeps: Option<Timestamp>,
}

pub(super) struct Run {
    world: Arc<World>,
    pub(super) deliverer: Deliverer,
    /// How many work at once.
    pub(super) workers: usize,
    tasks: Vec<Task>,
    tellings: VecDeque<Telling>,
}

impl Run {
    pub(super) fn new(world: &Arc<World>, workers: usize) -> Self {
        world.state().interleaved = true;
        let deliverer = world.deliverer();
        Self { world: world.clone(), deliverer, workers, tasks: Vec::new(), tellings: VecDeque::new() }
    }

    /// Something happens then, and is told.
    pub(super) fn tell(&mut self, event: Event, at: Timestamp) {
        let number = i64::try_from(self.tellings.len()).unwrap();
        self.tellings.push_back(Telling { at, event, number, begun: false });
    }

    pub(super) fn tasks(&self) -> usize {
        self.tasks.len()
    }

    /// Those that don't sleep.
    pub(super) fn runnable(&self) -> Vec<usize> {
        let runnable = |index: &usize| self.tasks[*index].sleeps.is_none_or(|until| until <= now());
        (0..self.tasks.len()).filter(runnable).collect()
    }

    /// Lets one go on until it waits for something.
    pub(super) fn poll(&mut self, index: usize) {
        let task = &mut self.tasks[index];
        match task.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => task.sleeps = slept(),
            Poll::Ready(true) => drop(self.tasks.remove(index)),
            Poll::Ready(false) => self.kill(index),
        }
    }

    /// Ends one where it is: what it was at comes again.
    pub(super) fn kill(&mut self, index: usize) {
        match self.tasks.remove(index).job {
            Job::Work(name) => self.world.state().messages.push((later(now(), VISIBILITY), name)),
            Job::Tell(telling) => self.tellings.push_front(Telling { begun: true, ..telling }),
        }
    }

    /// The queue delivers the message that is due for longest, of those whose integrators have the fewest at work: false where
    /// nobody could work at one.
    pub(super) fn receive(&mut self) -> bool {
        let at_work = |name: &IntegratorName| {
            self.tasks.iter().filter(|task| matches!(&task.job, Job::Work(other) if other == name)).count()
        };
        let workers = self.tasks.iter().filter(|task| matches!(task.job, Job::Work(_))).count();
        if workers >= self.workers {
            return false;
        }
        let name = {
            let mut state = self.world.state();
            let due = (0..state.messages.len()).filter(|index| state.messages[*index].0 <= now());
            let first =
                due.min_by_key(|index| (at_work(&state.messages[*index].1), state.messages[*index].0));
            let Some(first) = first else { return false };
            state.messages.remove(first).1
        };
        let (deliverer, integrator) = (self.deliverer.clone(), name.clone());
        let future = async move { deliverer.work(&integrator).await.is_ok() };
        self.tasks.push(Task { job: Job::Work(name), future: Box::pin(future), sleeps: None });
        true
    }

    /// A message comes twice.
    pub(super) fn duplicate(&mut self) {
        let mut state = self.world.state();
        let copies: Vec<_> = state.messages.iter().take(1).cloned().collect();
        state.messages.extend(copies);
    }

    /// Something is told, if it is time, and nobody is telling something else.
    pub(super) fn begin_telling(&mut self) -> bool {
        let telling = self.tasks.iter().any(|task| matches!(task.job, Job::Tell(_)));
        let Some(next) = self.tellings.pop_front_if(|next| next.at <= now() && !telling) else {
            return false;
        };
        let (gates, Telling { at, event, number, .. }) = (self.world.gates(), next.clone());
        let future = async move {
            let body = json!({"number": number});
            let created = at.checked_add(Duration::from_nanos(number.unsigned_abs())).unwrap();
            let seed = number.to_string();
            gates.tell(event, body.as_object().unwrap(), created, Some(&seed)).await.is_ok()
        };
        self.tasks.push(Task { job: Job::Tell(next), future: Box::pin(future), sleeps: None });
        true
    }

    /// Time passes until something happens again. False where nothing will.
    pub(super) fn advance(&mut self) -> bool {
        let sleepers = self.tasks.iter().filter_map(|task| task.sleeps);
        let (messages, tick) = {
            let state = self.world.state();
            let messages: Vec<Timestamp> = state.messages.iter().map(|message| message.0).collect();
            // Those that find nothing needn't come.
            let tick = state.due.values().min().map(|first| tick_after(now().max(earlier(*first, TICK * 2))));
            (messages, tick)
        };
        let tellings = self.tellings.iter().map(|telling| telling.at);
        let events = sleepers.chain(messages).chain(tick).chain(tellings);
        let Some(next) = events.filter(|at| *at > now()).min() else { return false };
        set_now(next);
        if tick == Some(next) {
            self.tick();
        }
        true
    }

    fn tick(&self) {
        let mut waking = Box::pin(wake_due(&*self.world, &*self.world, now(), TICK));
        // What fails is left for the next one.
        while waking.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
    }

    /// Lets everything go on until nothing is left to be done.
    pub(super) fn finish(&mut self) {
        self.finish_until(Timestamp::MAX);
        assert!(self.tasks.is_empty() && self.tellings.is_empty());
    }

    /// Lets everything go on until nothing is left to be done, or it is so late.
    pub(super) fn finish_until(&mut self, end: Timestamp) {
        for _ in 0..TOO_MUCH {
            if let Some(index) = self.runnable().first() {
                self.poll(*index);
            } else if !self.begin_telling() && !self.receive() {
                self.check();
                if now() >= end || !self.advance() {
                    return;
                }
            }
        }
        panic!("it doesn't come to an end");
    }

    /// Where nobody is at work, whatever waits is in the queue or the index.
    pub(super) fn check(&self) {
        if !self.tasks.is_empty() || self.tellings.front().is_some_and(|telling| telling.begun) {
            return;
        }
        let state = self.world.state();
        let known: HashSet<_> =
            state.messages.iter().map(|message| &message.1).chain(state.due.keys()).collect();
        for name in state.integrators.keys().filter(|name| !known.contains(name)) {
            let waits = state.own(name).any(|delivery| delivery.status == DeliveryStatus::Waiting);
            assert!(!waits, "nobody will look at {name}");
        }
    }
}

fn tick_after(at: Timestamp) -> Timestamp {
    let period = i64::try_from(TICK.as_secs()).unwrap();
    Timestamp::from_second((at.as_second() / period + 1) * period).unwrap()
}

fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_sub(by).unwrap()
}
