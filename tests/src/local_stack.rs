//! The template deployed into an emulated AWS, as `make local-stack` does it, with the real functions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use taskcluster::{ClientBuilder, Credentials, Hooks, Retry};
use tempfile::TempDir;

use crate::bridge::BridgeProcess;
use crate::clients::{check, tool};
use crate::lambda::functions;
use crate::process::{Exit, Process};
use crate::site::program;
use crate::{Aws, RabbitMq};

/// A stack of its own, at ports of its own; gone when dropped.
pub struct LocalStack {
    state: TempDir,
    /// What its script finds in its environment beside ours.
    told: Vec<(String, String)>,
    variables: BTreeMap<String, String>,
}

impl LocalStack {
    /// Starts it with the functions under test, and with further variables: of a CDS, of integrators.
    pub fn start(told: &[(&str, &str)]) -> LocalStack {
        let state = TempDir::new().unwrap();
        let told = told.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut stack = LocalStack { state, told, variables: BTreeMap::new() };
        stack.up();
        let written = std::fs::read_to_string(stack.directory().join("environment")).unwrap();
        let exported = |line: &str| {
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        };
        stack.variables = written.lines().map(exported).collect();
        stack
    }

    /// Starts it, or starts its functions anew where it is up; gives what that says.
    pub fn up(&self) -> String {
        let mut script = self.script("up");
        script.arg("--binaries").arg(functions()).arg("--treble").arg(program());
        check(script.args(["--port", "0"]))
    }

    /// All that it keeps while it is up.
    pub fn directory(&self) -> PathBuf {
        self.state.path().join("stack")
    }

    /// Ends it, as `make local-stack-down` does.
    pub fn down(&self) {
        check(&mut self.script("down"));
    }

    fn script(&self, what: &str) -> Command {
        let mut command = Command::new(tool("python"));
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/localstack/local_stack.py"));
        command.arg(what).arg("--state").arg(self.directory());
        command.envs(self.told.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A variable that it says to export.
    pub fn variable(&self, name: &str) -> &str {
        self.variables.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.variables.keys()))
    }

    /// All of them.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.variables.clone().into_iter().collect()
    }

    /// The API's URL.
    pub fn root_url(&self) -> &str {
        self.variable("TASKCLUSTER_ROOT_URL")
    }

    /// The API, as its root client.
    pub fn hooks(&self) -> Hooks {
        let variable = |name| self.variable(name);
        let credentials =
            Credentials::new(variable("TASKCLUSTER_CLIENT_ID"), variable("TASKCLUSTER_ACCESS_TOKEN"));
        // The first request of a function takes its start.
        let retry = Retry { retries: 0, ..Retry::default() };
        Hooks::new(ClientBuilder::new(self.root_url()).retry(retry).credentials(credentials)).unwrap()
    }

    /// Its AWS.
    pub fn aws(&self) -> Aws {
        Aws::at(self.variable("AWS_ENDPOINT_URL"))
    }

    /// Runs `treble ARGUMENTS`, as somebody who has exported all that it said.
    pub fn treble(&self, arguments: &[&str]) -> Exit {
        Process::spawn(self.command().args(arguments)).finish()
    }

    /// Starts `treble bridge` between it and a broker.
    pub fn bridge(&self, broker: &RabbitMq) -> BridgeProcess {
        BridgeProcess::spawn(self.command().arg("bridge").env("TREBLE_AMQP_URL", broker.url()))
    }

    /// Has the queue of firings give up what failed so often, instead of after some hours.
    pub async fn give_up_after(&self, receives: u32) {
        let (aws, queue) = (self.aws(), self.variable("TREBLE_FIRINGS_QUEUE_URL"));
        let asked = json!({"QueueUrl": queue, "AttributeNames": ["RedrivePolicy"]});
        let reply = aws.sqs("GetQueueAttributes", &asked).await;
        let policy = reply["Attributes"]["RedrivePolicy"].as_str().expect("the queue's dead letters");
        let mut policy: Value = serde_json::from_str(policy).unwrap();
        policy["maxReceiveCount"] = receives.into();
        let attributes = json!({"RedrivePolicy": policy.to_string()});
        aws.sqs("SetQueueAttributes", &json!({"QueueUrl": queue, "Attributes": attributes})).await;
    }

    /// Sends a text to the queue of firings.
    pub async fn send_firing(&self, body: &str) {
        let queue = self.variable("TREBLE_FIRINGS_QUEUE_URL");
        self.aws().sqs("SendMessage", &json!({"QueueUrl": queue, "MessageBody": body})).await;
    }

    fn command(&self) -> Command {
        let mut command = Command::new(program());
        command.env_clear().envs(&self.variables).current_dir(self.state.path());
        command
    }

    /// The hook's last firings, newest first; none where it has none.
    pub async fn last_fires(&self, group: &str, hook: &str) -> Vec<Value> {
        match self.hooks().listLastFires(group, hook, None, None).await {
            Ok(reply) => reply["lastFires"].as_array().unwrap().clone(),
            Err(error) if taskcluster::err_status_code(&error).is_some_and(|code| code == 404) => Vec::new(),
            Err(error) => panic!("{error:?}"),
        }
    }
}

impl Drop for LocalStack {
    fn drop(&mut self) {
        // Twice, after `down`, is no harm.
        let _ = self.script("down").status();
    }
}
