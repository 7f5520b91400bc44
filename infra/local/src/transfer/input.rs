//! The file that is read: twice, so that all of it is checked before anything is made of it.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use super::record::{FORMAT, Header, Record, VERSION};
use super::{STANDARD_STREAM, TransferError};

/// The longest line that is read, in bytes: well beyond what a service takes for a hook.
const MAX_LINE_BYTES: u64 = 32 * 1024 * 1024;

/// A file that `treble export` wrote.
#[derive(Debug)]
pub(super) struct Input {
    file: File,
    path: PathBuf,
    /// How long it is, in bytes.
    pub(super) length: u64,
}

/// A file's records, to be read one after another.
pub(super) struct Lines<'a> {
    reader: BufReader<&'a File>,
    path: &'a Path,
    /// The number of the line that was read last.
    pub(super) number: usize,
    /// How far it has been read, in bytes.
    pub(super) read: u64,
}

impl Input {
    /// Opens a file. What comes by the standard input is kept aside first, as it comes only once.
    pub(super) fn open(path: &Path) -> Result<Self, TransferError> {
        let open = || {
            if path == Path::new(STANDARD_STREAM) {
                let mut file = tempfile::tempfile()?;
                let length = io::copy(&mut io::stdin().lock(), &mut file)?;
                return Ok((file, length));
            }
            let file = File::open(path)?;
            let length = file.metadata()?.len();
            Ok((file, length))
        };
        let (file, length) = open().map_err(TransferError::io("read", path))?;
        Ok(Self { file, path: path.to_owned(), length })
    }

    /// The file from its beginning.
    pub(super) fn lines(&mut self) -> Result<(Header, Lines<'_>), TransferError> {
        self.file.rewind().map_err(TransferError::io("read", &self.path))?;
        let reader = BufReader::with_capacity(256 * 1024, &self.file);
        let mut lines = Lines { reader, path: &self.path, number: 0, read: 0 };
        let header = lines.header()?;
        Ok((header, lines))
    }
}

impl Lines<'_> {
    fn header(&mut self) -> Result<Header, TransferError> {
        let foreign = || TransferError::Foreign(self.path.to_owned());
        let first = self.line()?.ok_or_else(foreign)?;
        let foreign = || TransferError::Foreign(self.path.to_owned());
        let value: serde_json::Value = serde_json::from_slice(&first).map_err(|_| foreign())?;
        if value.get("format").and_then(|format| format.as_str()) != Some(FORMAT) {
            return Err(foreign());
        }
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version > VERSION.into() => {
                Err(TransferError::Newer { path: self.path.to_owned(), version })
            }
            _ => serde_json::from_value(value).map_err(|source| self.malformed(source)),
        }
    }

    /// The next record; None after the last one of a file that is whole.
    pub(super) fn next(&mut self) -> Result<Option<Record>, TransferError> {
        let Some(line) = self.line()? else {
            return Err(TransferError::CutOff { path: self.path.to_owned(), line: self.number });
        };
        let record = serde_json::from_slice(&line).map_err(|source| self.malformed(source))?;
        if !matches!(record, Record::End {}) {
            return Ok(Some(record));
        }
        match self.line()? {
            None => Ok(None),
            Some(_) => Err(self.wrong("nothing may follow the line that ends an export")),
        }
    }

    /// What is wrong with the line that was read last.
    pub(super) fn wrong(
        &self,
        problem: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> TransferError {
        TransferError::Malformed { path: self.path.to_owned(), line: self.number, source: problem.into() }
    }

    fn malformed(&self, source: serde_json::Error) -> TransferError {
        // The column says where; its line is always the first.
        let text = source.to_string();
        let (what, place) = text.split_once(" at line 1 ").unwrap_or((&text, ""));
        self.wrong(if place.is_empty() { what.to_owned() } else { format!("{what}, at {place}") })
    }

    /// The next line, without its end; None at the end of the file. A last line without an end is one that was cut off, unless
    /// it can be read all the same.
    fn line(&mut self) -> Result<Option<Vec<u8>>, TransferError> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
        let read = read.map_err(TransferError::io("read", self.path))?;
        self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if u64::try_from(read).is_ok_and(|read| read >= MAX_LINE_BYTES) {
            return Err(self.wrong(format!("is longer than {MAX_LINE_BYTES} bytes")));
        }
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const HEADER: &str =
        r#"{"format":"treble-export","version":1,"exported":"2026-11-27T00:00:00Z","from":"store"}"#;
    const ROLE: &str =
        r#"{"role":{"roleId":"r","description":"","scopes":[],"lastModified":"2026-11-27T00:00:00Z"}}"#;
    const END: &str = r#"{"end":{}}"#;

    /// How many records a file has, or what is wrong with it.
    fn read(text: &str) -> Result<usize, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let count = || {
            let mut input = Input::open(file.path())?;
            let (_, mut lines) = input.lines()?;
            let mut count = 0;
            while lines.next()?.is_some() {
                count += 1;
            }
            Ok(count)
        };
        count().map_err(|error: TransferError| crate::output::chain(&error))
    }

    #[test]
    fn a_whole_file_is_read() {
        assert_eq!(read(&format!("{HEADER}\n{ROLE}\n{ROLE}\n{END}\n")), Ok(2));
        assert_eq!(read(&format!("{HEADER}\n{END}")), Ok(0));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let newer = HEADER.replace("\"version\":1", "\"version\":2");
        let cases = [
            (String::new(), "is no export"),
            ("{}\n".to_owned(), "is no export"),
            ("\u{0}\u{1}\n".to_owned(), "is no export"),
            (format!("{newer}\n{END}\n"), "version 2"),
            (format!("{HEADER}\n{ROLE}\n"), "line 2 without the line that tells that it is whole"),
            (format!("{HEADER}\n{ROLE}\n{}", &END[..5]), "line 3: EOF while parsing"),
            (format!("{HEADER}\n{}\n{END}\n", &ROLE[..40]), "line 2: EOF while parsing"),
            (format!("{HEADER}\n\n{END}\n"), "line 2: EOF while parsing"),
            (format!("{HEADER}\n{{\"rule\":{{}}}}\n{END}\n"), "line 2: unknown variant `rule`"),
            (format!("{HEADER}\n{{\"role\":{{}}}}\n{END}\n"), "line 2: missing field `roleId`"),
            (format!("{HEADER}\n{END}\n{ROLE}\n"), "line 3: nothing may follow"),
        ];
        for (text, problem) in cases {
            let found = read(&text).expect_err(&text);
            assert!(found.contains(problem), "{text}: {found}");
        }
    }
}
