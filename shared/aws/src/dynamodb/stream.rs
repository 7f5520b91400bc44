//! The stream of the hooks table: each write of an item, with what was there before and what is there after.
//!
//! On AWS, template.yaml turns it on; [`enable_stream`] does on emulators. The embedded database has none.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::operation::update_table::UpdateTableError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, StreamSpecification, StreamViewType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use treble_core::change::Change;
use treble_core::ports::StoreError;

use super::hooks::hook_of;
use super::item::Item;

/// The kind of stream that changes can be told from.
const VIEW: StreamViewType = StreamViewType::NewAndOldImages;

/// Why no change can be told from a record of a stream.
#[derive(Debug, thiserror::Error)]
pub enum StreamRecordError {
    /// It is no record of a stream.
    #[error("this is no record of a DynamoDB stream")]
    NoRecord(#[from] serde_json::Error),
    /// An attribute is no base64.
    #[error("a record has a binary attribute that is no base64")]
    Binary(#[from] base64::DecodeError),
    /// The stream doesn't have what it takes.
    #[error("the stream's view is {0}: it must be {VIEW}")]
    View(String),
    /// An item is no hook, though it is where hooks are.
    #[error(transparent)]
    Hook(#[from] StoreError),
}

/// A record, as Lambda delivers it.
#[derive(Deserialize)]
struct Record {
    dynamodb: Write,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Write {
    new_image: Option<HashMap<String, Attribute>>,
    old_image: Option<HashMap<String, Attribute>>,
    stream_view_type: Option<String>,
}

/// An attribute in DynamoDB's JSON.
#[derive(Deserialize)]
enum Attribute {
    S(String),
    N(String),
    B(String),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(bool),
    #[serde(rename = "SS")]
    Texts(Vec<String>),
    #[serde(rename = "NS")]
    Numbers(Vec<String>),
    #[serde(rename = "BS")]
    Blobs(Vec<String>),
    L(Vec<Attribute>),
    M(HashMap<String, Attribute>),
}

/// By what a record's stream can be read again from there.
pub fn sequence_number(record: &Value) -> Option<&str> {
    record.pointer("/dynamodb/SequenceNumber")?.as_str()
}

/// What a record of the stream, in the JSON of Lambda's events, says that changed: mostly nothing, as groups and bindings
/// are in the same table, and most writes of hooks are no news.
///
/// # Errors
/// When it can't be read.
pub fn changes(record: &Value) -> Result<Vec<Change>, StreamRecordError> {
    let Record { dynamodb: write } = Record::deserialize(record)?;
    if let Some(view) = write.stream_view_type.filter(|view| view != VIEW.as_str()) {
        return Err(StreamRecordError::View(view));
    }
    let hook = |image: Option<_>| match image.map(item).transpose()? {
        Some(item) => hook_of(&item).map_err(StreamRecordError::from),
        None => Ok(None),
    };
    let (old, new) = (hook(write.old_image)?, hook(write.new_image)?);
    Ok(Change::between(old.as_ref(), new.as_ref()))
}

fn item(image: HashMap<String, Attribute>) -> Result<Item, StreamRecordError> {
    image.into_iter().map(|(name, value)| Ok((name, value.try_into()?))).collect()
}

impl TryFrom<Attribute> for AttributeValue {
    type Error = StreamRecordError;

    fn try_from(attribute: Attribute) -> Result<Self, StreamRecordError> {
        let blob = |text: String| Ok::<_, StreamRecordError>(Blob::new(STANDARD.decode(text)?));
        Ok(match attribute {
            Attribute::S(text) => Self::S(text),
            Attribute::N(digits) => Self::N(digits),
            Attribute::B(text) => Self::B(blob(text)?),
            Attribute::Bool(value) => Self::Bool(value),
            Attribute::Null(value) => Self::Null(value),
            Attribute::Texts(texts) => Self::Ss(texts),
            Attribute::Numbers(numbers) => Self::Ns(numbers),
            Attribute::Blobs(texts) => Self::Bs(texts.into_iter().map(blob).collect::<Result<_, _>>()?),
            Attribute::L(list) => Self::L(list.into_iter().map(Self::try_from).collect::<Result<_, _>>()?),
            Attribute::M(map) => Self::M(item(map)?),
        })
    }
}

/// Why a table has no stream.
#[derive(Debug, thiserror::Error)]
pub enum EnableStreamError {
    /// Whether it has one can't be found out.
    #[error("the stream of table {table} can't be read")]
    Describe {
        /// The table's name.
        table: String,
        /// What DynamoDB answered.
        #[source]
        source: Box<SdkError<DescribeTableError>>,
    },
    /// It can't be given one.
    #[error("the stream of table {table} can't be turned on")]
    Enable {
        /// The table's name.
        table: String,
        /// What DynamoDB answered.
        #[source]
        source: Box<SdkError<UpdateTableError>>,
    },
    /// A description is incomplete.
    #[error("a stream's description is incomplete")]
    Description(#[from] aws_sdk_dynamodb::error::BuildError),
}

/// Turns the stream of a table on, unless it is. Not for the embedded database, whose writes a stream makes slower and
/// slower.
///
/// # Errors
/// When that fails.
pub async fn enable_stream(client: &Client, table: &str) -> Result<(), EnableStreamError> {
    // Turning on what is on is an error, so this looks first.
    let described = client
        .describe_table()
        .table_name(table)
        .send()
        .await
        .map_err(|error| EnableStreamError::Describe { table: table.into(), source: Box::new(error) })?;
    let stream = described.table.and_then(|table| table.stream_specification);
    if stream.is_some_and(|stream| stream.stream_enabled) {
        return Ok(());
    }
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(VIEW).build()?;
    let enabled = client.update_table().table_name(table).stream_specification(stream).send().await;
    enabled
        .map(drop)
        .map_err(|error| EnableStreamError::Enable { table: table.into(), source: Box::new(error) })
}

#[cfg(test)]
mod tests;
