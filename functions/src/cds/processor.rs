//! What does executions, within the function that fires hooks.

use std::sync::Arc;

use jiff::Timestamp;
use treble_aws::dynamodb::DynamoExecutions;
use treble_aws::queue::SqsQueue;
use treble_aws::settings::{CDS_API_URL, FIRES_TABLE, FIRINGS_QUEUE_URL};
use treble_core::cds::Processor;
use treble_core::ports::FireStore;
use treble_core::secret::MasterKey;

use super::parts;
use crate::parts::Aws;
use crate::start::{Environment, StartError};

/// What does them, with the fires table and the master key that the function has anyway; None where it is told of no CDS.
pub(crate) async fn processor(
    variables: &Environment,
    aws: &Aws,
    fires: Arc<dyn FireStore>,
    master_key: Option<MasterKey>,
) -> Result<Option<Processor>, StartError> {
    if variables.optional(CDS_API_URL.name).is_none() {
        return Ok(None);
    }
    let settings = parts::settings(variables)?;
    // With a sink that checks roles itself, nothing else of the function needs the key.
    let master_key = match master_key {
        Some(master_key) => master_key,
        None => parts::master_key(variables, aws).await?,
    };
    let table = variables.required(FIRES_TABLE)?;
    let queue_url = variables.required(FIRINGS_QUEUE_URL)?;
    Ok(Some(Processor {
        executions: Arc::new(DynamoExecutions::new(aws.dynamodb(), table)),
        claims: fires,
        state: parts::state(variables, aws, &master_key)?,
        queue: Arc::new(SqsQueue::new(aws_sdk_sqs::Client::new(aws.config()), queue_url)),
        rules: settings.rules(),
        api: parts::client(&settings, parts::root_url(variables)?, None),
        clock: Timestamp::now,
    }))
}
