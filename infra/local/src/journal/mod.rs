//! A file of tasks, in place of what would run them: one line of JSON for each, in the order of their creation.
//!
//! - [`Journal`] is the sink: it appends.
//! - [`Reader`] reads the tasks, also while they are being written; [`Lines`] their lines as they are.
//! - `file` is the file underneath: what is appended to it is there whole or not at all.

mod file;
mod lines;

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use treble_core::firing::FiredBy;
use treble_core::ports::{BoxError, CreatedTask, NewTask, Sink, SinkError};
use treble_core::slugid::SlugId;
use treble_core::task;
use treble_core::trace::{self, TraceContext};
use treble_embedded::Durability;

use file::AppendFile;
pub use lines::{Line, Lines, Reader};

/// How deep a task may be nested. Its line is to be readable again, and what reads it goes 128 levels deep.
const MAX_DEPTH: usize = 120;

/// A task in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The task's name.
    pub task_id: SlugId,
    /// The group of the hook that created it.
    pub hook_group_id: String,
    /// The hook within its group.
    pub hook_id: String,
    /// What made the hook fire.
    pub fired_by: FiredBy,
    /// The moment of the firing, to the millisecond.
    #[serde(serialize_with = "serialize_iso")]
    pub created: Timestamp,
    /// The trace that the task belongs to, where there is one.
    #[serde(
        rename = "traceparent",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "trace::deserialize"
    )]
    pub trace: Option<TraceContext>,
    /// The task's definition.
    pub task: Value,
}

impl Entry {
    /// Whether the firing of another entry with this taskId is the one that created this task.
    fn is_of_firing(&self, other: &Entry) -> bool {
        self.hook_group_id == other.hook_group_id
            && self.hook_id == other.hook_id
            // Lines have milliseconds.
            && task::iso(self.created) == task::iso(other.created)
    }
}

/// Why a journal can't be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file can't be read or written.
    #[error("the journal {} must be a readable and writable file in a directory that exists", path.display())]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// Another process writes to it.
    #[error("the journal {} is in use by another process", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A line is no task.
    #[error("line {line} of the journal {} is not a task: remove it, or move the file away", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: u64,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

impl JournalError {
    fn inaccessible(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Inaccessible { path: path.into(), source }
    }
}

/// A sink that appends each task to a file: the task's taskId exists once, as it would at a Taskcluster Queue. A firing that
/// comes again has the task that it created, also where its hook would create another one by now. A clone is the same
/// journal.
#[derive(Clone)]
pub struct Journal {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    durability: Durability,
    tasks: Mutex<Tasks>,
    synced: Mutex<file::Synced>,
}

struct Tasks {
    file: AppendFile,
    /// Where each task's line begins: 24 bytes a task, and what a map needs.
    offsets: HashMap<[u8; 16], u64>,
}

