//! The executions of a task.

use http::Method;
use treble_core::cds::{Execution, Status};
use treble_core::hook::StoredHook;
use treble_core::ports::PageRequest;

use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::pending::pending;
use super::super::route::{Handling, Route};
use super::super::service::{Service, no_task, task};
use super::super::wire::{ExecutionView, TaskView, moment};

/// How often a write is tried that others come before.
const ATTEMPTS: usize = 5;

/// How many executions are read to tell which moments of a schedule were taken from the queue.
const NEWEST: usize = 10;

/// `executions`: a task with its executions, newest first: all, or so many as `limit` says.
pub static EXECUTIONS: Route = Route {
    name: "executions",
    methods: &[Method::GET],
    path: "/task/{uuid}/execution",
    authenticated: true,
    handler: with_executions,
};

/// A task with its executions, those that are yet to come first.
pub(super) fn with_executions<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let limit = call.number("limit")?;
        let hook = existing(service, call).await?;
        let page = PageRequest { limit, continuation: None };
        let (stored, mut counts) = tokio::try_join!(
            service.executions.list(&hook.name, &page),
            service.executions.counts(&hook.name)
        )?;
        let mut executions = pending(&hook, task(&hook)?, &service.master_key, call.now, &stored.items);
        let unstored = executions.len() as u64;
        (counts.total, counts.todo) = (counts.total + unstored, counts.todo + unstored);
        executions.extend(stored.items);
        executions.sort_by_key(|execution| std::cmp::Reverse(execution.created));
        executions.truncate(limit.unwrap_or(usize::MAX));
        Reply::json(&TaskView::new(&hook, &executions, counts)?)
    })
}

/// `delete-executions`: removes all executions of a task. What its schedule has yet to come stays.
pub static DELETE_EXECUTIONS: Route = Route {
    name: "delete-executions",
    methods: &[Method::DELETE],
    path: "/task/{uuid}/execution",
    authenticated: true,
    handler: delete_executions,
};

fn delete_executions<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let hook = existing(service, call).await?;
        service.executions.remove_all(&hook.name).await?;
        with_executions(service, call).await
    })
}

/// `execution`: one execution.
pub static EXECUTION: Route = Route {
    name: "execution",
    methods: &[Method::GET],
    path: "/task/{uuid}/execution/{timestamp}",
    authenticated: true,
    handler: execution,
};

fn execution<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let hook = existing(service, call).await?;
        let found = find(service, call, &hook).await?;
        reply(&hook, found.execution())
    })
}

/// `stop-execution`: gives up on an execution that is not over.
pub static STOP_EXECUTION: Route = Route {
    name: "stop-execution",
    methods: &[Method::POST],
    path: "/task/{uuid}/execution/{timestamp}/stop",
    authenticated: true,
    handler: stop_execution,
};

fn stop_execution<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let hook = existing(service, call).await?;
        for _ in 0..ATTEMPTS {
            let found = find(service, call, &hook).await?;
            let old = found.execution();
            if old.status == Status::Done {
                return reply(&hook, old);
            }
            let mut new = Execution {
                status: Status::Done,
                last_error: Some("stopped: somebody gave up on it before it was over".into()),
                processed: Some(call.now),
                not_before: None,
                ..old.clone()
            };
            let written = match &found {
                Found::Stored(old) => {
                    new.revision += 1;
                    service.executions.update(old, &new).await?
                }
                // Its firing, when it comes, finds that it is over.
                Found::Pending(_) => service.executions.create(&new).await?,
            };
            if written {
                return reply(&hook, &new);
            }
        }
        Err(ApiError::contended("the execution"))
    })
}

/// `run-execution`: does an execution again that is over. The firing of one that isn't is sent once more, as it may have been lost.
pub static RUN_EXECUTION: Route = Route {
    name: "run-execution",
    methods: &[Method::POST],
    path: "/task/{uuid}/execution/{timestamp}/run",
    authenticated: true,
    handler: run_execution,
};

fn run_execution<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let hook = existing(service, call).await?;
        for _ in 0..ATTEMPTS {
            let old = match find(service, call, &hook).await? {
                Found::Stored(old) => old,
                Found::Pending(_) => {
                    return Err(ApiError::input(
                        "The execution's moment is yet to come: it will be done then",
                    ));
                }
            };
            let new = if old.status == Status::Done { anew(&old) } else { old.clone() };
            if new.revision == old.revision || service.executions.update(&old, &new).await? {
                service.send(&new, call.trace).await?;
                return reply(&hook, &new);
            }
        }
        Err(ApiError::contended("the execution"))
    })
}

/// An execution as if nothing had come of it.
fn anew(old: &Execution) -> Execution {
    Execution {
        status: Status::Enqueued,
        errors: 0,
        last_error: None,
        processed: None,
        run: None,
        not_before: None,
        revision: old.revision + 1,
        ..old.clone()
    }
}

/// An execution, as far as it is stored.
enum Found {
    Stored(Execution),
    Pending(Execution),
}

impl Found {
    fn execution(&self) -> &Execution {
        match self {
            Self::Stored(execution) | Self::Pending(execution) => execution,
        }
    }
}

/// The execution that the path names.
async fn find(service: &Service, call: &Call<'_>, hook: &StoredHook) -> Result<Found, ApiError> {
    let timestamp = call.parameter("timestamp");
    let created = moment(timestamp)?;
    let none = || ApiError::not_found(format!("Task {:?} has no execution of {timestamp}", hook.name.id()));
    if let Some(stored) = service.executions.get(&hook.name, created).await? {
        return Ok(Found::Stored(stored));
    }
    let newest = PageRequest { limit: Some(NEWEST), continuation: None };
    let stored = service.executions.list(&hook.name, &newest).await?.items;
    if stored.iter().any(|execution| execution.created == created) {
        // Its moment has come since. In a list, large causes are left out.
        return service.executions.get(&hook.name, created).await?.map(Found::Stored).ok_or_else(none);
    }
    let pending = pending(hook, task(hook)?, &service.master_key, call.now, &stored);
    let found = pending.into_iter().find(|execution| execution.created == created);
    found.map(Found::Pending).ok_or_else(none)
}

/// The task that the path names.
async fn existing(service: &Service, call: &Call<'_>) -> Result<StoredHook, ApiError> {
    let uuid = call.parameter("uuid");
    service.tasks().find(uuid).await?.ok_or_else(|| no_task(uuid))
}

fn reply(hook: &StoredHook, execution: &Execution) -> Result<Reply, ApiError> {
    Reply::json(&ExecutionView::new(task(hook)?, execution))
}
