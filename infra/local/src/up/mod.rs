//! `treble up`: the whole service, put together in one process.
//!
//! - `assembly` is what the service is made of; `parts` those of its parts that the command line chooses.
//! - `background` is what goes on beside requests; `firing`, `poll`, `pulse` and `kafka` those parts of it which fire
//!   hooks.
//! - `gates` asks and tells integrators, and delivers to them.
//! - `banner` is what is said when it is ready.

mod address;
mod assembly;
mod background;
mod banner;
mod cds;
mod firing;
mod gates;
mod kafka;
mod parts;
mod poll;
mod pulse;

use std::fs;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use crate::cli;
use crate::data_dir::{DataDir, DataDirError};
use crate::output::{self, Failure};
use crate::server::{self, Server};
use assembly::Assembly;
use banner::Local;

/// Two requests at once: one whose template takes long doesn't hold up the others, and the database, which
/// takes one call at a time, would not keep more of them busy.
const WORKERS: usize = 2;

/// How long telling of the last changes may take when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Runs `treble local-server`: the same with an integrator.
pub(crate) fn run_local(arguments: cli::LocalServer) -> Result<(), Failure> {
    start(&arguments.up, Some(&arguments.url))
}

/// Runs the command, until it is asked to stop.
pub(crate) fn run(arguments: cli::Up) -> Result<(), Failure> {
    start(&arguments, None)
}

fn start(arguments: &cli::Up, integrator: Option<&str>) -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let result = runtime.block_on(up(arguments, integrator));
    runtime.shutdown_background();
    result
}

async fn up(arguments: &cli::Up, integrator: Option<&str>) -> Result<(), Failure> {
    let dir = DataDir::create(&arguments.place.data)?;
    let _lock = dir.lock()?;
    let (listeners, port) = server::listen(&arguments.host, arguments.port).await?;
    let mut assembly = Assembly::new(arguments, dir.clone(), port).await?;
    let cds = assembly.cds_service();
    let mut server = Server::new(assembly.service(), cds.clone());
    if let Some(ccx) = assembly.ccx() {
        server = server.with_ccx(ccx);
    }
    let first = assembly.first_start().await?;
    let integrator = match integrator {
        Some(url) => Some(Local { url, secret: assembly.set_integrator(url).await? }),
        None => None,
    };
    let stop = stop_signal()?;
    assembly.start_background(cds)?;
    let address = dir.address();
    for (path, url) in [(&address, assembly.address()), (&dir.root_url(), assembly.root_url())] {
        fs::write(path, url).map_err(DataDirError::io("write", path))?;
    }
    output::line(&assembly.banner(first, integrator).await?);

    let finished = server.run(listeners, stop).await;
    // What has changed is told before the end; it is quickly done, or it can't be.
    let _ = timeout(LAST_WORDS, assembly.changes().dealt_with()).await;
    // Left behind, they would only be replaced.
    let _ = fs::remove_file(dir.socket());
    let _ = fs::remove_file(address);
    output::line(if finished { "Stopped." } else { "Stopped, though requests were still under way." });
    Ok(())
}

/// Resolves at the first SIGINT or SIGTERM; the second ends the process at once.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut next = async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    Ok(async move {
        next().await;
        tokio::spawn(async move {
            next().await;
            std::process::exit(130);
        });
    })
}
