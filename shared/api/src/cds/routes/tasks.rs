//! One task.

use http::Method;
use treble_core::cds::{Cause, Counts, NodeHook, WebhookRequest};
use treble_core::firing::FiredBy;
use treble_core::hook::StoredHook;

use super::super::accept::Event;
use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::route::{Handling, Route};
use super::super::service::{Service, no_task, task};
use super::super::wire::TaskView;
use super::executions::with_executions;

/// `create-task`: saves the task of a node hook, which then is started. One without uuid gets one.
pub static CREATE_TASK: Route = Route {
    name: "create-task",
    methods: &[Method::POST],
    path: "/task",
    authenticated: true,
    handler: create_task,
};

fn create_task<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let hook = service.tasks().save(&named(call.json()?)).await?;
        reply(service, &hook).await
    })
}

/// The counts with the moment that a task is due next, which is stored nowhere else.
pub(super) fn with_due(hook: &StoredHook, counts: Counts) -> Counts {
    let due = u64::from(hook.due_at.is_some());
    Counts { total: counts.total + due, todo: counts.todo + due }
}

/// `task`: a task with its executions, newest first: all, or so many as `limit` says.
pub static TASK: Route = Route {
    name: "task",
    methods: &[Method::GET],
    path: "/task/{uuid}",
    authenticated: true,
    handler: with_executions,
};

/// `update-task`: makes a task what a node hook says.
pub static UPDATE_TASK: Route = Route {
    name: "update-task",
    methods: &[Method::PUT],
    path: "/task/{uuid}",
    authenticated: true,
    handler: update_task,
};

fn update_task<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let (node, uuid): (NodeHook, _) = (call.json()?, call.parameter("uuid"));
        if !node.uuid.is_empty() && node.uuid != uuid {
            let message =
                format!("uuid {:?} in the body must be that of the path, or be left out", node.uuid);
            return Err(ApiError::input(message));
        }
        let hook = service.tasks().save(&NodeHook { uuid: uuid.into(), ..node }).await?;
        reply(service, &hook).await
    })
}

/// `delete-task`: removes a task with its executions.
pub static DELETE_TASK: Route = Route {
    name: "delete-task",
    methods: &[Method::DELETE],
    path: "/task/{uuid}",
    authenticated: true,
    handler: delete_task,
};

fn delete_task<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let uuid = call.parameter("uuid");
        if service.tasks().remove(uuid).await? {
            return Reply::json(&serde_json::json!({"uuid": uuid}));
        }
        Err(no_task(uuid))
    })
}

/// `start-task`: lets a stopped task go on.
pub static START_TASK: Route = Route {
    name: "start-task",
    methods: &[Method::POST, Method::GET],
    path: "/task/{uuid}/start",
    authenticated: true,
    handler: |service, call| set_stopped(service, call, false),
};

/// `stop-task`: stops a task: what happens then is recorded, and skipped.
pub static STOP_TASK: Route = Route {
    name: "stop-task",
    methods: &[Method::POST, Method::GET],
    path: "/task/{uuid}/stop",
    authenticated: true,
    handler: |service, call| set_stopped(service, call, true),
};

fn set_stopped<'a>(service: &'a Service, call: &'a Call<'a>, stopped: bool) -> Handling<'a> {
    Box::pin(async move {
        let uuid = call.parameter("uuid");
        let hook = service.tasks().set_stopped(uuid, stopped).await?.ok_or_else(|| no_task(uuid))?;
        reply(service, &hook).await
    })
}

/// `execute-task`: saves the task of a node hook, and has it executed now.
pub static EXECUTE_TASK: Route = Route {
    name: "execute-task",
    methods: &[Method::POST],
    path: "/task/execute",
    authenticated: true,
    handler: execute_task,
};

fn execute_task<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let hook = service.tasks().save(&named(call.json()?)).await?;
        let task = task(&hook)?;
        let cause = if task.kind.of().has_url {
            let method = task.config.get("method").unwrap_or("POST").to_owned();
            Cause::Webhook(WebhookRequest { method, ..WebhookRequest::default() })
        } else {
            Cause::ScheduledTask { date_scheduled_execution: call.now }
        };
        // Not by its schedule, which may have no such moment.
        let event = Event { fired_by: FiredBy::TriggerHook, cause, id: None, trace: call.trace };
        let execution = service.accept(&hook, task, event).await?;
        let counts = with_due(&hook, service.executions.counts(&hook.name).await?);
        Reply::json(&TaskView::new(&hook, std::slice::from_ref(&execution), counts)?)
    })
}

/// A node hook with a uuid: its own, or a new one.
fn named(node: NodeHook) -> NodeHook {
    if node.uuid.is_empty() { NodeHook { uuid: uuid::Uuid::new_v4().to_string(), ..node } } else { node }
}

/// A task as it is now, without its executions.
async fn reply(service: &Service, hook: &StoredHook) -> Result<Reply, ApiError> {
    let counts = with_due(hook, service.executions.counts(&hook.name).await?);
    Reply::json(&TaskView::new(hook, &[], counts)?)
}
