//! `treble mock-hooks`, and `treble local-server` with it.

use std::process::Command;

use crate::process::Process;
use crate::site::program;

/// A running `treble mock-hooks`.
pub struct MockHooks {
    process: Process,
    url: String,
}

impl MockHooks {
    /// One at a free port.
    pub fn start(arguments: &[&str]) -> MockHooks {
        let mut command = Command::new(program());
        command.args(["mock-hooks", "--host", "127.0.0.1", "--port", "0"]).args(arguments);
        let process = Process::spawn(&mut command);
        let printed = process.wait_for("Stop: Ctrl-C");
        let line = printed.lines().find_map(|line| line.strip_prefix("Mock hooks are at "));
        MockHooks { url: line.expect(&printed).to_owned(), process }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until it has printed this: all that it has printed by then, after how it began.
    pub fn wait_for(&self, sign: &str) -> String {
        let printed = self.process.wait_for(sign);
        printed.split_once("Stop: Ctrl-C\n\n").expect(&printed).1.to_owned()
    }
}
