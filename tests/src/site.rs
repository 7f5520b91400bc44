//! What outlives a server's process, and how processes are started on it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::process::{Exit, Process};
use crate::{ACCESS_TOKEN, Aws, CLIENT_ID};

/// Where servers listen.
pub(crate) const HOST: &str = "127.0.0.1";

/// What outlives a process: where the data is, and who may use it.
pub(crate) struct Site {
    pub(crate) data: TempDir,
    pub(crate) exported: OnceLock<Exported>,
    pub(crate) aws: Option<Aws>,
    /// What of `treble` it is: `up`, or `local-server` and a URL.
    pub(crate) words: Vec<String>,
    pub(crate) arguments: Vec<String>,
    /// Further variables.
    pub(crate) environment: Vec<(String, String)>,
    /// The port to listen at; 0 for any that is free.
    pub(crate) port: u16,
}

/// What a server prints when it starts for the first time; a server that keeps no clients of its own prints no
/// credentials, and is called with those of [`Deployment`](crate::Deployment).
pub(crate) struct Exported {
    pub(crate) root_url: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) credentials: taskcluster::Credentials,
}

/// The program under test.
pub fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("TREBLE_BIN") {
        return path.into();
    }
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path.push("treble");
    assert!(path.exists(), "no {}: build it with `cargo build -p treble-local`", path.display());
    path
}

impl Exported {
    pub(crate) fn read(text: &str) -> Exported {
        let after =
            |start: &str| text.lines().find_map(|line| line.trim().strip_prefix(start)).map(str::to_owned);
        let exported = |name: &str| after(&format!("export {name}="));
        let root_url = after("Treble is at ").expect(text);
        assert!(exported("TASKCLUSTER_ROOT_URL").is_none_or(|exported| exported == root_url), "{text}");
        let (host, port) = root_url.strip_prefix("http://").unwrap().rsplit_once(':').expect(&root_url);
        let (host, port) = (host.to_owned(), port.parse().expect(&root_url));
        let id = exported("TASKCLUSTER_CLIENT_ID").unwrap_or(CLIENT_ID.to_owned());
        let token = exported("TASKCLUSTER_ACCESS_TOKEN").unwrap_or(ACCESS_TOKEN.to_owned());
        Exported { root_url, host, port, credentials: taskcluster::Credentials::new(id, token) }
    }
}

impl Site {
    pub(crate) fn exported(&self) -> &Exported {
        self.exported.get().expect("the server has started")
    }

    /// `treble`.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(program());
        // Who it is at a Taskcluster deployment, where it is told to create tasks there.
        command.env("TASKCLUSTER_CLIENT_ID", CLIENT_ID).env("TASKCLUSTER_ACCESS_TOKEN", ACCESS_TOKEN);
        if let Some(aws) = &self.aws {
            command.envs(aws.environment());
        }
        command.envs(self.environment.iter().cloned());
        command
    }

    pub(crate) fn cli(&self, arguments: &[&str], data: &Path) -> Exit {
        let mut command = self.command();
        command.args(arguments).arg("--data").arg(data);
        if self.aws.is_some() {
            command.args(["--store", "aws"]);
        }
        Process::spawn(&mut command).finish()
    }

    pub(crate) fn up(&self) -> Command {
        let mut command = self.command();
        // A free port at first, the same again later: it is part of the root URL.
        let port = self.exported.get().map_or(self.port, |exported| exported.port);
        command
            .args(&self.words)
            .args(["--host", HOST, "--port", &port.to_string(), "--data"])
            .arg(self.data.path());
        if let Some(aws) = &self.aws {
            command.args(["--store", "aws", "--create-tables"]);
            if !self.arguments.iter().any(|argument| argument == "--sink") {
                command.args(["--sink", &format!("sqs:{}", aws.queue_url())]);
            }
        }
        command.args(&self.arguments);
        command
    }
}
