//! What does executions, within the function that fires hooks.

use std::sync::Arc;

use jiff::Timestamp;
use treble_aws::dynamodb::{DynamoExecutions, DynamoFires};
use treble_aws::queue::SqsQueue;
use treble_aws::settings::{CDS_API_URL, FIRES_TABLE, FIRINGS_QUEUE_URL};
use treble_core::cds::{Processor, Rules};

use super::parts;
use crate::parts::Aws;
use crate::start::{Environment, StartError};

/// What does them; None where the function is told of no CDS.
pub(crate) async fn processor(variables: &Environment, aws: &Aws) -> Result<Option<Processor>, StartError> {
    if variables.optional(CDS_API_URL.name).is_none() {
        return Ok(None);
    }
    let settings = parts::settings(variables)?;
    let master_key = parts::master_key(variables, aws).await?;
    let table = variables.required(FIRES_TABLE)?;
    let queue_url = variables.required(FIRINGS_QUEUE_URL)?;
    Ok(Some(Processor {
        executions: Arc::new(DynamoExecutions::new(aws.dynamodb(), table.clone())),
        claims: Arc::new(DynamoFires::new(aws.dynamodb(), table)),
        state: parts::state(variables, aws, &master_key)?,
        queue: Arc::new(SqsQueue::new(aws_sdk_sqs::Client::new(aws.config()), queue_url)),
        rules: Rules {
            retry_delay: settings.retry_delay,
            most_errors: settings.retry_error,
            history: settings.execution_history,
        },
        api: parts::client(&settings, parts::root_url(variables)?, None),
        clock: Timestamp::now,
    }))
}
