//! Tasks at a Taskcluster Queue.
//!
//! - [`QueueSink`] calls `createTask` until it is answered, or the time is over.
//! - `credentials` signs the calls, each with the authority of its hook alone.
//! - `answer` tells what an answer means.
//! - `backoff` tells how long to wait before the next call.

mod answer;
mod backoff;
mod credentials;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use treble_core::hawk::{Target, payload_hash};
use treble_core::ports::{BoxError, CreatedTask, NewTask, Sink, SinkError};
use treble_core::trace::TRACEPARENT;

use crate::http::{HttpClient, HttpError, JoinedUrl, Request, RootUrl};

use answer::Failure;
pub use credentials::{InvalidCredentials, QueueCredentials};

/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// With less time than this left, no other call is begun.
const SHORTEST_CALL: Duration = Duration::from_millis(200);

/// How long [`Sink::check`] waits.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

const JSON: &str = "application/json";

/// Creates each task at a Taskcluster Queue, signed with our credentials restricted to the role of the task's hook:
/// <https://docs.taskcluster.net/docs/reference/platform/queue/api#createTask>. The Queue takes the same task with
/// the same taskId again for the same call, which is what lets us repeat it.
#[derive(Clone)]
pub struct QueueSink {
    http: HttpClient,
    root_url: RootUrl,
    credentials: QueueCredentials,
    now: fn() -> Timestamp,
    random: fn() -> Result<u64, getrandom::Error>,
}

impl QueueSink {
    /// A sink at the Queue of the deployment with this root URL.
    pub fn new(http: HttpClient, root_url: RootUrl, credentials: QueueCredentials) -> Self {
        Self { http, root_url, credentials, now: Timestamp::now, random: getrandom::u64 }
    }

    async fn call(&self, call: &Call<'_>, time: Duration) -> Result<CreatedTask, Failure> {
        let authorization = self.sign(call).map_err(|source| {
            // As good as impossible, and not the hook's fault; the next call may be luckier.
            Failure::again("the call of the queue could not be signed".to_owned(), source)
        })?;
        let mut headers = vec![("authorization", &*authorization), ("content-type", JSON)];
        headers.extend(call.trace.as_deref().map(|trace| (TRACEPARENT, trace)));
        let request =
            Request { method: "PUT", url: call.url.as_str(), headers: &headers, body: call.body.clone() };
        match self.http.send(&request, time).await {
            Ok(reply) => answer::to_create_task(&reply, (self.now)()),
            Err(error) => Err(unanswered(error)),
        }
    }

    fn sign(&self, call: &Call<'_>) -> Result<String, BoxError> {
        let target = Target {
            method: "PUT",
            resource: call.url.resource(),
            host: self.root_url.host(),
            port: self.root_url.port(),
        };
        let nonce = format!("{:016x}", (self.random)()?);
        Ok(self.credentials.header(&target, (self.now)(), &nonce, &call.hash, &call.role)?)
    }
}

/// What all calls for one task have in common.
struct Call<'a> {
    url: &'a JoinedUrl,
    body: Bytes,
    /// The body's payload hash.
    hash: String,
    /// The hook's role.
    role: String,
    /// The trace that the task belongs to.
    trace: Option<String>,
}

#[async_trait]
impl Sink for QueueSink {
    async fn create_task(&self, task: NewTask<'_>) -> Result<CreatedTask, SinkError> {
        let end = Instant::now() + task.budget;
        let body = Bytes::from(task.definition.to_string());
        let call = Call {
            url: &self.root_url.join(&format!("/api/queue/v1/task/{}", task.firing.task_id)),
            hash: payload_hash(JSON, &body),
            role: task.firing.hook.role_id(),
            trace: task.firing.trace.map(|trace| trace.to_string()),
            body,
        };
        let mut failures = 0;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let failure = match self.call(&call, left.min(CALL_TIMEOUT)).await {
                Ok(created) => return Ok(created),
                Err(failure) => failure,
            };
            let Some(at_least) = failure.again else { return Err(failure.error) };
            // Without randomness: the longest wait.
            let wait = backoff::delay(failures, (self.random)().unwrap_or(u64::MAX)).max(at_least);
            if end.saturating_duration_since(Instant::now()) < wait.saturating_add(SHORTEST_CALL) {
                return Err(failure.error);
            }
            sleep(wait).await;
            failures += 1;
        }
    }

    fn checks_scopes(&self) -> bool {
        true
    }

    async fn check(&self) -> Result<(), SinkError> {
        let url = self.root_url.join("/api/queue/v1/ping");
        let request = Request { method: "GET", url: url.as_str(), headers: &[], body: Bytes::new() };
        match self.http.send(&request, CHECK_TIMEOUT).await {
            Ok(reply) if reply.status == 200 => Ok(()),
            Ok(reply) => Err(answer::unavailable(&reply)),
            Err(error) => Err(unanswered(error).error),
        }
    }
}

/// Names the deployment, not our credentials.
impl fmt::Debug for QueueSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueSink").field("root_url", &self.root_url).finish_non_exhaustive()
    }
}

fn unanswered(error: HttpError) -> Failure {
    let reason = match &error {
        HttpError::Refused(_) => "the queue refused the connection".to_owned(),
        HttpError::Late(time) => format!("the queue did not answer within {} s", time.as_secs_f32().ceil()),
        HttpError::Broken(_) => "the connection to the queue failed".to_owned(),
        HttpError::Unsendable(_) => "the queue can't be called".to_owned(),
    };
    Failure::again(reason, error.into())
}

#[cfg(test)]
mod tests;
