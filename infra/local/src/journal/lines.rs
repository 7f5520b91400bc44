//! The lines of a journal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{Entry, JournalError};

/// Reads the tasks of a journal in the order of their creation, a line at a time.
///
/// As an iterator it ends with the last whole line. It may be asked again later: it then goes on with what was
/// appended since, which is how to follow a journal.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    lines: Lines,
}

impl Reader {
    /// Begins with the first task of the journal in the file `path`.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(JournalError::inaccessible(path))?;
        Ok(Self { path: path.into(), lines: Lines::new(file) })
    }
}

impl Iterator for Reader {
    type Item = Result<Entry, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.lines.next_line() {
            Ok(None) => None,
            Ok(Some(line)) => Some(serde_json::from_slice(line.text).map_err(|source| {
                JournalError::Corrupt { path: self.path.clone(), line: line.number, source }
            })),
            Err(source) => Some(Err(JournalError::Inaccessible { path: self.path.clone(), source })),
        }
    }
}

/// The whole lines of a file, whatever is in them.
#[derive(Debug)]
pub struct Lines {
    file: BufReader<File>,
    text: Vec<u8>,
    /// Where the whole lines that were read end, in bytes.
    end: u64,
    count: u64,
}

/// A line that ended.
#[derive(Debug)]
pub struct Line<'l> {
    /// From 1.
    pub number: u64,
    /// Where it begins, in bytes.
    pub offset: u64,
    /// Its bytes, with the newline.
    pub text: &'l [u8],
}

impl Lines {
    /// Of a file that is read from its beginning.
    pub(super) fn new(file: File) -> Self {
        Self { file: BufReader::new(file), text: Vec::new(), end: 0, count: 0 }
    }

    /// The next line; none, if it isn't there or not yet whole. It may be asked for again later.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.text.clear();
        self.file.read_until(b'\n', &mut self.text)?;
        if !self.text.ends_with(b"\n") {
            // Half a line may be removed again, and another be written in its place.
            self.file.seek(SeekFrom::Start(self.end))?;
            return Ok(None);
        }
        let offset = self.end;
        self.end += self.text.len() as u64;
        self.count += 1;
        Ok(Some(Line { number: self.count, offset, text: &self.text }))
    }

    /// Where the whole lines that were read end, in bytes.
    pub fn end(&self) -> u64 {
        self.end
    }
}
