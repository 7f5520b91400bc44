//! From settings to a service that has what the function uses.

use std::cell::OnceCell;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_types::SdkConfig;
use jiff::Timestamp;
use tokio::time::timeout;
use treble_api::auth::{Authenticator, CacheLimits, CachedCredentials, TableAuth, TaskclusterAuth};
use treble_api::taskcluster::service::{About, Service};
use treble_aws::client::{AwsSettings, configure};
use treble_aws::dynamodb::{DynamoAuth, DynamoFires, DynamoHooks};
use treble_aws::http::HttpClient;
use treble_aws::master_key;
use treble_aws::settings::AuthChoice;
use treble_aws::sink::{QueueSink, SqsSink};
use treble_core::fire::Engine;
use treble_core::ports::{
    BindingLedger, BoxError, Credentials, FireStore, HealthStore, HookStore, Sink, chain,
};
use treble_core::secret::MasterKey;

use crate::absent::Absent;
use crate::function::Uses;
use crate::settings::{LambdaSink, Settings};
use crate::start::StartError;

/// How long connecting may take of the 10 s that Lambda gives a function to initialize.
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);

/// AWS, as parts are made of it: configured when the first is.
pub(crate) struct Aws {
    settings: AwsSettings,
    config: OnceCell<SdkConfig>,
    dynamodb: OnceCell<aws_sdk_dynamodb::Client>,
}

impl Aws {
    pub(crate) fn new(settings: AwsSettings) -> Self {
        Self { settings, config: OnceCell::new(), dynamodb: OnceCell::new() }
    }

    pub(crate) fn config(&self) -> &SdkConfig {
        self.config.get_or_init(|| configure(&self.settings))
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| aws_sdk_dynamodb::Client::new(self.config())).clone()
    }
}

/// A secret that is to be a text is none.
#[derive(Debug, thiserror::Error)]
#[error("the secret {0} is no text: it must be a token")]
struct NoText(String);

/// Reads a token, by its secret's name or ARN.
pub(crate) async fn text_secret(aws: &Aws, secret: String) -> Result<String, StartError> {
    let secrets = aws_sdk_secretsmanager::Client::new(aws.config());
    let text = secrets.get_secret_value().secret_id(&secret).send().await?.secret_string;
    Ok(text.ok_or(NoText(secret))?)
}

/// The master key, once it is read.
pub(crate) type Reading = Pin<Box<dyn Future<Output = Result<MasterKey, BoxError>>>>;

/// Puts the service together, and connects to all that it uses while that costs no caller's time: connections are
/// kept for the requests to come.
///
/// What doesn't answer now may answer then; without its master key alone there is no use in going on.
pub(crate) async fn service(uses: Uses, settings: Settings, aws: Option<&Aws>) -> Result<Service, BoxError> {
    let health = made(uses.health, aws, settings.hooks_table.clone());
    let bindings = made(uses.bindings, aws, settings.hooks_table.clone());
    let hooks = made(uses.hooks, aws, settings.hooks_table);
    let fires = made(uses.fires, aws, settings.fires_table);
    let sink = uses.sink.zip(settings.sink).map(|(make, choice)| make(aws, choice));
    let reading = async {
        match made(uses.master_key, aws, settings.master_key) {
            Some(reading) => reading.await.map(Some),
            None => Ok(None),
        }
    };
    let (master_key, ()) = tokio::join!(reading, connect(hooks.as_deref(), sink.as_deref()));
    let master_key = master_key?;
    let aws_and_key = aws.zip(master_key.as_ref());
    let gates = uses.gates.zip(settings.gates).zip(aws_and_key);
    let gates = gates.map(|((gates, settings), (aws, key))| gates.administration(aws, settings, key));
    let hook_gates = uses.hook_gates.zip(settings.hook_gates).zip(aws_and_key);
    let hook_gates = hook_gates.map(|((make, settings), (aws, key))| make(aws, settings, key));
    let credentials = made(uses.credentials, aws, settings.auth_table.zip(master_key.as_ref()))
        .unwrap_or_else(|| Arc::new(Absent("auth table")));
    let authenticator = uses.callers.zip(settings.auth).map(|(make, choice)| make(&choice, &credentials));
    Ok(Service {
        about: About {
            root_url: settings.root_url,
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("TREBLE_COMMIT"),
            started: Timestamp::now(),
        },
        hooks: hooks.unwrap_or_else(|| Arc::new(Absent("hooks table"))),
        bindings: bindings.unwrap_or_else(|| Arc::new(Absent("table of bindings"))),
        authenticator: authenticator.unwrap_or_else(|| Arc::new(Absent("authenticator"))),
        engine: Engine {
            sink: sink.unwrap_or_else(|| Arc::new(Absent("sink"))),
            fires: fires.unwrap_or_else(|| Arc::new(Absent("fires table"))),
            credentials,
            health: health.unwrap_or_else(|| Arc::new(Absent("health of hooks"))),
            trace_in_tasks: settings.trace_in_tasks,
            gates: hook_gates,
        },
        master_key,
        denied_exchanges: settings.denied_exchanges,
        gates,
        now: Timestamp::now,
    })
}

/// A part, where the function uses it and the settings say which it is.
fn made<P, S>(make: Option<fn(&Aws, S) -> P>, aws: Option<&Aws>, setting: Option<S>) -> Option<P> {
    Some(make?(aws?, setting?))
}

pub(crate) fn hooks(aws: &Aws, table: String) -> Arc<dyn HookStore> {
    Arc::new(DynamoHooks::new(aws.dynamodb(), table))
}

pub(crate) fn health(aws: &Aws, table: String) -> Arc<dyn HealthStore> {
    Arc::new(DynamoHooks::new(aws.dynamodb(), table))
}

pub(crate) fn bindings(aws: &Aws, table: String) -> Arc<dyn BindingLedger> {
    Arc::new(DynamoHooks::new(aws.dynamodb(), table))
}

pub(crate) fn fires(aws: &Aws, table: String) -> Arc<dyn FireStore> {
    Arc::new(DynamoFires::new(aws.dynamodb(), table))
}

pub(crate) fn credentials(aws: &Aws, (table, key): (String, &MasterKey)) -> Arc<dyn Credentials> {
    Arc::new(DynamoAuth::new(aws.dynamodb(), table, key))
}

pub(crate) fn master_key(aws: &Aws, secret: String) -> Reading {
    let client = aws_sdk_secretsmanager::Client::new(aws.config());
    Box::pin(async move { Ok(master_key::read(&client, &secret).await?) })
}

pub(crate) fn sink(aws: Option<&Aws>, choice: LambdaSink) -> Arc<dyn Sink> {
    match (choice, aws) {
        (LambdaSink::Sqs(url), Some(aws)) => {
            Arc::new(SqsSink::new(aws_sdk_sqs::Client::new(aws.config()), url))
        }
        (LambdaSink::Sqs(_), None) => Arc::new(Absent("queue")),
        (LambdaSink::Taskcluster(root_url, credentials), _) => {
            Arc::new(QueueSink::new(HttpClient::new(), root_url, credentials))
        }
    }
}

pub(crate) fn authenticator(
    choice: &AuthChoice,
    credentials: &Arc<dyn Credentials>,
) -> Arc<dyn Authenticator> {
    match choice {
        AuthChoice::Table => {
            let cached = CachedCredentials::new(Arc::clone(credentials), CacheLimits::default());
            Arc::new(TableAuth::new(Arc::new(cached)))
        }
        AuthChoice::Taskcluster(root_url) => {
            Arc::new(TaskclusterAuth::new(&root_url.to_string(), Arc::new(HttpClient::new())))
        }
    }
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
