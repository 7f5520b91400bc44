//! Tells CDS that the service is there, as a function that an EventBridge rule wakes each minute: that beat sends a message to
//! the function's own queue, which wakes it half a minute later for the next one.

use std::process::ExitCode;

use aws_sdk_sqs::Client;
use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use serde::Deserialize;
use serde::de::IgnoredAny;
use treble_api::cds::routes::monitoring_status;
use treble_aws::settings::{CDS_BEATS_QUEUE_URL, CDS_TOKEN_ARN};
use treble_core::cds::{PERIOD, Registrar};

use super::parts;
use crate::logs::Invocations;
use crate::parts::{Aws, text_secret};
use crate::start::{Environment, StartError, start};

/// What wakes it: the rule, or messages.
#[derive(Debug, Deserialize)]
struct Woken {
    #[serde(rename = "Records")]
    messages: Option<IgnoredAny>,
}

/// Runs the function.
pub fn run() -> ExitCode {
    start(async |variables| {
        let aws = Aws::new(variables.aws()?);
        let registrar = registrar(variables, &aws).await?;
        let (sqs, queue) = (Client::new(aws.config()), variables.required(CDS_BEATS_QUEUE_URL)?);
        let handler = service_fn(|event: LambdaEvent<Woken>| {
            let (registrar, sqs, queue) = (&registrar, &sqs, &queue);
            async move {
                if event.payload.messages.is_none() {
                    send_next(sqs, queue).await?;
                }
                beat(registrar).await
            }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

async fn registrar(variables: &Environment, aws: &Aws) -> Result<Registrar, StartError> {
    let settings = parts::settings(variables)?;
    let secret = variables.required(CDS_TOKEN_ARN)?;
    let public_url = parts::root_url(variables)?;
    let master_key = parts::master_key(variables, aws).await?;
    let token = text_secret(aws, secret).await?;
    Ok(Registrar {
        api: parts::client(&settings, public_url, Some(token.trim().to_owned())),
        state: parts::state(variables, aws, &master_key)?,
        clock: Timestamp::now,
    })
}

async fn send_next(sqs: &Client, queue: &str) -> Result<(), StartError> {
    let delay = i32::try_from(PERIOD.as_secs()).unwrap_or_default();
    sqs.send_message().queue_url(queue).message_body("beat").delay_seconds(delay).send().await?;
    Ok(())
}

/// A beat that CDS does not answer is logged and kept, and is no failure of the function's: the next one is soon.
async fn beat(registrar: &Registrar) -> Result<(), StartError> {
    let (state, now): (_, Timestamp) = (registrar.state.read().await?, (registrar.clock)());
    let status = monitoring_status(env!("CARGO_PKG_VERSION"), &state, now);
    registrar.beat(&status).await?;
    Ok(())
}
