//! `treble export` and `treble import`: backups, and moves from one place to another.
//!
//! - `record` is what the lines of a file hold, `output` and `input` the file as it is written and read.
//! - `from_store` and `from_api` are where records come from, `store_target` and `api_target` where they go; `place` finds
//!   the store.
//! - `crew` does some of the work at once; `outcome` tells what came of it.

mod api_target;
mod crew;
mod from_api;
mod from_store;
mod input;
mod outcome;
mod output;
mod place;
mod record;
mod store_target;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use indicatif::{ProgressBar, ProgressStyle};
use treble_aws::dynamodb::{Restore, RoleEntry};

use crate::admin::block_on;
use crate::cli;
use crate::hooks::exit;
use crate::output::{Failure, Styled, style, styled_error};
use crew::Crew;
use input::Input;
use outcome::{Placed, Report};
use record::{Header, Record};

/// What stands for the standard input and output.
const STANDARD_STREAM: &str = "-";

#[derive(Debug, thiserror::Error)]
enum TransferError {
    #[error("can't {what} {}", path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is no export of Treble's: its first line must be the one that `treble export` begins a file with", .0.display())]
    Foreign(PathBuf),
    #[error(
        "{} is of version {version} of the format, and this program knows those up to {}: import it with the Treble that wrote it, \
         or a later one", path.display(), record::VERSION
    )]
    Newer { path: PathBuf, version: u64 },
    #[error(
        "{} ends after line {line} without the line that tells that it is whole: it was cut off, so export again", path.display()
    )]
    CutOff { path: PathBuf, line: usize },
    #[error("{}, line {line}", path.display())]
    Malformed {
        path: PathBuf,
        line: usize,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the import stopped at {}, line {line}: import the file again to go on", path.display())]
    Stopped {
        path: PathBuf,
        line: usize,
        #[source]
        source: Failure,
    },
}

impl TransferError {
    fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

/// Where records go.
#[async_trait]
trait Target: Send + Sync + 'static {
    /// Whether it takes a file with this header.
    fn check_header(&self, header: &Header) -> Result<(), Failure>;

    /// Whether a record can be right, as far as that can be told of it alone.
    fn check(&self, record: &Record) -> Result<(), Failure>;

    /// Whether there can be such roles beside those that there are.
    async fn check_roles(&self, roles: &[RoleEntry]) -> Result<(), Failure>;

    /// Puts the roles in their places, all at once, as they hang together.
    async fn place_roles(&self, roles: Vec<RoleEntry>) -> Result<Vec<Placed>, Failure>;

    /// Puts another record in its place.
    async fn place(&self, record: Record) -> Result<Placed, Failure>;

    /// All records are in their places.
    async fn finish(&self) -> Result<(), Failure>;
}

/// `treble export`.
pub(crate) fn export(arguments: &cli::Export) -> Result<(), Failure> {
    block_on(async {
        let records = if arguments.end.api {
            from_api::run(arguments).await?
        } else {
            from_store::run(arguments).await?
        };
        let plural = if records == 1 { "" } else { "s" };
        let to = arguments.file.display();
        styled_error(&format!("{} {records} record{plural} to {to}", Styled(style::GOOD, "Exported")));
        Ok(())
    })
}

/// `treble import`.
pub(crate) fn import(arguments: &cli::Import) -> Result<ExitCode, Failure> {
    let how = match (arguments.dry_run, arguments.replace) {
        (true, _) => Restore::DryRun,
        (false, true) => Restore::Replace,
        (false, false) => Restore::Keep,
    };
    block_on(async {
        let mut input = Input::open(&arguments.file)?;
        input.lines()?;
        let target: Arc<dyn Target> = if arguments.end.api {
            Arc::new(api_target::ApiTarget::new(arguments, how)?)
        } else {
            let store = place::Place::for_import(&arguments.end, arguments.other_key, how).await?;
            Arc::new(store_target::StoreTarget::new(store, how, arguments.other_key))
        };
        let roles = check(&mut input, &*target).await?;
        let mut report = Report::new(arguments.dry_run, arguments.tokens);
        place_all(&mut input, &arguments.file, &target, roles, &mut report).await?;
        report.print(arguments.json)?;
        Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) })
    })
}

/// Reads all of a file; the roles in it, of which a service knows all at any time anyway.
async fn check(input: &mut Input, target: &dyn Target) -> Result<Vec<RoleEntry>, Failure> {
    let (header, mut lines) = input.lines()?;
    target.check_header(&header)?;
    let mut roles = Vec::new();
    while let Some(record) = lines.next()? {
        match record {
            Record::Role(role) => roles.push(role.into()),
            record => target.check(&record).map_err(|error| lines.wrong(error))?,
        }
    }
    target.check_roles(&roles).await?;
    Ok(roles)
}

/// Puts all of a file's records in their places, some at a time, and counts what becomes of them.
async fn place_all(
    input: &mut Input,
    path: &Path,
    target: &Arc<dyn Target>,
    roles: Vec<RoleEntry>,
    report: &mut Report,
) -> Result<(), Failure> {
    let bar = ProgressBar::new(input.length);
    if let Ok(style) = ProgressStyle::with_template("importing {bar:30} {percent}%") {
        bar.set_style(style);
    }
    let (_, mut lines) = input.lines()?;
    let mut crew = Crew::new();
    let work = async || {
        for placed in target.place_roles(roles).await? {
            report.add(placed);
        }
        while let Some(record) = lines.next()? {
            if matches!(record, Record::Role(_)) {
                continue;
            }
            bar.set_position(lines.read);
            let target = Arc::clone(target);
            if let Some(placed) = crew.add(async move { target.place(record).await }).await? {
                report.add(placed);
            }
        }
        while let Some(placed) = crew.next().await? {
            report.add(placed);
        }
        target.finish().await
    };
    let done: Result<(), Failure> = work().await;
    bar.finish_and_clear();
    let stopped = |source| TransferError::Stopped { path: path.to_owned(), line: lines.number, source };
    Ok(done.map_err(stopped)?)
}
