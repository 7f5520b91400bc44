//! Treble in one process, and its command line.
//!
//! - `cli` is what can be asked for; `output` the one place that answers.
//! - `up` puts the server together: `data_dir`, `store` and [`journal`] below it, `server` above, and
//!   `first_start` in front; `queue` is where its firings wait.
//! - `changes` are announced once they are stored; hooks' owners find in `mailbox` what they are told of them.
//! - `socket` lets the other commands, in `admin`, work beside a running server.
//! - `hooks` calls the API, of the running server or of a deployment; `gates` does for integrators and what they are told.
//! - `ccx` is what one tries the gates of CCX with: an integrator's server, and a client.
//! - `doctor` tells whether all of it is well, here or in a deployment.
//! - `transfer` writes hooks, or everything, to a file, and takes them from one.
//! - `tasks` shows what was created, `routes` what can be called, and `watch_router` by which function; `completions`
//!   tells shells about all this.

mod admin;
mod ccx;
mod changes;
mod cli;
mod completions;
mod data_dir;
mod doctor;
mod environment;
mod first_start;
mod gates;
mod hooks;
pub mod journal;
mod logs;
mod mailbox;
mod master_key;
mod output;
mod queue;
mod routes;
mod server;
mod settings;
mod socket;
mod store;
mod tasks;
mod transfer;
mod up;
mod watch_router;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

/// The program: 0 when it did what was asked, 1 when it could not, 2 when the question was none; `treble hooks` has
/// more (`treble hooks --help` lists them).
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    logs::start(cli.verbose);
    match run(cli.command) {
        Ok(code) => code,
        Err(failure) => {
            output::failure(&*failure);
            hooks::exit::of(&*failure)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, output::Failure> {
    match command {
        Command::Up(arguments) => up::run(arguments)?,
        Command::LocalServer(arguments) => up::run_local(arguments)?,
        Command::MockHooks(arguments) => ccx::mock_hooks::run(arguments)?,
        Command::TestClient(arguments) => ccx::test_client::run(&arguments)?,
        Command::Bridge => treble_pulse_bridge::run_from_environment()?,
        Command::Hooks(arguments) => return hooks::run(arguments),
        Command::Integrator(arguments) => return gates::integrator::run(arguments),
        Command::Deliveries(arguments) => return gates::deliveries::run(arguments),
        Command::Tasks(arguments) => tasks::run(&arguments)?,
        Command::Routes { watch_router: true, .. } => output::line(&watch_router::toml()),
        Command::Routes { json, .. } => routes::run(json)?,
        Command::Client(arguments) => admin::client::run(arguments)?,
        Command::Role(arguments) => admin::role::run(arguments)?,
        Command::DeadLetters(arguments) => admin::dead_letters::run(arguments)?,
        Command::Cds(arguments) => admin::cds::run(arguments)?,
        Command::Doctor(arguments) => return doctor::run(arguments),
        Command::Export(arguments) => transfer::export(&arguments)?,
        Command::Import(arguments) => return transfer::import(&arguments),
        Command::Completions { shell } => completions::run(shell),
    }
    Ok(ExitCode::SUCCESS)
}
