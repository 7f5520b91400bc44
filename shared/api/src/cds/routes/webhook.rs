//! What anybody may call who knows a task's URL.

use http::Method;
use treble_core::cds::{Cause, Execution, Task, WebhookRequest};
use treble_core::firing::FiredBy;

use super::super::accept::Event;
use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::headers;
use super::super::route::{Handling, Route};
use super::super::service::{Service, no_task, task};
use super::super::wire::ExecutionView;

/// The largest body that is answered with its execution, in bytes: a caller gets no answer much larger than its request, which may
/// have been compressed.
const MAX_ECHO_BYTES: usize = 64 * 1024;

/// `webhook`: a request to a task's own URL. Its body may have 4 MiB, as it was sent and again as it was decoded.
pub static WEBHOOK: Route = Route {
    name: "webhook",
    methods: &[Method::GET, Method::POST, Method::PUT, Method::DELETE],
    path: "/webhook/{uuid}",
    authenticated: false,
    handler: webhook,
};

fn webhook<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let (tasks, uuid) = (service.tasks(), call.parameter("uuid"));
        let hook = tasks.find(uuid).await?.ok_or_else(|| no_task(uuid))?;
        let task = task(&hook)?;
        let kind = task.kind.of();
        if !kind.has_url {
            return Err(no_task(uuid));
        }
        let mut request = request(call)?;
        (kind.admit)(&task.config, &request, tasks.secret(uuid, task)?.as_deref())?;
        let id = (kind.event_id)(&request);
        headers::drop_secrets(&mut request.headers);
        let is_large = request.body.len() > MAX_ECHO_BYTES;
        let cause = Cause::Webhook(request);
        let event = Event { fired_by: FiredBy::Webhook, cause, id, trace: call.trace };
        let execution = service.accept(&hook, task, event).await?;
        answer(task, &execution, is_large)
    })
}

fn answer(task: &Task, execution: &Execution, is_large: bool) -> Result<Reply, ApiError> {
    let view = ExecutionView::new(task, execution);
    Reply::json(&if is_large { view.without_cause() } else { view })
}

/// The request as a task gets it, with all of its headers. A HEAD stays one, which no task is for: who only looks makes nothing run.
fn request(call: &Call<'_>) -> Result<WebhookRequest, ApiError> {
    let parts = &call.request.parts;
    Ok(WebhookRequest {
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: call.content()?.to_vec(),
        headers: headers::all(&parts.headers),
        method: parts.method.to_string(),
    })
}
