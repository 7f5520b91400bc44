//! A child process, its output, and its end: waited for as they come, not looked for.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How long a process may take to start or to stop, on a machine that is busy compiling.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a process left behind.
#[derive(Debug)]
pub struct Exit {
    /// Its status.
    pub status: ExitStatus,
    /// All of its standard output and standard error.
    pub printed: String,
}

/// A process; killed when dropped.
pub(crate) struct Process {
    child: Child,
    output: Arc<Output>,
}

#[derive(Default)]
struct Output {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// What it has printed so far.
    text: String,
    /// How many of its two streams are closed; both are when it has ended.
    closed: usize,
}

impl State {
    fn ended(&self) -> bool {
        self.closed == 2
    }
}

impl Process {
    /// Starts it, without input.
    pub(crate) fn spawn(command: &mut Command) -> Process {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = Arc::new(Output::default());
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let output = Arc::clone(&output);
            std::thread::spawn(move || output.keep(stream));
        }
        Process { child, output }
    }

    /// Waits until it has printed this, and gives all it has printed. Fails if it ends before.
    pub(crate) fn wait_for(&self, sign: &str) -> String {
        self.wait_until(|text| text.contains(sign))
    }

    /// Waits until this holds of all it has printed, and gives that. Fails if it ends before.
    pub(crate) fn wait_until(&self, holds: impl Fn(&str) -> bool) -> String {
        let state = self.output.state.lock().unwrap();
        let waiting = |state: &mut State| !holds(&state.text) && !state.ended();
        let (state, _) = self.output.changed.wait_timeout_while(state, PATIENCE, waiting).unwrap();
        assert!(holds(&state.text), "it ended or hangs, and said: {}", state.text);
        state.text.clone()
    }

    /// All it has printed so far.
    pub(crate) fn printed(&self) -> String {
        self.output.state.lock().unwrap().text.clone()
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Ends it at once: sooner than another process could tell it to.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Waits for its end; kills it if that doesn't come.
    pub(crate) fn finish(mut self) -> Exit {
        let state = self.output.state.lock().unwrap();
        let waiting = |state: &mut State| !state.ended();
        let (state, timeout) = self.output.changed.wait_timeout_while(state, PATIENCE, waiting).unwrap();
        if timeout.timed_out() {
            self.child.kill().unwrap();
        }
        let status = self.child.wait().unwrap();
        Exit { status, printed: state.text.clone() }
    }
}

impl Output {
    /// Keeps the lines of a stream until it closes.
    fn keep(&self, stream: impl Read) {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut state = self.state.lock().unwrap();
            state.text.push_str(&line);
            state.text.push('\n');
            self.changed.notify_all();
        }
        self.state.lock().unwrap().closed += 1;
        self.changed.notify_all();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails where it has ended, which is just as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