impl Journal {
    /// Opens the journal in the file `path`, or creates it there. What a crash left half written at its end is
    /// removed. Reads the whole file, a line at a time.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, JournalError> {
        let inaccessible = JournalError::inaccessible(path);
        let mut file = AppendFile::open(path)?;
        let mut lines = Lines::new(file.reader().map_err(&inaccessible)?);
        let mut offsets = HashMap::new();
        while let Some(line) = lines.next_line().map_err(&inaccessible)? {
            let task: TaskId = serde_json::from_slice(line.text).map_err(|source| JournalError::Corrupt {
                path: path.into(),
                line: line.number,
                source,
            })?;
            offsets.insert(key(&task.task_id), line.offset);
        }
        file.keep_only(lines.end()).map_err(&inaccessible)?;
        let synced = file.syncer(path, durability).map_err(&inaccessible)?;
        let tasks = Mutex::new(Tasks { file, offsets });
        let shared = Shared { path: path.into(), durability, tasks, synced: Mutex::new(synced) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.shared.tasks().offsets.len()
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl Sink for Journal {
    async fn create_task(&self, task: NewTask<'_>) -> Result<CreatedTask, SinkError> {
        let entry = entry(&task)?;
        match self.shared.durability {
            // Handing the line to the operating system takes less time than handing it to another thread.
            Durability::Relaxed => self.shared.add(&entry),
            Durability::Fsync => {
                let shared = Arc::clone(&self.shared);
                let adding = move || {
                    let created = shared.add(&entry)?;
                    shared.sync().map(|()| created)
                };
                tokio::task::spawn_blocking(adding).await.map_err(|error| unavailable(error.into()))?
            }
        }
    }

    async fn check(&self) -> Result<(), SinkError> {
        // Under Unix a file that was removed can still be written to.
        let found = std::fs::metadata(&self.shared.path);
        found.map(drop).map_err(|error| unavailable(error.into()))
    }
}

impl Shared {
    /// Appends the task, unless it is there.
    fn add(&self, entry: &Entry) -> Result<CreatedTask, SinkError> {
        let mut tasks = self.tasks();
        let Tasks { file, offsets } = &mut *tasks;
        match offsets.entry(key(&entry.task_id)) {
            Slot::Occupied(known) => {
                let line = file.line_at(*known.get()).map_err(|error| unavailable(error.into()))?;
                let known: Entry =
                    serde_json::from_slice(&line).map_err(|error| unavailable(error.into()))?;
                if known.task == entry.task {
                    Ok(CreatedTask::default())
                } else if known.is_of_firing(entry) {
                    let status = task::pending_status(&known.task_id, &known.task, known.created);
                    Ok(CreatedTask { status: Some(status) })
                } else {
                    Err(conflict(entry))
                }
            }
            Slot::Vacant(free) => {
                let mut line = serde_json::to_vec(entry).map_err(|error| unavailable(error.into()))?;
                line.push(b'\n');
                let offset = file.append(&line).map_err(|error| unavailable(error.into()))?;
                free.insert(offset);
                Ok(CreatedTask::default())
            }
        }
    }

    /// Waits until all that is in the journal now is on the disk.
    fn sync(&self) -> Result<(), SinkError> {
        let end = self.tasks().file.len();
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        synced.wait_for(end, || self.tasks().file.len()).map_err(|error| unavailable(error.into()))
    }

    /// A panic elsewhere doesn't matter: see [`AppendFile::append`] for what it leaves.
    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

fn serialize_iso<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&task::iso(*instant))
}

/// As much of an entry as opening a journal needs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskId {
    task_id: SlugId,
}

/// A slugid's 128 bits, which are all of it.
fn key(task_id: &SlugId) -> [u8; 16] {
    let mut key = [0; 16];
    // Always 22 characters of this alphabet: decoding them can't fail.
    let _ = URL_SAFE_NO_PAD.decode_slice(task_id.as_str(), &mut key);
    key
}

fn entry(task: &NewTask<'_>) -> Result<Entry, SinkError> {
    if is_deeper_than(task.definition, MAX_DEPTH) {
        let message = format!("the task is nested more than {MAX_DEPTH} levels deep");
        return Err(SinkError::Rejected { status: 400, code: "InputError".to_owned(), message, body: None });
    }
    let firing = task.firing;
    Ok(Entry {
        task_id: firing.task_id.clone(),
        hook_group_id: firing.hook.group().to_owned(),
        hook_id: firing.hook.id().to_owned(),
        fired_by: firing.fired_by,
        created: firing.created,
        trace: firing.trace,
        task: task.definition.clone(),
    })
}

fn is_deeper_than(value: &Value, levels: usize) -> bool {
    let Some(inner) = levels.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper_than(item, inner)),
        Value::Object(properties) => properties.values().any(|value| is_deeper_than(value, inner)),
        _ => false,
    }
}

fn conflict(entry: &Entry) -> SinkError {
    let message = format!("there is a task {} already, and its definition is another", entry.task_id);
    SinkError::Rejected { status: 409, code: "RequestConflict".to_owned(), message, body: None }
}

fn unavailable(source: BoxError) -> SinkError {
    let reason = "the journal of tasks can't be written".to_owned();
    SinkError::Unavailable { reason, status: None, body: None, source: Some(source) }
}

#[cfg(test)]
mod tests;
