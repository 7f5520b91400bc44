//! The bridge as a program: between a broker and SQS.

use std::env;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use treble_aws::dynamodb::DynamoHooks;
use treble_aws::pulse::SqsChanges;
use treble_aws::queue::SqsQueue;
use treble_aws::settings::{SettingError, Variables};

use crate::bridge::{Bridge, QueueNameTooLong};
use crate::health;
use crate::settings::{HEALTH_ADDRESS, Settings};

/// Why the bridge can't run at all. A broker that isn't there is none: it is waited for.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// A setting is missing or malformed.
    #[error("the bridge can't run")]
    Setting(#[from] SettingError),
    /// The broker's queue can't be called so.
    #[error(transparent)]
    QueueName(#[from] QueueNameTooLong),
    /// Nobody could ask how it does.
    #[error("can't listen at {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The operating system refuses what any process needs.
    #[error("the bridge can't start")]
    System(#[from] io::Error),
}

/// Bridges as the environment says, until SIGINT or SIGTERM.
///
/// # Errors
/// When it can't begin to.
pub fn run_from_environment() -> Result<(), ProgramError> {
    let settings = Settings::read(&Variables::new(|name| env::var(name).ok()))?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(run(settings));
    // A thread that waits for a broker that is gone must not hold up the end.
    runtime.shutdown_background();
    result
}

/// Whether the bridge that runs in this container is well, by its health report: what a container's health check is.
///
/// # Errors
/// When it can't be asked.
pub fn check_from_environment() -> Result<bool, ProgramError> {
    let variables = Variables::new(|name: &str| env::var(name).ok());
    let mut address: SocketAddr = variables.parsed(HEALTH_ADDRESS)?;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let asking = health::ask(address);
    Ok(Builder::new_current_thread().enable_all().build()?.block_on(asking)?)
}

async fn run(settings: Settings) -> Result<(), ProgramError> {
    let aws = settings.aws.configure();
    let sqs = aws_sdk_sqs::Client::new(&aws);
    let store = DynamoHooks::new(aws_sdk_dynamodb::Client::new(&aws), settings.hooks_table);
    let messages = SqsQueue::new(sqs.clone(), settings.pulse_queue_url);
    let mut bridge = Bridge::new(settings.options, Arc::new(store), Arc::new(messages))?;
    if let Some(url) = settings.changes_queue_url {
        bridge = bridge.with_changes(Arc::new(SqsChanges::new(sqs, url)));
    }
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    if let Some(address) = settings.health {
        let listener =
            TcpListener::bind(address).await.map_err(|source| ProgramError::Listen { address, source })?;
        tokio::spawn(health::serve(listener, bridge.health()));
    }
    bridge
        .run(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
        .await;
    tracing::info!("stopped");
    Ok(())
}
