//! `treble up` in a process of its own.

mod commands;

use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Exit, Process};
use crate::site::{Exported, Site};
use crate::{ACCESS_TOKEN, Aws, CLIENT_ID, Gateway, Recorder, Request, Signer, stub};

/// The end of what a server prints when it starts; it listens by then.
const READY: &str = "Stop: Ctrl-C";

/// A running server; killed when dropped.
pub struct Server {
    process: Process,
    site: Site,
    gateway: Option<Gateway>,
    client: reqwest::Client,
}

/// A server that was stopped, with its data; [`Stopped::start`] starts it again.
pub struct Stopped {
    /// How it ended.
    pub exit: Exit,
    site: Site,
}

impl Server {
    /// A new server on a free port, with an empty data directory (or empty tables).
    pub async fn start() -> Server {
        Server::with(&[]).await
    }

    /// A new server with further arguments.
    pub async fn with(arguments: &[&str]) -> Server {
        Server::on(Aws::from_env(), arguments).await
    }

    /// A new server with further arguments, on this AWS or, without one, with a database of its own.
    pub async fn on(aws: Option<Aws>, arguments: &[&str]) -> Server {
        Server::at(0, arguments, &[], aws).await
    }

    /// A new server with further arguments and variables.
    pub async fn with_variables(variables: &[(&str, &str)], arguments: &[&str]) -> Server {
        Server::at(0, arguments, variables, Aws::from_env()).await
    }

    /// A new server that clients reach through API Gateway and functions, which share its tables. `None` where the tests
    /// run without AWS.
    pub async fn on_functions() -> Option<Server> {
        Server::on_functions_with(&[]).await
    }

    /// The same with these options, which may be `--auth` and `--sink`, for the server and the functions alike.
    pub async fn on_functions_with(options: &[&str]) -> Option<Server> {
        Some(Server::behind_gateway(Aws::from_env()?, options, &[], None).await)
    }

    /// As [`on_functions`](Self::on_functions), with more in their environment; what the functions call of AWS is recorded.
    pub async fn on_recorded_functions(
        aws: Aws,
        recorder: &Recorder,
        environment: &[(String, String)],
    ) -> Server {
        Server::behind_gateway(aws, &[], environment, Some(recorder.clone())).await
    }

    async fn behind_gateway(
        aws: Aws,
        options: &[&str],
        more: &[(String, String)],
        recorder: Option<Recorder>,
    ) -> Server {
        let (listener, port) = stub::listen();
        let root_url = format!("http://127.0.0.1:{port}");
        let mut environment = aws.environment();
        for (name, value) in [
            ("AWS_ENDPOINT_URL", aws.endpoint().to_owned()),
            ("TREBLE_SINK", format!("sqs:{}", aws.queue_url())),
            ("TREBLE_ROOT_URL", root_url.clone()),
        ] {
            environment.push((name.to_owned(), value));
        }
        environment.extend_from_slice(more);
        for option in options.chunks(2) {
            let name = option[0].trim_start_matches("--").to_uppercase();
            environment.retain(|(known, _)| *known != format!("TREBLE_{name}"));
            environment.push((format!("TREBLE_{name}"), option[1].to_owned()));
        }
        if !options.is_empty() {
            environment.push(("TASKCLUSTER_CLIENT_ID".to_owned(), CLIENT_ID.to_owned()));
            environment.push(("TASKCLUSTER_ACCESS_TOKEN".to_owned(), ACCESS_TOKEN.to_owned()));
        }
        // The server itself is at another port, which is not told by the root URL.
        let own_port = stub::listen().1;
        let arguments = [&["--root-url", &root_url], options].concat();
        let mut server = Server::at(own_port, &arguments, &[], Some(aws)).await;
        server.gateway = Some(Gateway::start(listener, environment, recorder));
        server
    }

