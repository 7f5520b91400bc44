//! `treble up` in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::site::{Exit, Exported, PATIENCE, Site, finished};
use crate::{Aws, Request, Signer};

/// How often to look for the end of a process, which announces itself by no line of output.
const POLL: Duration = Duration::from_millis(5);

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    output: Arc<Output>,
    site: Arc<Site>,
}

/// A server that was stopped, with its data; [`Stopped::start`] starts it again.
pub struct Stopped {
    /// How it ended.
    pub exit: Exit,
    site: Arc<Site>,
}

/// What a process has printed so far.
#[derive(Default)]
struct Output {
    text: Mutex<String>,
    grown: Condvar,
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
        let mut server = Server::spawn(Arc::new(site));
        let text = server.wait_until_ready();
        server.site.exported.get_or_init(|| Exported::read(&text));
        // The sample that a new installation comes with would be in the way.
        Request::to("DELETE /hooks/examples/hello").send(&server).await;
        server
    }

    fn spawn(site: Arc<Site>) -> Server {
        let mut child = site.up().spawn().unwrap();
        let output = Arc::new(Output::default());
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let output = Arc::clone(&output);
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let mut text = output.text.lock().unwrap();
                    text.push_str(&line);
                    text.push('\n');
                    output.grown.notify_all();
                }
            });
        }
        Server { child, output, site }
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
        self.signal("INT")
    }

    /// Ends it without a word.
    pub fn kill(self) -> Stopped {
        self.signal("KILL")
    }

    fn signal(mut self, name: &str) -> Stopped {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
        let status = self.await_exit();
        let exit = Exit { status, printed: self.output.text.lock().unwrap().clone() };
        Stopped { exit, site: Arc::clone(&self.site) }
    }

    /// Waits for the last line that it prints when it starts; it listens by then. Gives all it printed.
    fn wait_until_ready(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.output.text.lock().unwrap();
        while !text.contains("Stop: Ctrl-C") {
            let exited = self.child.try_wait().unwrap();
            assert!(exited.is_none(), "the server ended ({exited:?}) and said: {text}");
            assert!(Instant::now() < deadline, "the server isn't ready; it said: {text}");
            text = self.output.grown.wait_timeout(text, POLL).unwrap().0;
        }
        text.clone()
    }

    fn await_exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server doesn't stop");
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone when it was stopped by the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stopped {
    /// The same server again, with the same data and on the same port.
    pub fn start(self) -> Server {
        let mut server = Server::spawn(self.site);
        server.wait_until_ready();
        server
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
        finished(self.site.up().spawn().unwrap())
    }
}
