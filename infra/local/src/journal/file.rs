//! The file under a journal.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use treble_embedded::Durability;

use super::JournalError;

/// A file that grows at its end, locked against other writers.
#[derive(Debug)]
pub(super) struct AppendFile {
    file: File,
    /// How much of the file counts, in bytes.
    len: u64,
    /// Whether there may be something behind that: part of what could not be written.
    torn: bool,
}

impl AppendFile {
    /// Opens the file, or creates an empty one. What is in it counts only once it is [kept](Self::keep_only).
    pub(super) fn open(path: &Path) -> Result<Self, JournalError> {
        let inaccessible = JournalError::inaccessible(path);
        let file = OpenOptions::new().read(true).append(true).create(true).open(path);
        let file = file.map_err(&inaccessible)?;
        // A device may have no end to read to.
        if !file.metadata().map_err(&inaccessible)?.is_file() {
            return Err(inaccessible(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is not a regular file",
            )));
        }
        match file.try_lock() {
            Ok(()) => Ok(Self { file, len: 0, torn: false }),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse { path: path.into() }),
            Err(TryLockError::Error(error)) => Err(inaccessible(error)),
        }
    }

    /// Another handle, which shares its position with this one.
    pub(super) fn reader(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Removes what is behind the first `len` bytes.
    pub(super) fn keep_only(&mut self, len: u64) -> io::Result<()> {
        if self.file.metadata()?.len() != len {
            self.file.set_len(len)?;
        }
        self.len = len;
        self.torn = false;
        Ok(())
    }

    /// How much was written, in bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Writes at the end; returns where that was. After a failure, or a panic, the next call first removes what was
    /// written in part.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        if self.torn {
            self.keep_only(self.len)?;
        }
        self.torn = true;
        self.file.write_all(bytes)?;
        self.torn = false;
        let offset = self.len;
        self.len += bytes.len() as u64;
        Ok(offset)
    }

    /// The line that begins there.
    pub(super) fn line_at(&mut self, offset: u64) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut line = Vec::new();
        BufReader::new(&self.file).read_until(b'\n', &mut line)?;
        Ok(line)
    }

    /// Takes another handle on the file.
    #[cfg(test)]
    pub(super) fn replace(&mut self, file: File) -> File {
        std::mem::replace(&mut self.file, file)
    }

    /// What brings the file to the disk, and, if that matters, its name now.
    pub(super) fn syncer(&self, path: &Path, durability: Durability) -> io::Result<Synced> {
        if let (Durability::Fsync, Some(directory)) = (durability, path.parent()) {
            let here = Path::new(".");
            File::open(if directory == Path::new("") { here } else { directory })?.sync_all()?;
        }
        Ok(Synced { file: self.file.try_clone()?, end: 0, failed: false })
    }
}

/// How much of the file is on the disk.
#[derive(Debug)]
pub(super) struct Synced {
    file: File,
    end: u64,
    failed: bool,
}

impl Synced {
    /// Makes sure of the first `end` bytes, and, as it takes no longer, of all that is there: those who waited meanwhile
    /// need not wait again.
    pub(super) fn wait_for(&mut self, end: u64, len: impl FnOnce() -> u64) -> io::Result<()> {
        if self.failed {
            // What a failed attempt did not bring to the disk, the next would not try: it would succeed wrongly.
            return Err(io::Error::other("the disk failed before: restart to go on"));
        }
        if self.end >= end {
            return Ok(());
        }
        let len = len();
        self.failed = true;
        self.file.sync_data()?;
        self.failed = false;
        self.end = len;
        Ok(())
    }
}
