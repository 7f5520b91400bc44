//! `treble up` in a process of its own.

use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Exit, Process};
use crate::site::{Exported, Site};
use crate::{Aws, Request, Signer};

/// The end of what a server prints when it starts; it listens by then.
const READY: &str = "Stop: Ctrl-C";

/// A running server; killed when dropped.
pub struct Server {
    process: Process,
    site: Site,
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
        let site = Site {
            data: TempDir::new().unwrap(),
            exported: OnceLock::new(),
            aws: Aws::from_env(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        };
        if let Some(aws) = &site.aws {
            aws.create_queue().await;
        }
        let process = Process::spawn(&mut site.up());
        site.exported.get_or_init(|| Exported::read(&process.wait_for(READY)));
        let server = Server { process, site };
        // The sample that a new installation comes with would be in the way.
        Request::to("DELETE /hooks/examples/hello").send(&server).await;
        server
    }

    /// Where it is.
    pub fn root_url(&self) -> &str {
        &self.site.exported().root_url
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.site.exported().port
    }

    /// The root client's, as printed at the first start.
    pub fn credentials(&self) -> &taskcluster::Credentials {
        &self.site.exported().credentials
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
        self.site.aws.is_some()
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

    /// Runs `treble ARGUMENTS` on the same data, beside this one.
    pub fn cli(&self, arguments: &[&str]) -> Exit {
        self.site.cli(arguments, self.data())
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

impl Stopped {
    /// The same server again, with the same data and on the same port.
    pub fn start(self) -> Server {
        let process = Process::spawn(&mut self.site.up());
        process.wait_for(READY);
        Server { process, site: self.site }
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
