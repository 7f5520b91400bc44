//! The loop of a function: an event, its reply.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::{LambdaEvent, service_fn};
use tracing::Instrument as _;
use treble_api::request::Request;
use treble_api::taskcluster::done::Done;
use treble_api::taskcluster::response::{self, Response};
use treble_api::taskcluster::route::Route;
use treble_api::taskcluster::service::Service;

use crate::event::Event;
use crate::logs::Invocations;
use crate::metrics::Metrics;
use crate::parts::Aws;
use crate::reply::reply;
use crate::settings::Settings;
use crate::start::start;
use crate::{Function, logs, parts};

/// Runs a function that answers requests: what its binary's `main` does.
pub fn run(function: Function) -> ExitCode {
    start(async move |variables| {
        let metrics = Metrics::of(variables);
        let mut settings = Settings::read(&function.uses, variables)?;
        let aws = settings.aws.take().map(Aws::new);
        let service = Arc::new(parts::service(function.uses, settings, aws.as_ref()).await?);
        let answering = Answering { metrics, now: service.now, too_large: response::too_large };
        let handler = service_fn(move |event: LambdaEvent<Event>| {
            let (service, answering) = (Arc::clone(&service), answering.clone());
            let respond = move |request| respond(function, service, request);
            async move { answering.answer(function.routes, event, respond).await }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

/// What all functions that answer requests have in common, whatever their dialect.
#[derive(Clone)]
pub(crate) struct Answering {
    pub(crate) metrics: Metrics,
    /// The clock.
    pub(crate) now: fn() -> Timestamp,
    /// The answer in the place of one that Lambda does not take.
    pub(crate) too_large: fn(&Request) -> Response,
}

impl Answering {
    /// From an event to its reply, logged and counted. `routes` are those whose paths may come decoded.
    pub(crate) async fn answer<R: Future<Output = Response>>(
        self,
        routes: &[&Route],
        event: LambdaEvent<Event>,
        respond: impl FnOnce(Arc<Request>) -> R,
    ) -> Result<ApiGatewayV2httpResponse, lambda_http::Error> {
        let started = Instant::now();
        let trace = logs::trace(&event.context);
        let request = Arc::new(Request { trace, ..event.payload.into_request(routes)? });
        let mut response = respond(Arc::clone(&request)).await;
        let done = response.extensions_mut().remove::<Done>();
        let reply = reply(&request, response, self.too_large);
        if let Some(done) = &done {
            let now = (self.now)();
            self.metrics.firings(now, done.firing.iter().map(|(_, report)| *report));
            if let Some(code) = done.code {
                self.metrics.rejected(now, code);
            }
        }
        log(done, reply.status_code, started);
        Ok(reply)
    }
}

/// What was done, in a line. The route, the hook and the taskId are in the span around it.
fn log(done: Option<Done>, status: i64, started: Instant) {
    let code = done.as_ref().and_then(|done| done.code).map(|code| code.as_str());
    let report = done.and_then(|done| done.firing).map(|(_, report)| report);
    let fired_by = report.map(|report| report.fired_by.as_str());
    let result = report.map(|report| report.result.as_str());
    tracing::info!(status, code, firedBy = fired_by, result, durationMs = milliseconds(started), "answered");
}

/// How long it has been since, in milliseconds.
pub(crate) fn milliseconds(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

async fn respond(function: Function, service: Arc<Service>, request: Arc<Request>) -> Response {
    let task_request = Arc::clone(&request);
    let respond = async move {
        match function.documents.and_then(|documents| documents(&service.about, &task_request)) {
            Some(response) => response,
            None => service.respond(function.routes, &task_request).await,
        }
    };
    apart(respond).await.unwrap_or_else(|| response::panicked(&request))
}

/// Does something in a task of its own, so that a panic is answered as any fault of ours is: None then.
pub(crate) async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    tokio::spawn(work.in_current_span()).await.ok()
}
