//! The loop of a function: an event, its reply.

use std::process::ExitCode;
use std::sync::Arc;

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::{LambdaEvent, service_fn};
use tracing::Instrument as _;
use treble_api::request::Request;
use treble_api::taskcluster::response::{self, Response};
use treble_api::taskcluster::service::Service;

use crate::event::Event;
use crate::parts::Aws;
use crate::reply::reply;
use crate::settings::Settings;
use crate::start::start;
use crate::{Function, parts};

/// Runs a function that answers requests: what its binary's `main` does.
pub fn run(function: Function) -> ExitCode {
    start(async move |variables| {
        let mut settings = Settings::read(&function.uses, variables)?;
        let aws = settings.aws.take().map(Aws::new);
        let service = Arc::new(parts::service(function.uses, settings, aws.as_ref()).await?);
        let handler = service_fn(move |event: LambdaEvent<Event>| {
            let span = tracing::error_span!("request", id = event.context.request_id);
            answer(function, Arc::clone(&service), event.payload).instrument(span)
        });
        Runtime::new(handler).run().await
    })
}

async fn answer(
    function: Function,
    service: Arc<Service>,
    event: Event,
) -> Result<ApiGatewayV2httpResponse, lambda_http::Error> {
    let request = Arc::new(event.into_request(function.routes)?);
    let response = respond(function, service, Arc::clone(&request)).await;
    Ok(reply(&request, response))
}

/// Answers in a task of its own, so that a panic is answered as any fault of ours is.
async fn respond(function: Function, service: Arc<Service>, request: Arc<Request>) -> Response {
    let task_request = Arc::clone(&request);
    let respond = async move {
        match function.documents.and_then(|documents| documents(&service.about, &task_request)) {
            Some(response) => response,
            None => service.respond(function.routes, &task_request).await,
        }
    };
    tokio::spawn(respond.in_current_span()).await.unwrap_or_else(|_| response::panicked(&request))
}
