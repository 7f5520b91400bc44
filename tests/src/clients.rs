//! The suites in other languages, each run by its own test runner against a server.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Server;

/// Runs the Python suite; fails with its output if it does.
pub fn python(server: &Server) {
    let mut command = Command::new(tool("python"));
    run(command.args(["-m", "unittest", "discover", "-s", "python"]), server);
}

/// Runs the JavaScript suite; fails with its output if it does.
pub fn node(server: &Server) {
    run(Command::new(tool("node")).args(["--test", "node/hooks.test.mjs"]), server);
}

/// A program of the virtual environment that `make tools` makes.
pub(crate) fn tool(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin").join(name);
    assert!(path.exists(), "no {}: install the tests' tools with `make tools`", path.display());
    path
}

fn run(command: &mut Command, server: &Server) {
    command.current_dir(env!("CARGO_MANIFEST_DIR")).envs(server.environment());
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?} failed:\n{printed}");
}
