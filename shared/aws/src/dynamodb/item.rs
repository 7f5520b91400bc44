//! Items' attributes, written and read.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use treble_core::ports::{BoxError, StoreError};

use super::schema::{FORMAT, PARTITION_KEY, SORT_KEY};

/// An item, or the part of it that is a key.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// An item's key.
pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([(PARTITION_KEY.to_owned(), text(pk)), (SORT_KEY.to_owned(), text(sk))])
}

/// The beginning of an item: its key and its format's version.
pub(crate) fn item(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    let mut item = key(pk, sk);
    item.insert(FORMAT.to_owned(), number(1));
    item
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// An instant, exactly, as text that sorts by time.
pub(crate) fn instant(at: Timestamp) -> AttributeValue {
    text(format!("{at:.9}"))
}

/// The text in an attribute.
pub(crate) fn read_text<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    item.get(name)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
        .ok_or_else(|| corrupt(item, name, "is missing or no text"))
}

/// The number in an attribute.
pub(crate) fn read_number<T: FromStr>(item: &Item, name: &str) -> Result<T, StoreError> {
    item.get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| corrupt(item, name, "is missing or no number in range"))
}

/// The instant in an attribute.
pub(crate) fn read_instant(item: &Item, name: &str) -> Result<Timestamp, StoreError> {
    read_text(item, name)?.parse().map_err(|error| corrupt(item, name, &format!("is no instant: {error}")))
}

/// What can't be read: an item's attribute and why.
pub(crate) fn corrupt(item: &Item, attribute: &str, problem: &str) -> StoreError {
    let part = |name| item.get(name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
    let (pk, sk) = (part(PARTITION_KEY), part(SORT_KEY));
    StoreError::Corrupt { what: format!("attribute {attribute} of item {pk:?}, {sk:?} {problem}") }
}

/// DynamoDB did not do it.
pub(crate) fn unavailable(operation: impl Into<String>, source: impl Into<BoxError>) -> StoreError {
    StoreError::Unavailable { operation: operation.into(), source: source.into() }
}

/// A request lacks a part: never, but the SDK checks it at run time.
pub(crate) fn incomplete(error: BuildError) -> StoreError {
    unavailable("put a request together", error)
}