    /// A new `treble local-server` whose integrator is at this URL, with further variables and arguments.
    pub async fn local(url: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Server {
        Server::of(&["local-server", url], 0, arguments, variables, Aws::from_env()).await
    }

    async fn at(port: u16, arguments: &[&str], variables: &[(&str, &str)], aws: Option<Aws>) -> Server {
        Server::of(&["up"], port, arguments, variables, aws).await
    }

    async fn of(
        words: &[&str],
        port: u16,
        arguments: &[&str],
        variables: &[(&str, &str)],
        aws: Option<Aws>,
    ) -> Server {
        let site = Site {
            data: TempDir::new().unwrap(),
            exported: OnceLock::new(),
            aws,
            words: words.iter().map(|&word| word.to_owned()).collect(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            environment: variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            port,
        };
        if let Some(aws) = &site.aws {
            aws.create().await;
        }
        let process = Process::spawn(&mut site.up());
        site.exported.get_or_init(|| Exported::read(&process.wait_for(READY)));
        let server = Server { process, site, gateway: None, client: client() };
        // The sample that a new installation comes with would be in the way.
        Request::to("DELETE /hooks/examples/hello").send_to(&server.own_url(), &server).await;
        server
    }

    /// Where it is itself, whatever its root URL.
    pub fn own_url(&self) -> String {
        match self.site.port {
            0 => self.root_url().to_owned(),
            port => format!("http://127.0.0.1:{port}"),
        }
    }

    /// The gateway in front of it, where there is one.
    pub fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().expect("a server on functions")
    }

    /// Where it is.
    pub fn root_url(&self) -> &str {
        &self.site.exported().root_url
    }

    /// The host and the port it listens on, as `host:port`.
    pub fn address(&self) -> &str {
        self.root_url().trim_start_matches("http://")
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.site.exported().port
    }

    /// The root client's, as printed at the first start.
    pub fn credentials(&self) -> &taskcluster::Credentials {
        &self.site.exported().credentials
    }

    /// What requests are sent with; each on a connection of its own.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Signs as the root client does.
    pub fn signer(&self) -> Signer {
        self.signer_of(self.credentials())
    }

    /// Signs with these credentials.
    pub fn signer_of(&self, credentials: &taskcluster::Credentials) -> Signer {
        Signer::new(credentials, &self.site.exported().host, self.port())
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        self.site.data.path()
    }

    /// Whether it keeps everything on AWS.
    pub fn is_on_aws(&self) -> bool {
        self.aws().is_some()
    }

    /// Its resources there.
    pub fn aws(&self) -> Option<&Aws> {
        self.site.aws.as_ref()
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The environment in which Taskcluster's clients find it.
    pub fn environment(&self) -> [(&'static str, &str); 3] {
        let credentials = self.credentials();
        [
            ("TASKCLUSTER_ROOT_URL", self.root_url()),
            ("TASKCLUSTER_CLIENT_ID", &credentials.client_id),
            ("TASKCLUSTER_ACCESS_TOKEN", &credentials.access_token),
        ]
    }

    /// The messages of all tasks created so far, in order.
    pub async fn tasks(&self) -> Vec<Value> {
        if let Some(aws) = &self.site.aws {
            return aws.receive_tasks().await;
        }
        let journal = std::fs::read_to_string(self.data().join("tasks.jsonl")).unwrap_or_default();
        journal.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// What it printed when it was ready, and since.
    pub fn printed(&self) -> String {
        self.process.printed()
    }

    /// Asks it to stop, as Ctrl-C does, and waits until it has.
    pub fn interrupt(self) -> Stopped {
        self.process.signal("INT");
        self.finish()
    }

    /// Ends it without a word.
    pub fn kill(mut self) -> Stopped {
        self.process.kill();
        self.finish()
    }

    fn finish(self) -> Stopped {
        Stopped { exit: self.process.finish(), site: self.site }
    }
}

/// Making one takes longer than a request, so there is one a server.
fn client() -> reqwest::Client {
    reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap()
}

impl Stopped {
    /// The same server again, with the same data and on the same port.
    pub fn start(self) -> Server {
        let process = Process::spawn(&mut self.site.up());
        process.wait_for(READY);
        Server { process, site: self.site, gateway: None, client: client() }
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        self.site.data.path()
    }

    /// Runs `treble ARGUMENTS --data DATA`.
    pub fn cli(&self, arguments: &[&str], data: &Path) -> Exit {
        self.site.cli(arguments, data)
    }

    /// Starts it where it can't, and waits for it to give up.
    pub fn start_in_vain(&self) -> Exit {
        Process::spawn(&mut self.site.up()).finish()
    }
}
