//! From a request to a response: the checks that every route shares, in their order.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use treble_core::cds::poll::RepositoryStore;
use treble_core::cds::{ExecutionStore, Seal, ServiceStateStore, Task, Tasks, hook_name};
use treble_core::hook::StoredHook;
use treble_core::ports::{FireStore, FiringQueue, HookStore, chain};
use treble_core::secret::MasterKey;
use uuid::Uuid;

use super::auth::HashMemory;
use super::call::{Call, Reply};
use super::error::ApiError;
use super::figures::FiguresMemory;
use super::response;
use super::route::{self, Found, Route};
use crate::request::Request;
use crate::taskcluster::done::Done;
use crate::taskcluster::error::RequestInfo;
use crate::taskcluster::response::Response;

/// What the handlers of the dialect work with.
pub struct Service {
    /// Where tasks are kept.
    pub hooks: Arc<dyn HookStore>,
    /// Where their executions are.
    pub executions: Arc<dyn ExecutionStore>,
    /// Which repositories are polled for tasks.
    pub repositories: Arc<dyn RepositoryStore>,
    /// Who has which event of a task.
    pub claims: Arc<dyn FireStore>,
    /// Where firings go.
    pub queue: Arc<dyn FiringQueue>,
    /// What the service knows of itself at CDS.
    pub state: Arc<dyn ServiceStateStore>,
    /// Seals tasks' secrets.
    pub seal: Arc<dyn Seal>,
    /// What taskIds are derived from.
    pub master_key: MasterKey,
    /// The deployment's root URL, without a slash at the end.
    pub public_url: String,
    /// How many executions of a task are kept once they are over.
    pub history: usize,
    /// The release.
    pub version: &'static str,
    /// The clock.
    pub now: fn() -> Timestamp,
    /// What is remembered between requests; nothing at first.
    pub memory: Memory,
}

/// What a process remembers between requests.
#[derive(Default)]
pub struct Memory {
    pub(super) hash: HashMemory,
    pub(super) figures: FiguresMemory,
    last_moment: Mutex<Option<Timestamp>>,
}

impl Service {
    /// Answers a request for one of `routes`. Never fails: what goes wrong is a response too.
    pub async fn respond(&self, routes: &[&Route], request: &Request) -> Response {
        let id = Uuid::new_v4();
        let mut done = Done::by(RequestInfo::UNKNOWN);
        match self.answer(routes, request, &mut done).await {
            Ok(reply) => done.told_with(response::of_reply(reply, id)),
            Err(error) => {
                log(&error, done.route, id);
                Done { code: Some(error.code()), ..done }.told_with(response::of_error(&error, id))
            }
        }
    }

    async fn answer(&self, routes: &[&Route], request: &Request, done: &mut Done) -> Result<Reply, ApiError> {
        let (method, path) = (&request.parts.method, request.parts.uri.path());
        let (route, parameters) = match route::find(routes, method, path)? {
            Found::Route(route, parameters) => (route, parameters),
            Found::OtherMethods(allowed) => return Err(wrong_method(method, path, &allowed)),
            Found::Nothing => return Err(ApiError::not_found(format!("There is no {method} {path}"))),
        };
        done.route = route.name;
        let span = tracing::Span::current();
        span.record("route", route.name);
        let now = (self.now)();
        if route.authenticated {
            self.authenticate(request, now).await?;
        }
        let query = form_urlencoded::parse(request.parts.uri.query().unwrap_or_default().as_bytes());
        let call =
            Call { request, parameters, query: query.into_owned().collect(), now, trace: request.trace() };
        if let Some(trace) = call.trace {
            span.record("trace", tracing::field::display(trace));
        }
        done.hook = hook_name(call.parameter("uuid")).ok();
        if let Some(hook) = &done.hook {
            span.record("hook", tracing::field::display(hook));
        }
        (route.handler)(self, &call).await
    }

    /// What saves and removes tasks.
    pub fn tasks(&self) -> Tasks {
        Tasks {
            hooks: self.hooks.clone(),
            executions: self.executions.clone(),
            repositories: self.repositories.clone(),
            seal: self.seal.clone(),
            public_url: self.public_url.clone(),
            now: self.now,
        }
    }

    /// A moment for an execution, not before `earliest`: now, and to the nanosecond none that this process gave before.
    pub(super) fn moment(&self, earliest: Timestamp) -> Timestamp {
        let mut last = self.memory.last_moment.lock().unwrap_or_else(PoisonError::into_inner);
        let after = last.and_then(|last| last.checked_add(SignedDuration::from_nanos(1)).ok());
        let moment = (self.now)().max(earliest).max(after.unwrap_or(Timestamp::MIN));
        *last = Some(moment);
        moment
    }
}

/// A hook's part that makes it a task.
pub(super) fn task(hook: &StoredHook) -> Result<&Task, ApiError> {
    hook.definition.cds.as_deref().ok_or_else(|| no_task(hook.name.id()))
}

/// There is no such task.
pub(super) fn no_task(uuid: &str) -> ApiError {
    ApiError::not_found(format!("There is no task {uuid:?}"))
}

fn wrong_method(method: &Method, path: &str, allowed: &[&str]) -> ApiError {
    let allowed = allowed.join(", ");
    let message = format!("There is no {method} {path}: it takes {allowed}");
    ApiError { allow: Some(allowed), ..ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message) }
}

/// What was refused, by the uuid that the client knows; what went wrong inside with its chain of causes.
fn log(error: &ApiError, route: &str, uuid: Uuid) {
    let status = error.status.as_u16();
    match &error.cause {
        Some(cause) => {
            tracing::error!(method = route, status, %uuid, cause = chain(&**cause), "{}", error.message);
        }
        None => tracing::debug!(method = route, status, %uuid, "refused"),
    }
}
