//! Integrators' endpoints, which answer what they are told to.

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::ports::{GateReply, GateRequest, IntegratorClient, Unanswered};
use super::super::tell::later;
use super::world::{World, now, set_now};

/// What an endpoint does with a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// It answers so, with this body.
    Says(u16, String),
    /// It answers so, and when to come again.
    Later(u16, Duration),
    /// It answers more than is read.
    TooLong,
    /// It can't be reached.
    Unreachable,
    /// It takes longer than it may.
    Slow,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self::Says(status, String::new())
    }

    fn is_taking(&self) -> bool {
        matches!(self, Self::Says(200..300, _) | Self::TooLong)
    }
}

/// How an endpoint is.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// What it answers first.
    pub(crate) script: VecDeque<Answer>,
    /// What it answers until `until`.
    pub(crate) before: Answer,
    pub(crate) until: Timestamp,
    /// What it answers then.
    pub(crate) then: Answer,
    /// How long it takes for an answer.
    pub(crate) latency: Duration,
}

impl Default for Endpoint {
    fn default() -> Self {
        let fine = Answer::status(204);
        let latency = Duration::ZERO;
        Self { script: VecDeque::new(), before: fine.clone(), until: Timestamp::MIN, then: fine, latency }
    }
}

impl Endpoint {
    /// One that always answers this.
    pub(crate) fn always(then: Answer) -> Self {
        Self { then, ..Self::default() }
    }

    /// One that does these, then is fine.
    pub(crate) fn script(script: impl IntoIterator<Item = Answer>) -> Self {
        Self { script: script.into_iter().collect(), ..Self::default() }
    }

    fn answer(&mut self) -> Answer {
        match self.script.pop_front() {
            Some(answer) => answer,
            None if now() < self.until => self.before.clone(),
            None => self.then.clone(),
        }
    }
}

/// A request that an endpoint got.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) at: Timestamp,
    pub(crate) integrator: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) body: serde_json::Value,
    /// Whether the endpoint answered that it has taken it, or was about to.
    pub(crate) taken: bool,
    pub(crate) status: Option<u16>,
}

thread_local! {
    /// Until when what was polled last sleeps.
    static SLEEPS: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

/// Until when a future sleeps that has just been polled.
pub(super) fn slept() -> Option<Timestamp> {
    SLEEPS.take()
}

impl World {
    /// Lets time pass: by itself where nothing else goes on, or until whoever polls has let it pass.
    async fn sleep(&self, duration: Duration) {
        let until = later(now(), duration);
        if !self.state().interleaved {
            return set_now(until);
        }
        poll_fn(|_| {
            if now() >= until {
                return Poll::Ready(());
            }
            SLEEPS.set(Some(until));
            Poll::Pending
        })
        .await;
    }
}

#[async_trait]
impl IntegratorClient for World {
    async fn post(&self, request: GateRequest<'_>) -> Result<GateReply, Unanswered> {
        self.pause().await;
        let GateRequest { integrator, path, id, now: at, body } = request;
        assert_eq!(at, now(), "signed as of now");
        let (answer, latency) = {
            let mut state = self.state();
            let endpoint = state.endpoints.entry(integrator.name.to_string()).or_default();
            let answer = endpoint.answer();
            let latency = if answer == Answer::Slow { integrator.timeout } else { endpoint.latency };
            let status = match answer {
                Answer::Says(status, _) | Answer::Later(status, _) => Some(status),
                _ => None,
            };
            state.requests.push(Request {
                at,
                integrator: integrator.name.to_string(),
                path: path.to_owned(),
                id: id.to_owned(),
                body: serde_json::from_str(body).unwrap(),
                taken: answer.is_taking(),
                status,
            });
            (answer, latency)
        };
        self.sleep(latency).await;
        let unanswered = |reason: &str| Err(Unanswered { reason: reason.to_owned(), source: None });
        let reply = |status, retry_after, body| Ok(GateReply { status, retry_after, body });
        match answer {
            Answer::Says(status, body) => reply(status, None, Some(body.into_bytes())),
            Answer::Later(status, wait) => reply(status, Some(wait), Some(Vec::new())),
            Answer::TooLong => reply(200, None, None),
            Answer::Unreachable => unanswered("the connection was refused"),
            Answer::Slow => unanswered("it took too long"),
        }
    }
}
