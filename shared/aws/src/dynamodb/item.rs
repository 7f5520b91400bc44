//! Items' attributes, written and read.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use treble_core::ports::{BoxError, StoreError};

use super::schema::{FORMAT, FORMAT_VERSION, MAX_SORT_KEY_BYTES, PARTITION_KEY, SORT_KEY};

/// An item, or the part of it that is a key.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// An item's key.
pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([(PARTITION_KEY.to_owned(), text(pk)), (SORT_KEY.to_owned(), text(sk))])
}

/// How much of a text that is too long for a sort key is kept in it, in bytes; the rest is a hash.
const KEPT_BYTES: usize = 980;

/// A text as a sort key: itself where it fits, otherwise its beginning and a hash of it all.
pub(crate) fn sort_key(text: String) -> String {
    if text.len() <= MAX_SORT_KEY_BYTES {
        return text;
    }
    let kept = &text[..text.floor_char_boundary(KEPT_BYTES)];
    format!("{kept}#{}", URL_SAFE_NO_PAD.encode(Sha256::digest(&text)))
}

/// The beginning of an item: its key and its format's version.
pub(crate) fn item(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    let mut item = key(pk, sk);
    item.insert(FORMAT.to_owned(), number(FORMAT_VERSION));
    item
}

/// Whether an item can be understood: not one of a format that a later release made. Attributes that aren't known are no
/// hindrance. An item that is told of in part, as an index does, says no format.
pub(crate) fn check_format(item: &Item) -> Result<(), StoreError> {
    let Some(format) = item.get(FORMAT) else { return Ok(()) };
    let format = format.as_n().map_or("?", String::as_str);
    match format.parse::<u32>() {
        Ok(version) if version <= FORMAT_VERSION => Ok(()),
        _ => {
            let problem = format!(
                "is {format}, and this release of Treble reads up to {FORMAT_VERSION}: a later one wrote it, and has to read it"
            );
            Err(corrupt(item, FORMAT, &problem))
        }
    }
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn texts(values: &[String]) -> AttributeValue {
    AttributeValue::L(values.iter().map(text).collect())
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

/// The texts in an attribute.
pub(crate) fn read_texts(item: &Item, name: &str) -> Result<Vec<String>, StoreError> {
    let list = item.get(name).and_then(|value| value.as_l().ok());
    let texts = list.map(|list| list.iter().map(|value| value.as_s().cloned()).collect::<Result<_, _>>());
    texts.and_then(Result::ok).ok_or_else(|| corrupt(item, name, "is missing or no list of texts"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_told_apart_in_a_sort_key_that_fits() {
        let (fits, long) = ("é".repeat(512), "é".repeat(513));
        assert_eq!(sort_key(fits.clone()), fits);
        let cut = sort_key(long.clone());
        assert!(cut.len() <= MAX_SORT_KEY_BYTES && cut.starts_with(&"é".repeat(490)));
        assert_ne!(cut, sort_key(long + "é"));
    }

    #[test]
    fn instants_sort_as_text() {
        let at =
            |nanosecond: i128| Timestamp::from_nanosecond(1_763_000_000_000_000_000 + nanosecond).unwrap();
        let moments = [at(0), at(5), at(1_000_000), at(999_999_999), at(1_000_000_000)];
        let texts: Vec<_> = moments.iter().map(|at| instant(*at).as_s().unwrap().clone()).collect();
        assert!(texts.is_sorted(), "{texts:?}");
    }
}
