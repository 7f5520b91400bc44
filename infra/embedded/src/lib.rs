//! DynamoDB in this process: [dynoxide](https://docs.rs/dynoxide-rs), a database on SQLite that speaks
//! DynamoDB's protocol, behind the AWS SDK's own client and without a socket between them.
//!
//! The local server keeps its tables here, and so do tests, so that what runs on AWS and what runs on a
//! laptop is the same adapter down to the SDK.
//!
//! - [`Embedded`] is the database; [`Embedded::sdk_client`] makes a client of it.
//! - `connector` takes the SDK's requests where it would have sent them over the network.
//! - `dispatch` maps an operation's name and JSON to the database's method and back.

mod calls;
mod connector;
mod dispatch;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dynoxide::{Database, DynoxideError};
use tokio::sync::Semaphore;

use calls::Calls;

/// What is promised of a write that was acknowledged. Either way the crash of this process loses nothing and
/// the crash of the machine leaves the file readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It is on the disk: each write waits for it, some milliseconds.
    Fsync,
    /// It is with the operating system: the crash of the machine may lose the last seconds' writes.
    Relaxed,
}

/// Why a database can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file can't be read or written.
    #[error("the database {} can't be opened; it must be a readable and writable file in a directory that exists", path.display())]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The path is not UTF-8, which the database's interface needs.
    #[error("the database's path {} must be UTF-8", path.display())]
    Path {
        /// The path.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("{} is not a database: restore it from a backup, or move it away to start with an empty one", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database itself refuses: it is damaged, locked by another process, or of a later version.
    #[error("the database {} can't be used", path.display())]
    Unusable {
        /// The file; `:memory:` for a database in memory.
        path: PathBuf,
        /// What the database says.
        #[source]
        source: DynoxideError,
    },
}

/// The sweep of expired items failed.
#[derive(Debug, thiserror::Error)]
#[error("expired items can't be removed")]
pub struct SweepError(#[source] DynoxideError);

/// An embedded DynamoDB. A clone is the same database.
#[derive(Clone)]
pub struct Embedded {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    /// Whether even a point access may wait for a disk, its own or that of the write before it.
    waits_for_disk: bool,
    /// How many calls may wait in threads of their own. The database takes one at a time anyway, so more
    /// would only be stacks in memory.
    threads: Semaphore,
    calls: Calls,
}

/// One call runs while the next one is prepared.
const THREADS: usize = 2;

/// Every SQLite file but an empty one begins with this.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

impl Embedded {
    /// A database in memory, gone with the last clone.
    pub fn memory() -> Result<Self, OpenError> {
        let path = Path::new(":memory:");
        let database = Database::memory().map_err(|source| unusable(path, source))?;
        Ok(Self::new(database, false))
    }

    /// Opens the database in the file `path`, or creates it there. That no other process has it open is for
    /// the caller to see to.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, OpenError> {
        let text = path.to_str().ok_or_else(|| OpenError::Path { path: path.into() })?;
        check_file(path)?;
        let database = Database::new(text).map_err(|source| unusable(path, source))?;
        if durability == Durability::Relaxed {
            // The file is in WAL mode. The library's ways to set `synchronous` are these two: bulk loading (OFF, a
            // cache of 64 MB, 256 MB mapped), which a crash of the machine may turn into a damaged file, and its
            // end (NORMAL, a cache of 2 MB, nothing mapped), which is just what is wanted.
            database.disable_bulk_loading().map_err(|source| unusable(path, source))?;
        }
        Ok(Self::new(database, durability == Durability::Fsync))
    }

    fn new(database: Database, waits_for_disk: bool) -> Self {
        let threads = Semaphore::new(THREADS);
        Self { shared: Arc::new(Shared { database, waits_for_disk, threads, calls: Calls::default() }) }
    }

    /// A client of this database. Lean: nothing is retried and nothing times out, as there is no network.
    pub fn sdk_client(&self) -> aws_sdk_dynamodb::Client {
        connector::client(self.clone())
    }

    /// Carries out one request, in this thread: `target` is what DynamoDB's `X-Amz-Target` header holds, e.g.
    /// `DynamoDB_20120810.GetItem`, `body` the request as JSON. Returns the HTTP status and the reply as
    /// JSON, errors included.
    pub fn dispatch(&self, target: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let operation = dispatch::operation(target);
        self.shared.calls.count(operation);
        dispatch::dispatch(&self.shared.database, operation, body)
    }

    /// The same, without holding up the asynchronous runtime that it is called in.
    ///
    /// A point access takes tens of microseconds, about what handing it to another thread would cost; so it is made
    /// right here, unless it may have to wait for a disk.
    pub async fn call(&self, target: &str, body: &[u8]) -> (u16, Vec<u8>) {
        if !self.shared.waits_for_disk && dispatch::is_point_access(target) {
            return self.dispatch(target, body);
        }
        let Ok(_thread) = self.shared.threads.acquire().await else {
            return dispatch::internal_error("the database is closed");
        };
        let (this, target, body) = (self.clone(), target.to_owned(), body.to_owned());
        tokio::task::spawn_blocking(move || this.dispatch(&target, &body))
            .await
            .unwrap_or_else(|error| dispatch::internal_error(&error.to_string()))
    }

    /// Removes the items whose time to live is over; returns how many. Call it every few seconds, in a thread that
    /// may block.
    pub fn sweep_ttl(&self) -> Result<usize, SweepError> {
        self.shared.database.sweep_ttl().map_err(SweepError)
    }

    /// How many calls of each operation were made so far, by its name, e.g. `GetItem`.
    pub fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.shared.calls.snapshot()
    }

    /// The calls since the last time that this was asked.
    pub fn take_calls(&self) -> BTreeMap<&'static str, u64> {
        self.shared.calls.take()
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded")
            .field("waits_for_disk", &self.shared.waits_for_disk)
            .finish_non_exhaustive()
    }
}

fn unusable(path: &Path, source: DynoxideError) -> OpenError {
    OpenError::Unusable { path: path.into(), source }
}

/// SQLite's own words for these cases name neither the file nor what to do.
fn check_file(path: &Path) -> Result<(), OpenError> {
    let inaccessible = |source| OpenError::Inaccessible { path: path.into(), source };
    let mut file = match File::options().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(inaccessible(error)),
    };
    let mut start = Vec::with_capacity(MAGIC.len());
    file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut start).map_err(inaccessible)?;
    if start.is_empty() || start == MAGIC {
        Ok(())
    } else {
        Err(OpenError::NotADatabase { path: path.into() })
    }
}
