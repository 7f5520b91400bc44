//! Writes of several items, all or nothing.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Delete, Put, TransactWriteItem, Update};

use super::condition::Write;
use crate::patience::wait;

/// The most items in a transaction.
pub(crate) const MAX_ITEMS: usize = 100;

/// How often it is tried, within some two seconds: all who add to a count at once meet in its item.
const ATTEMPTS: u32 = 10;

/// Reasons that pass: another transaction was under way on the item, or there was no capacity.
const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// Makes the writes. Refused, with a reason for each write in their order, when a condition does not hold.
///
/// The SDK gives each call a token, so that repeating it after a broken connection does not count twice. A
/// cancelled transaction wrote nothing; it is tried again here, under a new token.
pub(crate) async fn transact(
    client: &Client,
    items: Vec<TransactWriteItem>,
) -> Result<Write<Vec<CancellationReason>>, SdkError<TransactWriteItemsError>> {
    for number in 1.. {
        match client.transact_write_items().set_transact_items(Some(items.clone())).send().await {
            Ok(_) => break,
            Err(error) => match judge(&error) {
                Verdict::Refused(reasons) => return Ok(Write::Refused(reasons)),
                Verdict::Passing if number < ATTEMPTS => wait(number).await,
                Verdict::Passing | Verdict::Failed => return Err(error),
            },
        }
    }
    Ok(Write::Made)
}

enum Verdict {
    Refused(Vec<CancellationReason>),
    Passing,
    Failed,
}

fn judge(error: &SdkError<TransactWriteItemsError>) -> Verdict {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return Verdict::Failed;
    };
    let reasons = cancelled.cancellation_reasons();
    if reasons.iter().any(refused) {
        return Verdict::Refused(reasons.to_vec());
    }
    let passes = |reason: &CancellationReason| reason.code().is_some_and(|code| PASSING.contains(&code));
    if reasons.iter().any(passes) { Verdict::Passing } else { Verdict::Failed }
}

/// Whether it was this write's condition that did not hold.
fn refused(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

pub(crate) fn put(put: Put) -> TransactWriteItem {
    TransactWriteItem::builder().put(put).build()
}

pub(crate) fn update(update: Update) -> TransactWriteItem {
    TransactWriteItem::builder().update(update).build()
}

pub(crate) fn delete(delete: Delete) -> TransactWriteItem {
    TransactWriteItem::builder().delete(delete).build()
}
