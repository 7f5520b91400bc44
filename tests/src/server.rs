//! `treble up` in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::Aws;

/// How long a server may take to start or to stop, on a machine that is busy compiling.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often to look for what announces itself by no line of output.
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

/// What a process left behind.
#[derive(Debug)]
pub struct Exit {
    /// Its status.
    pub status: ExitStatus,
    /// All of its standard output and standard error.
    pub printed: String,
}

/// What outlives a process: where the data is, and who may use it.
struct Site {
    data: TempDir,
    port: u16,
    root_url: String,
    credentials: OnceLock<taskcluster::Credentials>,
    aws: Option<Aws>,
    arguments: Vec<String>,
}

/// What a process has printed so far.
#[derive(Default)]
struct Output {
    text: Mutex<String>,
    grown: Condvar,
}

/// The program under test.
fn binary() -> PathBuf {
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

/// A port that nothing listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    /// A new server on a free port, with an empty data directory (or empty tables).
    pub async fn start() -> Server {
        Server::with(&[]).await
    }

    /// A new server with further arguments.
    pub async fn with(arguments: &[&str]) -> Server {
        let port = free_port();
        let site = Site {
            data: TempDir::new().unwrap(),
            port,
            root_url: format!("http://127.0.0.1:{port}"),
            credentials: OnceLock::new(),
            aws: Aws::from_env(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        };
        if let Some(aws) = &site.aws {
            aws.create_queue().await;
        }
        let mut server = Server::spawn(Arc::new(site));
        let text = server.wait_for(|printed| printed.contains("TASKCLUSTER_ACCESS_TOKEN="));
        let exported = |name: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(&format!("export {name}=")));
            line.unwrap_or_else(|| panic!("no {name} in {text}")).trim_matches(['\'', '"']).to_owned()
        };
        assert_eq!(exported("TASKCLUSTER_ROOT_URL"), server.site.root_url);
        let (id, token) = (exported("TASKCLUSTER_CLIENT_ID"), exported("TASKCLUSTER_ACCESS_TOKEN"));
        server.site.credentials.get_or_init(|| taskcluster::Credentials::new(id, token));
        server.await_connection();
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
        &self.site.root_url
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.site.port
    }

    /// The root client's, as printed at the first start.
    pub fn credentials(&self) -> &taskcluster::Credentials {
        self.site.credentials.get().unwrap()
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        self.site.data.path()
    }

    /// The environment in which Taskcluster's clients find it.
    pub fn environment(&self) -> [(&'static str, &str); 3] {
        let credentials = self.credentials();
        [
            ("TASKCLUSTER_ROOT_URL", &self.site.root_url),
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

    /// Runs `treble ARGUMENTS` on the same data.
    pub fn cli(&self, arguments: &[&str]) -> Exit {
        let mut command = self.site.command();
        command.args(arguments).arg("--data").arg(self.data());
        finished(command.spawn().unwrap())
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

    /// Waits until what it printed is enough.
    fn wait_for(&mut self, enough: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.output.text.lock().unwrap();
        while !enough(&text) {
            let exited = self.child.try_wait().unwrap();
            assert!(exited.is_none(), "the server ended ({exited:?}) and said: {text}");
            assert!(Instant::now() < deadline, "the server isn't ready; it said: {text}");
            text = self.output.grown.wait_timeout(text, POLL).unwrap().0;
        }
        text.clone()
    }

    fn await_connection(&mut self) {
        let port = self.site.port;
        self.wait_for(|_| TcpStream::connect(("127.0.0.1", port)).is_ok());
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
        server.await_connection();
        server
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        self.site.data.path()
    }

    /// Starts it where it can't, and waits for it to give up.
    pub fn start_in_vain(&self) -> Exit {
        finished(self.site.up().spawn().unwrap())
    }
}

impl Site {
    /// `treble`, with its output kept.
    fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(aws) = &self.aws {
            command.envs(aws.environment());
        }
        command
    }

    fn up(&self) -> Command {
        let mut command = self.command();
        command.args(["up", "--port", &self.port.to_string(), "--data"]).arg(self.data.path());
        if let Some(aws) = &self.aws {
            command.args(["--store", "aws", "--sink", &format!("sqs:{}", aws.queue_url())]);
        }
        command.args(&self.arguments);
        command
    }
}

/// Waits for a process and takes all it printed.
fn finished(child: Child) -> Exit {
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Exit { status: output.status, printed }
}
