//! From settings to a service that has what the function uses.

use std::sync::Arc;
use std::time::Duration;

use aws_types::SdkConfig;
use jiff::Timestamp;
use tokio::time::timeout;
use treble_api::auth::{Authenticator, CacheLimits, CachedCredentials, TableAuth, TaskclusterAuth};
use treble_api::taskcluster::service::{About, Service};
use treble_aws::client::configure;
use treble_aws::dynamodb::{DynamoAuth, DynamoFires, DynamoHooks};
use treble_aws::http::HttpClient;
use treble_aws::master_key::{self, MasterKeyError};
use treble_aws::settings::AuthChoice;
use treble_aws::sink::{QueueSink, SqsSink};
use treble_core::fire::Engine;
use treble_core::ports::{BindingLedger, Credentials, FireStore, HealthStore, HookStore, Sink, chain};
use treble_core::secret::MasterKey;

use crate::absent::Absent;
use crate::settings::{LambdaSink, Settings};

/// How long connecting may take of the 10 s that Lambda gives a function to initialize.
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);

/// Puts the service together, and connects to all that it uses while that costs no caller's time: connections are
/// kept for the requests to come.
///
/// What doesn't answer now may answer then; without its master key alone there is no use in going on.
pub(crate) async fn service(settings: Settings) -> Result<Service, MasterKeyError> {
    let aws = settings.aws.as_ref().map(configure);
    let dynamodb = aws.as_ref().map(aws_sdk_dynamodb::Client::new);
    let table = |name: &Option<String>| Some((dynamodb.clone()?, name.clone()?));

    type Hooks = (Arc<dyn HookStore>, Arc<dyn HealthStore>, Arc<dyn BindingLedger>);
    let (hooks, health, bindings): Hooks = match table(&settings.hooks_table) {
        Some((client, name)) => {
            let hooks = Arc::new(DynamoHooks::new(client, name));
            (hooks.clone(), hooks.clone(), hooks)
        }
        None => {
            let absent = Arc::new(Absent("hooks table"));
            (absent.clone(), absent.clone(), absent)
        }
    };
    let fires: Arc<dyn FireStore> = match table(&settings.fires_table) {
        Some((client, name)) => Arc::new(DynamoFires::new(client, name)),
        None => Arc::new(Absent("fires table")),
    };
    let sink = settings.sink.map(|choice| sink(choice, aws.as_ref()));
    let (master_key, ()) = tokio::join!(
        master_key(aws.as_ref(), settings.master_key.as_deref()),
        connect(settings.hooks_table.is_some().then_some(&*hooks), sink.as_deref()),
    );
    let master_key = master_key?;
    let credentials: Arc<dyn Credentials> = match (table(&settings.auth_table), &master_key) {
        (Some((client, name)), Some(key)) => Arc::new(DynamoAuth::new(client, name, key)),
        _ => Arc::new(Absent("auth table")),
    };
    Ok(Service {
        about: About {
            root_url: settings.root_url,
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("TREBLE_COMMIT"),
            started: Timestamp::now(),
        },
        hooks,
        bindings,
        authenticator: authenticator(settings.auth.as_ref(), &credentials),
        engine: Engine { sink: sink.unwrap_or_else(|| Arc::new(Absent("sink"))), fires, credentials, health },
        master_key,
        denied_exchanges: settings.denied_exchanges,
        now: Timestamp::now,
    })
}

fn sink(choice: LambdaSink, aws: Option<&SdkConfig>) -> Arc<dyn Sink> {
    match (choice, aws) {
        (LambdaSink::Sqs(url), Some(aws)) => Arc::new(SqsSink::new(aws_sdk_sqs::Client::new(aws), url)),
        (LambdaSink::Sqs(_), None) => Arc::new(Absent("queue")),
        (LambdaSink::Taskcluster(root_url, credentials), _) => {
            Arc::new(QueueSink::new(HttpClient::new(), root_url, credentials))
        }
    }
}

fn authenticator(choice: Option<&AuthChoice>, credentials: &Arc<dyn Credentials>) -> Arc<dyn Authenticator> {
    match choice {
        None => Arc::new(Absent("authenticator")),
        Some(AuthChoice::Table) => {
            let cached = CachedCredentials::new(Arc::clone(credentials), CacheLimits::default());
            Arc::new(TableAuth::new(Arc::new(cached)))
        }
        Some(AuthChoice::Taskcluster(root_url)) => {
            Arc::new(TaskclusterAuth::new(&root_url.to_string(), Arc::new(HttpClient::new())))
        }
    }
}

async fn master_key(
    aws: Option<&SdkConfig>,
    secret: Option<&str>,
) -> Result<Option<MasterKey>, MasterKeyError> {
    let (Some(aws), Some(secret)) = (aws, secret) else { return Ok(None) };
    let client = aws_sdk_secretsmanager::Client::new(aws);
    master_key::read(&client, secret).await.map(Some)
}

/// Opens the connections that requests will need. What takes longer than [`CONNECT_PATIENCE`] is left to them.
async fn connect(hooks: Option<&dyn HookStore>, sink: Option<&dyn Sink>) {
    let database = async {
        if let Some(hooks) = hooks
            && let Err(error) = hooks.check().await
        {
            tracing::warn!(error = chain(&error), "the database doesn't answer yet");
        }
    };
    let queue = async {
        if let Some(sink) = sink
            && let Err(error) = sink.check().await
        {
            tracing::warn!(error = chain(&error), "the sink doesn't answer yet");
        }
    };
    let both = async { tokio::join!(database, queue) };
    if timeout(CONNECT_PATIENCE, both).await.is_err() {
        tracing::warn!("what the function uses was not reached within {CONNECT_PATIENCE:?}");
    }
}
