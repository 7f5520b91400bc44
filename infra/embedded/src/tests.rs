use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, Put,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TransactWriteItem,
};

use super::*;

const TABLE: &str = "things";

/// A directory of its own, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("treble-embedded-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("treble.db")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn create_table(client: &Client) {
    let attribute = AttributeDefinition::builder()
        .attribute_name("pk")
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap();
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().unwrap();
    client
        .create_table()
        .table_name(TABLE)
        .attribute_definitions(attribute)
        .key_schema(key)
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

fn string(value: &str) -> AttributeValue {
    AttributeValue::S(value.into())
}

async fn put(client: &Client, pk: &str, value: &str) {
    client
        .put_item()
        .table_name(TABLE)
        .item("pk", string(pk))
        .item("value", string(value))
        .send()
        .await
        .unwrap();
}

async fn get(client: &Client, pk: &str) -> Option<String> {
    let reply = client.get_item().table_name(TABLE).key("pk", string(pk)).send().await.unwrap();
    reply.item.map(|item| item["value"].as_s().unwrap().clone())
}

#[tokio::test]
async fn the_sdk_reads_what_it_wrote_and_calls_are_counted() {
    let database = Embedded::memory().unwrap();
    let client = database.sdk_client();
    create_table(&client).await;
    put(&client, "a", "1").await;
    assert_eq!(get(&client, "a").await.as_deref(), Some("1"));
    assert_eq!(get(&client, "b").await, None);

    let expected = BTreeMap::from([("CreateTable", 1), ("GetItem", 2), ("PutItem", 1)]);
    assert_eq!(database.calls(), expected);
    assert_eq!(database.take_calls(), expected);
    assert!(database.calls().is_empty());
}

#[tokio::test]
async fn errors_arrive_as_the_sdk_knows_them() {
    let client = Embedded::memory().unwrap().sdk_client();
    let missing = client.get_item().table_name(TABLE).key("pk", string("a")).send().await.unwrap_err();
    assert!(missing.into_service_error().is_resource_not_found_exception());

    create_table(&client).await;
    put(&client, "a", "1").await;
    let refused = client
        .put_item()
        .table_name(TABLE)
        .item("pk", string("a"))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .unwrap_err();
    let SdkError::ServiceError(refused) = refused else { panic!("{refused:?}") };
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(refused) =
        refused.into_err()
    else {
        panic!("another error")
    };
    assert_eq!(refused.item.unwrap()["value"], string("1"));
}

#[tokio::test]
async fn a_cancelled_transaction_says_which_item_and_why() {
    let client = Embedded::memory().unwrap().sdk_client();
    create_table(&client).await;
    put(&client, "b", "old").await;
    let create = |pk: &str| {
        let put = Put::builder()
            .table_name(TABLE)
            .item("pk", string(pk))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let transaction = client.transact_write_items().transact_items(create("a")).transact_items(create("b"));
    let error = transaction.send().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(error) = error else { panic!("{error:?}") };
    let reasons = error.cancellation_reasons();
    assert_eq!(reasons[0].code(), Some("None"));
    assert_eq!(reasons[1].code(), Some("ConditionalCheckFailed"));
    assert_eq!(reasons[1].item().unwrap()["value"], string("old"));
    assert_eq!(get(&client, "a").await, None);
}

#[tokio::test]
async fn a_file_keeps_what_was_written() {
    for durability in [Durability::Fsync, Durability::Relaxed] {
        let directory = Directory::new(&format!("keeps-{durability:?}"));
        {
            let client = Embedded::open(&directory.file(), durability).unwrap().sdk_client();
            create_table(&client).await;
            put(&client, "a", "1").await;
        }
        let client = Embedded::open(&directory.file(), durability).unwrap().sdk_client();
        assert_eq!(get(&client, "a").await.as_deref(), Some("1"), "{durability:?}");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = Directory::new("refused");
    fs::write(directory.file(), "something else, and longer than a header").unwrap();
    let error = Embedded::open(&directory.file(), Durability::Relaxed).unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    assert!(error.to_string().contains("treble.db"), "{error}");
    assert_eq!(fs::read(directory.file()).unwrap(), b"something else, and longer than a header");
}

#[test]
fn a_damaged_file_is_refused() {
    let directory = Directory::new("damaged");
    drop(Embedded::open(&directory.file(), Durability::Fsync).unwrap());
    let mut bytes = fs::read(directory.file()).unwrap();
    bytes[16..].fill(0xff);
    fs::write(directory.file(), bytes).unwrap();
    let error = Embedded::open(&directory.file(), Durability::Fsync).unwrap_err();
    assert!(matches!(error, OpenError::Unusable { .. }), "{error:?}");
}

#[test]
fn a_directory_that_does_not_exist_is_named() {
    let directory = Directory::new("missing");
    let path = directory.0.join("nowhere/treble.db");
    let error = Embedded::open(&path, Durability::Relaxed).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[test]
fn what_is_no_request_is_answered_not_fatal() {
    let database = Embedded::memory().unwrap();
    let cases: [(&str, &[u8], u16, &str); 5] = [
        ("", b"", 400, "UnknownOperationException"),
        ("DynamoDB_20120810.DropEverything", b"{}", 400, "UnknownOperationException"),
        ("GetItem", b"{}", 400, "UnknownOperationException"),
        ("DynamoDB_20120810.GetItem", b"\xff", 400, "SerializationException"),
        ("DynamoDB_20120810.GetItem", b"{}", 400, "ValidationException"),
    ];
    for (target, body, status, kind) in cases {
        let (got, reply) = database.dispatch(target, body);
        let reply = String::from_utf8(reply).unwrap();
        assert_eq!(got, status, "{target} {reply}");
        assert!(reply.contains(kind), "{target} {reply}");
    }
    assert_eq!(database.calls()["unknown"], 3);
}
