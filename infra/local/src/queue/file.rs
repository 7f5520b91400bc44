//! The file of queues: one table, a row for each message.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use treble_embedded::Durability;

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Times are in milliseconds since 1970.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        visible_at INTEGER NOT NULL,
        receives INTEGER NOT NULL DEFAULT 0,
        body TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS by_time ON messages (queue, visible_at);
";

/// The file.
pub(super) struct File {
    connection: Connection,
}

/// A message to be added.
pub(super) struct New {
    pub(super) body: String,
    /// When it can first be received.
    pub(super) visible_at: Timestamp,
}

/// A message that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    /// Identifies it.
    pub(crate) id: i64,
    /// How often it has been received, this time included.
    pub(crate) receives: u32,
    /// What it says.
    pub(crate) body: String,
}

/// How a queue is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// How many messages there are, hidden ones included.
    pub(crate) messages: u64,
    /// When the next one can be received.
    pub(crate) next: Option<Timestamp>,
}

impl File {
    pub(super) fn open(path: &Path, durability: Durability) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let synchronous = match durability {
            Durability::Fsync => "FULL",
            Durability::Relaxed => "NORMAL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection })
    }

    pub(super) fn add(&mut self, queue: &str, messages: &[New]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let sql = "INSERT INTO messages (queue, visible_at, body) VALUES (?1, ?2, ?3)";
            let mut insert = transaction.prepare_cached(sql)?;
            for New { body, visible_at } in messages {
                insert.execute(params![queue, visible_at.as_millisecond(), body])?;
            }
        }
        transaction.commit()
    }

    pub(super) fn receive(
        &mut self,
        queue: &str,
        most: usize,
        now: Timestamp,
        hidden_until: Timestamp,
    ) -> rusqlite::Result<Vec<Received>> {
        let sql = "UPDATE messages SET visible_at = ?1, receives = receives + 1
            WHERE id IN (SELECT id FROM messages WHERE queue = ?2 AND visible_at <= ?3 ORDER BY visible_at, id LIMIT ?4)
            RETURNING id, receives, body";
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut update = self.connection.prepare_cached(sql)?;
        let parameters = params![hidden_until.as_millisecond(), queue, now.as_millisecond(), most];
        let row = |row: &rusqlite::Row<'_>| {
            Ok(Received { id: row.get(0)?, receives: row.get(1)?, body: row.get(2)? })
        };
        update.query_map(parameters, row)?.collect()
    }

    pub(super) fn delete(&mut self, message: i64) -> rusqlite::Result<()> {
        self.connection.prepare_cached("DELETE FROM messages WHERE id = ?1")?.execute([message]).map(drop)
    }

    pub(super) fn postpone(&mut self, message: i64, until: Timestamp) -> rusqlite::Result<()> {
        let sql = "UPDATE messages SET visible_at = ?1 WHERE id = ?2";
        let parameters = params![until.as_millisecond(), message];
        self.connection.prepare_cached(sql)?.execute(parameters).map(drop)
    }

    pub(super) fn state(&mut self, queue: &str) -> rusqlite::Result<State> {
        let sql = "SELECT count(*), min(visible_at) FROM messages WHERE queue = ?1";
        self.connection.prepare_cached(sql)?.query_row([queue], |row| {
            let next: Option<i64> = row.get(1)?;
            // What no clock can show is never.
            let next = next.and_then(|next| Timestamp::from_millisecond(next).ok());
            Ok(State { messages: row.get(0)?, next })
        })
    }
}
