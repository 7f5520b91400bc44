//! The data directory: what is in it, and that one process has it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// A data directory.
#[derive(Debug, Clone)]
pub(crate) struct DataDir {
    path: PathBuf,
}

/// Why a data directory can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataDirError {
    #[error("there is no data directory {}: `treble up` makes one, --data names another", .0.display())]
    Missing(PathBuf),
    #[error("{} is not a directory: choose another with --data", .0.display())]
    NotADirectory(PathBuf),
    #[error("the data directory {} is in use by {}: stop that first, or choose another with --data", path.display(), holder(*pid))]
    Locked { path: PathBuf, pid: Option<u32> },
    #[error("can't {what} {}", path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".into(), |pid| format!("process {pid}"))
}

impl DataDirError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

/// The right to use a data directory; given up when dropped, or by the end of the process, whichever way.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl DataDir {
    /// The directory at `path`, made if there is none, for this user alone.
    pub(crate) fn create(path: &Path) -> Result<Self, DataDirError> {
        match Self::existing(path) {
            Err(DataDirError::Missing(_)) => {}
            other => return other,
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(DataDirError::io("make the data directory", path))?;
        Ok(Self { path: path.to_owned() })
    }

    /// The directory at `path`, if there is one.
    pub(crate) fn existing(path: &Path) -> Result<Self, DataDirError> {
        let path = path.to_owned();
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(Self { path }),
            Ok(_) => Err(DataDirError::NotADirectory(path)),
            Err(error) => Err(match error.kind() {
                io::ErrorKind::NotFound => DataDirError::Missing(path),
                io::ErrorKind::NotADirectory => DataDirError::NotADirectory(path),
                _ => DataDirError::Io { what: "read the data directory", path, source: error },
            }),
        }
    }

    /// A directory that need not exist: nothing is in it.
    pub(crate) fn absent(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Takes the directory for this process, unless another has it. The system frees it when the process ends.
    pub(crate) fn lock(&self) -> Result<Lock, DataDirError> {
        let path = self.path.join("treble.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(DataDirError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(DataDirError::Locked { path: self.path.clone(), pid });
            }
            Err(TryLockError::Error(source)) => {
                return Err(DataDirError::Io { what: "lock", path, source });
            }
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(DataDirError::io("write", &path))?;
        Ok(Lock { _file: file })
    }

    /// Creates an empty file for this user alone, unless there is one.
    pub(crate) fn touch(&self, path: &Path) -> Result<(), DataDirError> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        file.map(drop).map_err(DataDirError::io("open", path))
    }

    /// The file of queues.
    pub(crate) fn queues(&self) -> PathBuf {
        self.path.join("queues.sqlite")
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The embedded database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("treble.db")
    }

    /// The master key's.
    pub(crate) fn master_key(&self) -> PathBuf {
        self.path.join("master.key")
    }

    /// Name and access token of the client of the first start, which it marks as done.
    pub(crate) fn root_client(&self) -> PathBuf {
        self.path.join("root-client.json")
    }

    /// Where a running server answers other commands.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path.join("treble.sock")
    }

    /// Where a running server answers clients: its root URL, as this machine reaches it.
    pub(crate) fn address(&self) -> PathBuf {
        self.path.join("server.url")
    }

    /// The URL by which clients know the service, as its last start had it: it stays when the server stops.
    pub(crate) fn root_url(&self) -> PathBuf {
        self.path.join("root.url")
    }

    /// The mails to hooks' owners.
    pub(crate) fn mailbox(&self) -> PathBuf {
        self.path.join("mailbox.txt")
    }

    /// The tasks, unless they are created elsewhere.
    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("tasks.jsonl")
    }
}

/// Writes a file for this user alone, whole or not at all.
pub(crate) fn write_secret(path: &Path, contents: &[u8]) -> Result<(), DataDirError> {
    let unfinished = path.with_extension("unfinished");
    let write = || {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(contents)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        match path.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(DataDirError::io("write", path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn it_is_made_for_one_user_and_one_process() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        assert!(matches!(DataDir::existing(&path), Err(DataDirError::Missing(_))));
        let dir = DataDir::create(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        let lock = dir.lock().unwrap();
        let error = DataDir::create(&path).unwrap().lock().unwrap_err();
        assert!(matches!(error, DataDirError::Locked { pid: Some(pid), .. } if pid == std::process::id()));
        drop(lock);
        dir.lock().unwrap();
    }

    #[test]
    fn a_file_is_no_data_directory() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in [file.path().to_owned(), file.path().join("below")] {
            assert!(matches!(DataDir::create(&path), Err(DataDirError::NotADirectory(_))), "{path:?}");
        }
    }

    #[test]
    fn secrets_are_for_one_user() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        write_secret(&path, b"old").unwrap();
        write_secret(&path, b"new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o600));
    }
}
