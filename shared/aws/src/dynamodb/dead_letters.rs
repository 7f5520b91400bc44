//! Dead letters, in the table of fire records.
//!
//! | `pk` | `sk` | attributes |
//! |---|---|---|
//! | `dead-letters` | `<when it was given up>#<id>` | `died`, `id`, `hook`, `reason`, `message`; `expires` |
//!
//! No hook's records are there: a hook's name has a slash.

use std::fmt;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::{SignedDuration, Timestamp};
use treble_core::ports::{DeadLetter, DeadLetters, Page, PageRequest, StoreError};

use super::item::{
    Item, check_format, corrupt, instant, item, key, number, read_instant, read_text, sort_key, text,
    unavailable,
};
use super::page::Listing;
use super::restore::{Restore, Restored, restore};
use super::schema::TIME_TO_LIVE;

pub(super) const PARTITION: &str = "dead-letters";
const DIED: &str = "died";
const ID: &str = "id";
const HOOK: &str = "hook";
const REASON: &str = "reason";
const MESSAGE: &str = "message";

/// How long dead letters are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Dead letters in a DynamoDB table.
#[derive(Clone)]
pub struct DynamoDeadLetters {
    client: Client,
    table: String,
}

impl DynamoDeadLetters {
    /// The dead letters in a table of fire records.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Puts a letter of a backup in its place.
    pub async fn restore(&self, letter: &DeadLetter, how: Restore) -> Result<Restored, StoreError> {
        let what = format!("dead letter {}", letter.id);
        restore(&self.client, &self.table, to_item(letter), how, &what).await
    }
}

#[async_trait]
impl DeadLetters for DynamoDeadLetters {
    async fn add(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(letter)))
            .send()
            .await
            .map_err(|error| unavailable(format!("keep dead letter {}", letter.id), error))?;
        Ok(())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<DeadLetter>, StoreError> {
        let listing = Listing {
            client: &self.client,
            table: &self.table,
            partition: PARTITION.into(),
            range: None,
            backwards: false,
        };
        listing.page(page, |item| from_item(item).map(Some)).await
    }

    async fn remove(&self, letter: &DeadLetter) -> Result<bool, StoreError> {
        let reply = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(PARTITION, place(letter))))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| unavailable(format!("remove dead letter {}", letter.id), error))?;
        Ok(reply.attributes.is_some_and(|attributes| !attributes.is_empty()))
    }
}

/// Names the table, not the client with its credentials.
impl fmt::Debug for DynamoDeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoDeadLetters").field("table", &self.table).finish_non_exhaustive()
    }
}

fn place(letter: &DeadLetter) -> String {
    sort_key(format!("{:.9}#{}", letter.died, letter.id))
}

fn to_item(letter: &DeadLetter) -> Item {
    let mut item = item(PARTITION, place(letter));
    item.insert(DIED.into(), instant(letter.died));
    item.insert(ID.into(), text(&letter.id));
    if let Some(hook) = &letter.hook {
        item.insert(HOOK.into(), text(hook.to_string()));
    }
    item.insert(REASON.into(), text(&letter.reason));
    item.insert(MESSAGE.into(), text(&letter.message));
    let expires = letter.died.checked_add(KEPT).unwrap_or(Timestamp::MAX);
    item.insert(TIME_TO_LIVE.into(), number(expires.as_second()));
    item
}

fn from_item(item: &Item) -> Result<DeadLetter, StoreError> {
    check_format(item)?;
    let name = |text: &str| text.parse().map_err(|error| corrupt(item, HOOK, &format!("{error}")));
    Ok(DeadLetter {
        id: read_text(item, ID)?.to_owned(),
        hook: item.contains_key(HOOK).then(|| read_text(item, HOOK).and_then(name)).transpose()?,
        died: read_instant(item, DIED)?,
        reason: read_text(item, REASON)?.to_owned(),
        message: read_text(item, MESSAGE)?.to_owned(),
    })
}
