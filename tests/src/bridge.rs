//! The bridge in a process of its own.

use std::process::Command;

use crate::process::{Exit, Process};
use crate::site::program;

/// A running bridge; killed when dropped.
pub struct BridgeProcess(Process);

impl BridgeProcess {
    /// Starts it.
    pub fn start(environment: &[(String, String)]) -> BridgeProcess {
        let mut command = Command::new(program().with_file_name("treble-pulse-bridge"));
        BridgeProcess::spawn(command.env_clear().envs(environment.iter().cloned()))
    }

    pub(crate) fn spawn(command: &mut Command) -> BridgeProcess {
        BridgeProcess(Process::spawn(command))
    }

    /// Waits until it passes messages on, of all that hooks are bound to.
    pub fn wait(&self) {
        self.0.wait_for("messages are passed on");
        self.0.wait_for("the queue is bound to what the hooks want");
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        self.0.kill();
    }

    /// Asks it to stop, and waits until it has.
    pub fn terminate(self) -> Exit {
        self.0.signal("TERM");
        self.0.finish()
    }
}
