//! `treble client` and `treble role`: who may call, and what they may do; `treble dead-letters`: what was given up; `treble cds`: a
//! service that is CDS's.

pub(crate) mod cds;
pub(crate) mod client;
pub(crate) mod dead_letters;
pub(crate) mod role;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;
use treble_aws::dynamodb::DynamoAuth;
use treble_aws::settings::SettingError;
use treble_core::secret::MasterKey;
use treble_core::slugid::SlugId;
use treble_embedded::Durability;

use crate::cli::{GlobalPlace, StoreChoice};
use crate::data_dir::{DataDir, DataDirError, Lock};
use crate::output::Failure;
use crate::store::Store;
use crate::{environment, master_key, socket};

/// How often to look whether a server that has the directory answers: it may just be starting.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// The clients and roles of a data directory or of a table on AWS.
struct Admin {
    auth: DynamoAuth,
    dir: DataDir,
    /// Held where no server runs.
    _lock: Option<Lock>,
}

impl Admin {
    /// Reaches them through the running server, or directly where none runs.
    async fn open(place: &GlobalPlace) -> Result<Self, Failure> {
        let Opened { store, dir, master_key, lock } = Opened::at(place, Store::aws_auth).await?;
        Ok(Self { auth: store.auth(&master_key), dir, _lock: lock })
    }
}

/// What is kept in a data directory or on AWS.
struct Opened {
    store: Store,
    dir: DataDir,
    master_key: MasterKey,
    /// Held where no server runs.
    lock: Option<Lock>,
}

impl Opened {
    /// Through the running server, or directly where none runs; `on_aws` says which tables are needed there.
    async fn at(
        place: &GlobalPlace,
        on_aws: impl FnOnce() -> Result<Store, SettingError>,
    ) -> Result<Self, Failure> {
        let is_deployment = place.store == StoreChoice::Aws && environment::master_key_secret().is_some();
        let dir = match DataDir::existing(&place.data) {
            // A deployment's tables and key are elsewhere.
            Err(DataDirError::Missing(path)) if is_deployment => DataDir::absent(&path),
            dir => dir?,
        };
        let master_key = master_key::read(place.store, &dir).await?;
        let (store, lock) = match place.store {
            StoreChoice::Aws => (on_aws()?, None),
            StoreChoice::Embedded => open_embedded(&dir, Durability::Fsync).await?,
        };
        Ok(Self { store, dir, master_key, lock })
    }
}

/// The database of a data directory, through the server that runs on it, or opened here where none does.
pub(crate) async fn open_embedded(
    dir: &DataDir,
    durability: Durability,
) -> Result<(Store, Option<Lock>), Failure> {
    let mut attempt = 1;
    loop {
        if let Some(client) = socket::connect(&dir.socket()).await {
            return Ok((Store::served(client), None));
        }
        match dir.lock() {
            Ok(lock) => {
                require_database(&dir.database())?;
                return Ok((Store::embedded(dir, durability)?, Some(lock)));
            }
            Err(DataDirError::Locked { .. }) if attempt < ATTEMPTS => sleep(PAUSE).await,
            Err(error) => return Err(error.into()),
        }
        attempt += 1;
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no database {}: `treble up` makes one", .0.display())]
struct NoDatabase(std::path::PathBuf);

fn require_database(path: &Path) -> Result<(), NoDatabase> {
    if path.exists() { Ok(()) } else { Err(NoDatabase(path.to_owned())) }
}

/// Runs a command to its end.
pub(crate) fn block_on<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}

/// An access token that nobody guesses: two slugids, as Taskcluster's are.
pub(crate) fn random_token() -> Result<String, Failure> {
    let mut bytes = [[0; 16]; 2];
    bytes.iter_mut().try_for_each(|half| getrandom::fill(half))?;
    Ok(bytes.map(|half| SlugId::from_bytes(half).to_string()).concat())
}

/// When a client expires that doesn't: the year 3000.
pub(crate) const NEVER: Timestamp = Timestamp::constant(32_503_680_000, 0);

#[derive(Debug, thiserror::Error)]
#[error("there is no {what} {id:?}: `treble {what} list` shows those there are")]
struct Unknown {
    what: &'static str,
    id: String,
}
