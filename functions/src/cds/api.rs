//! Functions that answer requests.

use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use treble_api::cds::response;
use treble_api::cds::{Memory, Route, Service};
use treble_api::request::Request;
use treble_aws::dynamodb::{DynamoExecutions, DynamoFires, DynamoHooks, DynamoRepositories};
use treble_aws::queue::SqsQueue;
use treble_aws::seal::TextSeal;
use treble_aws::settings::{
    CDS_EXECUTION_HISTORY, FIRES_TABLE, FIRINGS_QUEUE_URL, HOOKS_TABLE, SettingError, Variable,
};
use treble_core::cds::poll::RepositoryStore;
use treble_core::cds::{ExecutionStore, Rules, ServiceStateStore};
use treble_core::ports::{FireStore, FiringQueue, HookStore};

use super::parts;
use crate::absent::Absent;
use crate::event::Event;
use crate::logs::Invocations;
use crate::metrics::Metrics;
use crate::parts::Aws;
use crate::serve::{Answering, apart};
use crate::start::{Environment, StartError, start};

type MakeHooks = fn(&Aws, String) -> (Arc<dyn HookStore>, Arc<dyn RepositoryStore>);
type MakeExecutions = fn(&Aws, String) -> (Arc<dyn ExecutionStore>, Arc<dyn FireStore>);
type MakeQueue = fn(&Aws, String) -> Arc<dyn FiringQueue>;

/// What a function uses of a deployment, beside its master key; each part is what makes it, so that the linker leaves out all
/// others.
#[derive(Clone, Copy)]
pub struct Uses {
    hooks: Option<MakeHooks>,
    executions: Option<MakeExecutions>,
    queue: Option<MakeQueue>,
    /// Whether callers show it the hash that CDS was given, or it says how the service is known there.
    state: bool,
    /// Whether it says which tasks keep more than they should.
    history: bool,
}

impl Uses {
    /// Nothing else.
    pub const NOTHING: Self =
        Self { hooks: None, executions: None, queue: None, state: false, history: false };
    /// What the service knows of itself at CDS, the hash among it.
    pub const STATE: Self = Self { state: true, ..Self::NOTHING };
    /// Tasks.
    pub const TASKS: Self = Self { hooks: Some(hooks), ..Self::STATE };
    /// Tasks and their executions.
    pub const EXECUTIONS: Self = Self { executions: Some(executions), ..Self::TASKS };
    /// The same, with figures of them.
    pub const STATUS: Self = Self { history: true, ..Self::EXECUTIONS };
    /// All that a new execution needs.
    pub const FIRING: Self = Self { queue: Some(queue), ..Self::EXECUTIONS };
    /// The same for callers who need no hash.
    pub const WEBHOOK: Self = Self { state: false, ..Self::FIRING };
}

/// Runs the function that answers a route: what its binary's `main` does.
pub fn answer(route: &'static Route, uses: Uses) -> ExitCode {
    start(async move |variables| {
        let metrics = Metrics::of(variables);
        let service = Arc::new(service(variables, uses).await?);
        let answering = Answering { metrics, now: Timestamp::now, too_large: |_| response::too_large() };
        let handler = service_fn(move |event: LambdaEvent<Event>| {
            let (service, answering) = (Arc::clone(&service), answering.clone());
            let respond = async move |request: Arc<Request>| {
                let responding = async move { service.respond(&[route], &request).await };
                apart(responding).await.unwrap_or_else(response::panicked)
            };
            async move { answering.answer(&[], event, respond).await }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

async fn service(variables: &Environment, uses: Uses) -> Result<Service, StartError> {
    let aws = Aws::new(variables.aws()?);
    let hooks = part(uses.hooks, &aws, variables, HOOKS_TABLE)?;
    let executions = part(uses.executions, &aws, variables, FIRES_TABLE)?;
    let queue = part(uses.queue, &aws, variables, FIRINGS_QUEUE_URL)?;
    let public_url = parts::root_url(variables)?;
    let history = match variables.optional(CDS_EXECUTION_HISTORY.name) {
        Some(_) if uses.history => variables.parsed(CDS_EXECUTION_HISTORY)?,
        _ => Rules::default().history,
    };
    let master_key = parts::master_key(variables, &aws).await?;
    let state: Arc<dyn ServiceStateStore> = match uses.state {
        true => parts::state(variables, &aws, &master_key)?,
        false => Arc::new(Absent("state at CDS")),
    };
    let (executions, claims) = executions.unwrap_or_else(|| {
        let absent = Arc::new(Absent("fires table"));
        (absent.clone(), absent)
    });
    let (hooks, repositories) = hooks.unwrap_or_else(|| {
        let absent = Arc::new(Absent("hooks table"));
        (absent.clone(), absent)
    });
    Ok(Service {
        hooks,
        executions,
        repositories,
        claims,
        queue: queue.unwrap_or_else(|| Arc::new(Absent("queue of firings"))),
        state,
        seal: Arc::new(TextSeal::new(&master_key)),
        master_key,
        public_url,
        history,
        version: env!("CARGO_PKG_VERSION"),
        now: Timestamp::now,
        memory: Memory::default(),
    })
}

/// A part, where the function uses it.
fn part<P>(
    make: Option<fn(&Aws, String) -> P>,
    aws: &Aws,
    variables: &Environment,
    variable: Variable,
) -> Result<Option<P>, SettingError> {
    make.map(|make| Ok(make(aws, variables.required(variable)?))).transpose()
}

fn hooks(aws: &Aws, table: String) -> (Arc<dyn HookStore>, Arc<dyn RepositoryStore>) {
    (
        Arc::new(DynamoHooks::new(aws.dynamodb(), table.clone())),
        Arc::new(DynamoRepositories::new(aws.dynamodb(), table)),
    )
}

fn executions(aws: &Aws, table: String) -> (Arc<dyn ExecutionStore>, Arc<dyn FireStore>) {
    (
        Arc::new(DynamoExecutions::new(aws.dynamodb(), table.clone())),
        Arc::new(DynamoFires::new(aws.dynamodb(), table)),
    )
}

fn queue(aws: &Aws, url: String) -> Arc<dyn FiringQueue> {
    Arc::new(SqsQueue::new(aws_sdk_sqs::Client::new(aws.config()), url))
}
