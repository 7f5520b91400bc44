//! A broker's messages, from the queue that the bridge puts them in: fires the hooks that are bound to them.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use treble_aws::client::configure;
use treble_aws::dynamodb::{DynamoFires, DynamoHooks};
use treble_aws::master_key;
use treble_aws::queue::SqsQueue;
use treble_aws::settings::{FIRES_TABLE, FIRINGS_QUEUE_URL, HOOKS_TABLE, MASTER_KEY_ARN};
use treble_core::ports::chain;
use treble_core::pulse::{Dispatcher, PulseMessage};

use crate::logs::Invocations;
use crate::messages::{Batch, BatchResponse};
use crate::serve::milliseconds;
use crate::start::{Environment, StartError, start};

/// Runs the function.
pub fn run() -> ExitCode {
    start(async |variables| {
        let dispatcher = dispatcher(variables).await?;
        let handler = service_fn(|event: LambdaEvent<Batch>| {
            let dispatcher = &dispatcher;
            async move { Ok::<_, StartError>(dispatch(dispatcher, event.payload, Timestamp::now()).await) }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

/// What fires hooks, of a function's settings.
pub(crate) async fn dispatcher(variables: &Environment) -> Result<Dispatcher, StartError> {
    let (hooks, fires) = (variables.required(HOOKS_TABLE)?, variables.required(FIRES_TABLE)?);
    let (queue_url, secret) = (variables.required(FIRINGS_QUEUE_URL)?, variables.required(MASTER_KEY_ARN)?);
    let aws = configure(&variables.aws()?);
    let master_key = master_key::read(&aws_sdk_secretsmanager::Client::new(&aws), &secret).await?;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
    let hooks = Arc::new(DynamoHooks::new(dynamodb.clone(), hooks));
    let fires = Arc::new(DynamoFires::new(dynamodb, fires));
    let firings = Arc::new(SqsQueue::new(aws_sdk_sqs::Client::new(&aws), queue_url));
    Ok(Dispatcher::new(hooks.clone(), hooks, fires, firings, master_key))
}

/// Fires the hooks of a batch. What is no message of the bridge's comes again too, until it is a dead letter, where
/// somebody sees it.
async fn dispatch(dispatcher: &Dispatcher, batch: Batch, now: Timestamp) -> BatchResponse {
    let (mut readable, mut messages, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    let (started, received) = (Instant::now(), batch.messages.len());
    for message in batch.messages {
        match serde_json::from_str::<PulseMessage>(&message.body) {
            Ok(parsed) => {
                readable.push(message);
                messages.push(parsed);
            }
            Err(error) => {
                // The rest of the error quotes the message.
                let what = format!("{:?}", error.classify());
                tracing::warn!(messageId = message.message_id, error = what, "this is no broker's message");
                failed.push(message);
            }
        }
    }
    let results = dispatcher.dispatch(&messages, now).await;
    let mut sent = 0;
    for (message, result) in readable.into_iter().zip(results) {
        match result {
            Ok(fired) => sent += fired,
            Err(error) => {
                let (id, receives) = (&*message.message_id, message.receives());
                tracing::warn!(messageId = id, receives, error = chain(&error), "hooks are fired later");
                failed.push(message);
            }
        }
    }
    let (again, ms) = (failed.len(), milliseconds(started));
    tracing::info!(messages = received, sent, again, durationMs = ms, "a batch of messages");
    BatchResponse::failed(failed.iter())
}

#[cfg(test)]
mod tests;
