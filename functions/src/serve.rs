//! The loop of a function: an event, its reply.

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::{LambdaEvent, service_fn};
use tokio::runtime::Builder;
use tracing::Instrument as _;
use treble_api::request::Request;
use treble_api::taskcluster::response::{self, Response};
use treble_api::taskcluster::service::Service;
use treble_aws::settings::Variables;
use treble_core::ports::chain;

use crate::event::Event;
use crate::reply::reply;
use crate::settings::Settings;
use crate::{Function, logs, parts};

/// What Lambda sets for a function, and its runtime insists on.
const LAMBDA: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// A function that was started by hand.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not set: this program is run by Lambda, or by `cargo lambda watch` for a try")]
struct NotInLambda(&'static str);

/// Runs a function: what each binary's `main` does.
///
/// Settings that are missing or malformed, and a master key that can't be read, end it with a line in the log that says what
/// would be right; Lambda starts it anew.
pub fn run(function: Function) -> ExitCode {
    let variables = Variables::new(|name: &str| env::var(name).ok());
    logs::start(variables.optional("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let runtime = Builder::new_current_thread().enable_all().build();
    let served =
        runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(serve(function, &variables)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = chain(&*error), "the function can't run");
            ExitCode::FAILURE
        }
    }
}

async fn serve<F>(function: Function, variables: &Variables<F>) -> Result<(), Box<dyn Error + Send + Sync>>
where
    F: Fn(&str) -> Option<String>,
{
    if let Some(missing) = LAMBDA.into_iter().find(|name| variables.optional(name).is_none()) {
        return Err(NotInLambda(missing).into());
    }
    let settings = Settings::read(&function.uses, variables)?;
    let service = Arc::new(parts::service(function.uses, settings).await?);
    let handler = service_fn(move |event: LambdaEvent<Event>| {
        let span = tracing::error_span!("request", id = event.context.request_id);
        answer(function, Arc::clone(&service), event.payload).instrument(span)
    });
    Runtime::new(handler).run().await
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
