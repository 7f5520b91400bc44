//! From an operation's name and JSON to the database's method, and back.

use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::{Database, DynoxideError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// The name under which calls of no known operation are counted.
const UNKNOWN: &str = "unknown";

/// The operations: what Treble and the tools around it use. No streams: they slow the writes down with
/// their length.
const OPERATIONS: &[&str] = &[
    "BatchExecuteStatement",
    "BatchGetItem",
    "BatchWriteItem",
    "CreateTable",
    "DeleteItem",
    "DeleteTable",
    "DescribeTable",
    "DescribeTimeToLive",
    "GetItem",
    "ListTables",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
    "UpdateTable",
    "UpdateTimeToLive",
];

/// The operation that a request's target names.
pub(crate) fn operation(target: &str) -> &'static str {
    let name = target.strip_prefix(TARGET_PREFIX).unwrap_or_default();
    OPERATIONS.iter().find(|known| **known == name).copied().unwrap_or(UNKNOWN)
}

/// Whether the operation touches one item, by its key.
pub(crate) fn is_point_access(target: &str) -> bool {
    matches!(operation(target), "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem")
}

/// Carries out a request; returns the HTTP status and the reply.
pub(crate) fn dispatch(database: &Database, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let db = database;
    let reply = match operation {
        "BatchExecuteStatement" => run(body, |request| db.batch_execute_statement(request)),
        "BatchGetItem" => run(body, |request| db.batch_get_item(request)),
        "BatchWriteItem" => run(body, |request| db.batch_write_item(request)),
        "CreateTable" => run(body, |request| db.create_table(request)),
        "DeleteItem" => run(body, |request| db.delete_item(request)),
        "DeleteTable" => run(body, |request| db.delete_table(request)),
        "DescribeTable" => run(body, |request| db.describe_table(request)),
        "DescribeTimeToLive" => run(body, |request| db.describe_time_to_live(request)),
        "GetItem" => run(body, |request| db.get_item(request)),
        "ListTables" => run(body, |request| db.list_tables(request)),
        "PutItem" => run(body, |request| db.put_item(request)),
        "Query" => run(body, |request| db.query(request)),
        "Scan" => run(body, |request| db.scan(request)),
        "TransactGetItems" => run(body, |request| db.transact_get_items(request)),
        "TransactWriteItems" => run(body, |mut request: TransactWriteItemsRequest| {
            // The token is for calls that are repeated, which calls in process aren't, and the database would
            // keep each in memory for ten minutes.
            request.client_request_token = None;
            db.transact_write_items(request)
        }),
        "UpdateItem" => run(body, |request| db.update_item(request)),
        "UpdateTable" => run(body, |request| db.update_table(request)),
        "UpdateTimeToLive" => run(body, |request| db.update_time_to_live(request)),
        _ => return unknown_operation(),
    };
    match reply {
        Ok(reply) => (200, reply),
        Err(error) => (error.status_code(), error.to_json().into_bytes()),
    }
}

fn run<Q, R>(body: &[u8], method: impl FnOnce(Q) -> Result<R>) -> Result<Vec<u8>>
where
    Q: DeserializeOwned,
    R: Serialize,
{
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error.to_string()))?;
    let reply = method(request)?;
    serde_json::to_vec(&reply).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The library's readers of requests say by a prefix of the message which error they mean.
fn unreadable(message: &str) -> DynoxideError {
    match message.split_once(':') {
        Some((kind, rest)) if kind.starts_with("VALIDATION") => {
            DynoxideError::ValidationException(rest.into())
        }
        Some((kind, rest)) if kind.starts_with("SERIALIZATION") => {
            DynoxideError::SerializationException(rest.into())
        }
        _ => DynoxideError::SerializationException(message.into()),
    }
}

fn unknown_operation() -> (u16, Vec<u8>) {
    let body = json!({ "__type": "com.amazon.coral.service#UnknownOperationException" });
    (400, body.to_string().into_bytes())
}

/// The reply to a call that could not be made.
pub(crate) fn internal_error(message: &str) -> (u16, Vec<u8>) {
    (500, DynoxideError::InternalServerError(message.to_owned()).to_json().into_bytes())
}
