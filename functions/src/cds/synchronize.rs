//! Compares tasks with what CDS knows, as a function that an EventBridge rule wakes.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use serde::de::IgnoredAny;
use treble_aws::dynamodb::{DynamoExecutions, DynamoHooks, DynamoRepositories};
use treble_aws::seal::TextSeal;
use treble_aws::settings::{FIRES_TABLE, HOOKS_TABLE};
use treble_core::cds::{SyncError, SyncReport, Synchronizer, Tasks};

use super::parts;
use crate::logs::Invocations;
use crate::parts::Aws;
use crate::serve::milliseconds;
use crate::start::{Environment, StartError, start};

/// Runs the function.
pub fn run() -> ExitCode {
    start(async |variables| {
        let synchronizer = synchronizer(variables).await?;
        let handler = service_fn(|_: LambdaEvent<IgnoredAny>| {
            let synchronizer = &synchronizer;
            async move { one(synchronizer).await.map_err(StartError::from) }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

async fn synchronizer(variables: &Environment) -> Result<Synchronizer, StartError> {
    let aws = Aws::new(variables.aws()?);
    let settings = parts::settings(variables)?;
    let (hooks, fires) = (variables.required(HOOKS_TABLE)?, variables.required(FIRES_TABLE)?);
    let public_url = parts::root_url(variables)?;
    let master_key = parts::master_key(variables, &aws).await?;
    Ok(Synchronizer {
        tasks: Tasks {
            repositories: Arc::new(DynamoRepositories::new(aws.dynamodb(), &hooks)),
            hooks: Arc::new(DynamoHooks::new(aws.dynamodb(), hooks)),
            executions: Arc::new(DynamoExecutions::new(aws.dynamodb(), fires)),
            seal: Arc::new(TextSeal::new(&master_key)),
            public_url: public_url.clone(),
            now: Timestamp::now,
        },
        state: parts::state(variables, &aws, &master_key)?,
        api: parts::client(&settings, public_url, None),
    })
}

async fn one(synchronizer: &Synchronizer) -> Result<(), SyncError> {
    let started = Instant::now();
    let SyncReport { known, failed, removed } = synchronizer.run().await?;
    tracing::info!(
        known,
        failed,
        removed,
        durationMs = milliseconds(started),
        "tasks are those that CDS knows"
    );
    Ok(())
}
