//! The master key: 32 random bytes in a file of the data directory, or a secret of a deployment on AWS.

use std::fs;
use std::io;
use std::path::PathBuf;

use treble_aws::client::configure;
use treble_core::secret::{MASTER_KEY_BYTES, MasterKey};

use crate::cli::StoreChoice;
use crate::data_dir::{DataDir, DataDirError, write_secret};
use crate::environment;
use crate::output::Failure;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MasterKeyError {
    #[error("the master key {} has {length} bytes, not {MASTER_KEY_BYTES}: restore it from a backup", path.display())]
    Length { path: PathBuf, length: usize },
    #[error(
        "the master key {} is missing: restore it from a backup, as nothing else opens the database beside it; or \
         move the data directory away to start with an empty one", .0.display()
    )]
    Missing(PathBuf),
    #[error("the system gives no random bytes")]
    Random(#[source] getrandom::Error),
    #[error(transparent)]
    File(#[from] DataDirError),
}

/// Reads the key: that of the deployment whose tables are used, if the environment names its secret.
pub(crate) async fn read(store: StoreChoice, dir: &DataDir) -> Result<MasterKey, Failure> {
    match of_deployment(store).await? {
        Some(key) => Ok(key),
        None => Ok(read_file(dir)?),
    }
}

/// The same; or makes one, where there is no database yet that needs an older one.
pub(crate) async fn read_or_create(store: StoreChoice, dir: &DataDir) -> Result<MasterKey, Failure> {
    match of_deployment(store).await? {
        Some(key) => Ok(key),
        None => Ok(read_or_create_file(dir)?),
    }
}

async fn of_deployment(store: StoreChoice) -> Result<Option<MasterKey>, Failure> {
    let secret = environment::master_key_secret().filter(|_| store == StoreChoice::Aws);
    let Some(secret) = secret else { return Ok(None) };
    let client = aws_sdk_secretsmanager::Client::new(&configure(&environment::variables().aws()?));
    Ok(Some(treble_aws::master_key::read(&client, &secret).await?))
}

fn read_file(dir: &DataDir) -> Result<MasterKey, MasterKeyError> {
    let path = dir.master_key();
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(MasterKeyError::Missing(path)),
        Err(error) => return Err(DataDirError::io("read the master key", &path)(error).into()),
    };
    match <[u8; MASTER_KEY_BYTES]>::try_from(&bytes[..]) {
        Ok(key) => Ok(MasterKey::new(key)),
        Err(_) => Err(MasterKeyError::Length { path, length: bytes.len() }),
    }
}

fn read_or_create_file(dir: &DataDir) -> Result<MasterKey, MasterKeyError> {
    match read_file(dir) {
        Err(MasterKeyError::Missing(path)) if !dir.database().exists() => {
            let mut key = [0; MASTER_KEY_BYTES];
            getrandom::fill(&mut key).map_err(MasterKeyError::Random)?;
            write_secret(&path, &key)?;
            Ok(MasterKey::new(key))
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_and_never_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::create(parent.path()).unwrap();
        assert!(matches!(read_file(&dir), Err(MasterKeyError::Missing(_))));
        let key = read_or_create_file(&dir).unwrap();
        assert_eq!(key.derive("x"), read_or_create_file(&dir).unwrap().derive("x"));

        fs::write(dir.master_key(), b"short").unwrap();
        assert!(matches!(read_or_create_file(&dir), Err(MasterKeyError::Length { length: 5, .. })));

        fs::remove_file(dir.master_key()).unwrap();
        fs::write(dir.database(), b"").unwrap();
        assert!(matches!(read_or_create_file(&dir), Err(MasterKeyError::Missing(_))));
    }
}
