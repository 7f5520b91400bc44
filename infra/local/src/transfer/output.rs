//! The file that is written: whole under its name, or not there.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::record::{Header, Record};
use super::{STANDARD_STREAM, TransferError};
use crate::output::Failure;

/// A file that is being written.
pub(super) struct Output {
    to: BufWriter<Box<dyn Write>>,
    /// Where there is a file: what it is called for now, and what it will be.
    names: Option<(PathBuf, PathBuf)>,
    file: Option<File>,
    progress: ProgressBar,
    records: usize,
}

impl Output {
    /// Begins a file, for this user alone: what is in it is nobody else's business.
    pub(super) fn begin(path: &Path, header: &Header) -> Result<Self, Failure> {
        let progress = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} records exported") {
            progress.set_style(style);
        }
        let mut output = if path == Path::new(STANDARD_STREAM) {
            let to: Box<dyn Write> = Box::new(io::stdout());
            Self { to: BufWriter::new(to), names: None, file: None, progress, records: 0 }
        } else {
            let mut unfinished = OsString::from(path);
            unfinished.push(".unfinished");
            let unfinished = PathBuf::from(unfinished);
            let opened =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
            let file = opened.map_err(TransferError::io("write", &unfinished))?;
            let to: Box<dyn Write> =
                Box::new(file.try_clone().map_err(TransferError::io("write", &unfinished))?);
            let names = Some((unfinished, path.to_owned()));
            Self { to: BufWriter::new(to), names, file: Some(file), progress, records: 0 }
        };
        output.line(&serde_json::to_string(header)?)?;
        Ok(output)
    }

    /// Adds a record.
    pub(super) fn add(&mut self, record: impl Into<Record>) -> Result<(), Failure> {
        self.line(&serde_json::to_string(&record.into())?)?;
        self.records += 1;
        self.progress.inc(1);
        Ok(())
    }

    /// Ends the file, and gives it its name. The number of records in it.
    pub(super) fn finish(mut self) -> Result<usize, Failure> {
        self.line(&serde_json::to_string(&Record::End {})?)?;
        self.progress.finish_and_clear();
        let to = self.path();
        self.to.flush().map_err(TransferError::io("write", &to))?;
        if let (Some(file), Some((unfinished, path))) = (self.file, self.names) {
            let rename = || file.sync_all().and_then(|()| fs::rename(&unfinished, &path));
            rename().map_err(TransferError::io("write", &path))?;
        }
        Ok(self.records)
    }

    fn line(&mut self, text: &str) -> Result<(), TransferError> {
        let to = self.path();
        writeln!(self.to, "{text}").map_err(TransferError::io("write", &to))
    }

    fn path(&self) -> PathBuf {
        self.names.as_ref().map_or_else(|| STANDARD_STREAM.into(), |(unfinished, _)| unfinished.clone())
    }
}
