//! The parts of the service that the command line chooses.

use std::sync::Arc;

use treble_api::auth::{Authenticator, CachedCredentials, TableAuth, TaskclusterAuth};
use treble_aws::client::configure;
use treble_aws::http::HttpClient;
use treble_aws::settings::{AuthChoice, SinkChoice};
use treble_aws::sink::{QueueSink, SqsSink};
use treble_core::ports::{HookStore as _, Sink, StoreError};
use treble_embedded::Durability;

use crate::cli::{StoreChoice, Up};
use crate::data_dir::DataDir;
use crate::environment;
use crate::journal::Journal;
use crate::output::Failure;
use crate::store::Store;

/// Tables are only made where they are nobody else's concern.
#[derive(Debug, thiserror::Error)]
#[error(
    "--create-tables is for emulators: with --store aws, and AWS_ENDPOINT_URL set to the emulator's address"
)]
struct NoEmulator;

/// The tables on AWS are not there, or not ours.
#[derive(Debug, thiserror::Error)]
#[error(
    "the tables can't be used: deploy template.yaml to make them, or, on an emulator, add --create-tables"
)]
struct NoTables(#[source] StoreError);

/// Where everything is kept, its tables made where they are ours to make.
pub(super) async fn store(arguments: &Up, dir: &DataDir) -> Result<Store, Failure> {
    let on_aws = arguments.place.store == StoreChoice::Aws;
    if arguments.create_tables && !(on_aws && environment::has_emulator()) {
        return Err(NoEmulator.into());
    }
    let store = if on_aws { Store::aws()? } else { Store::embedded(dir, durability(arguments))? };
    if arguments.create_tables || !on_aws {
        store.create_tables().await?;
    } else {
        store.hooks().check().await.map_err(NoTables)?;
    }
    Ok(store)
}

/// Where tasks are created.
pub(super) fn sink(choice: &SinkChoice, arguments: &Up, dir: &DataDir) -> Result<Arc<dyn Sink>, Failure> {
    Ok(match choice {
        SinkChoice::Journal(path) => {
            dir.touch(path)?;
            Arc::new(Journal::open(path, durability(arguments))?)
        }
        SinkChoice::Sqs(url) => {
            let client = aws_sdk_sqs::Client::new(&configure(&environment::variables().aws()?));
            Arc::new(SqsSink::new(client, url))
        }
        SinkChoice::Taskcluster(root_url) => {
            let credentials = environment::variables().taskcluster()?;
            Arc::new(QueueSink::new(HttpClient::new(), root_url.clone(), credentials))
        }
    })
}

/// Who tells who calls.
pub(super) fn authenticator(
    choice: &AuthChoice,
    credentials: &Arc<CachedCredentials>,
) -> Arc<dyn Authenticator> {
    match choice {
        AuthChoice::Table => Arc::new(TableAuth::new(Arc::clone(credentials))),
        AuthChoice::Taskcluster(root_url) => {
            Arc::new(TaskclusterAuth::new(&root_url.to_string(), Arc::new(HttpClient::new())))
        }
    }
}

/// What is promised of what was accepted.
pub(super) fn durability(arguments: &Up) -> Durability {
    if arguments.fsync { Durability::Fsync } else { Durability::Relaxed }
}
