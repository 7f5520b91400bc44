//! Items that come back from a backup.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use treble_core::ports::StoreError;

use super::condition::{self, Write};
use super::item::{Item, unavailable};
use super::schema::{PARTITION_KEY, SORT_KEY};

/// What is done about an entry that is there already, and differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restore {
    /// Nothing is written at all: it is only found out what would be.
    DryRun,
    /// It stays.
    Keep,
    /// It gives way.
    Replace,
}

/// What became of an entry; in a [dry run](Restore::DryRun), what would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// It wasn't there, and is now.
    New,
    /// It was there.
    Same,
    /// Another is there, and stayed.
    Different,
    /// Another was there, and gave way.
    Replaced,
}

/// Puts an item in its place.
pub(crate) async fn restore(
    client: &Client,
    table: &str,
    item: Item,
    how: Restore,
    what: &str,
) -> Result<Restored, StoreError> {
    let failed = |error| unavailable(format!("restore {what}"), error);
    if how == Restore::DryRun {
        let key = [PARTITION_KEY, SORT_KEY].iter();
        let key = key.filter_map(|&name| Some((name.to_owned(), item.get(name)?.clone()))).collect();
        let read = client.get_item().table_name(table).set_key(Some(key)).consistent_read(true).send().await;
        let found = read.map_err(|error| unavailable(format!("look for {what}"), error))?.item;
        return Ok(found.map_or(Restored::New, |found| compare(&found, &item)));
    }
    let attempt = || {
        client
            .put_item()
            .table_name(table)
            .set_item(Some(item.clone()))
            .condition_expression(format!("attribute_not_exists({PARTITION_KEY})"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    };
    let found = match condition::write(attempt).await.map_err(failed)? {
        Write::Made => return Ok(Restored::New),
        Write::Refused(PutItemError::ConditionalCheckFailedException(refused)) => refused.item,
        Write::Refused(_) => None,
    };
    let outcome = found.map_or(Restored::Different, |found| compare(&found, &item));
    if outcome == Restored::Different && how == Restore::Replace {
        client.put_item().table_name(table).set_item(Some(item)).send().await.map_err(failed)?;
        return Ok(Restored::Replaced);
    }
    Ok(outcome)
}

fn compare(found: &Item, wanted: &Item) -> Restored {
    if found == wanted { Restored::Same } else { Restored::Different }
}
