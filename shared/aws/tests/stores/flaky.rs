//! A database that refuses for a while: conflicts pass, an outage is told as one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use treble_aws::dynamodb::DynamoHooks;
use treble_core::ports::{CreateOutcome, HookStore, StoreError};
use treble_embedded::Embedded;

use crate::support::{Stores, hook, updated};

/// Answers the first `failures` requests with `reply`, the others from the database.
#[derive(Debug, Clone)]
struct Flaky {
    database: Embedded,
    failures: usize,
    reply: Value,
    requests: Arc<AtomicUsize>,
}

impl HttpClient for Flaky {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Flaky {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, reply) = if self.requests.fetch_add(1, Ordering::Relaxed) < self.failures {
            (400, self.reply.to_string().into_bytes())
        } else {
            let target = request.headers().get("x-amz-target").unwrap();
            self.database.dispatch(target, request.body().bytes().unwrap())
        };
        let status = StatusCode::try_from(status).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(reply))))
    }
}

fn flaky(stores: &Stores, failures: usize, reply: Value) -> (DynamoHooks, Flaky) {
    let flaky = Flaky { database: stores.database.clone(), failures, reply, requests: Arc::default() };
    let config = stores.client.config().to_builder().http_client(flaky.clone()).build();
    (DynamoHooks::new(Client::from_conf(config), &stores.names.hooks), flaky)
}

fn cancelled(codes: &[&str]) -> Value {
    let reasons: Vec<_> = codes.iter().map(|code| json!({ "Code": code })).collect();
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled",
        "CancellationReasons": reasons,
    })
}

fn conflict() -> Value {
    json!({ "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException", "message": "busy" })
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_meets_another_is_tried_again() {
    let stores = Stores::new().await;
    for (number, code) in ["TransactionConflict", "ThrottlingError"].into_iter().enumerate() {
        let (hooks, flaky) = flaky(&stores, 7, cancelled(&["None", code]));
        let outcome = hooks.create(&hook(&format!("g/{number}"), &[])).await.unwrap();
        assert_eq!(outcome, CreateOutcome::Created);
        assert_eq!(flaky.requests.load(Ordering::Relaxed), 8);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_meets_others_for_ever_is_given_up() {
    let stores = Stores::new().await;
    let (hooks, flaky) = flaky(&stores, usize::MAX, cancelled(&["None", "TransactionConflict"]));
    let error = hooks.create(&hook("g/h", &[])).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert_eq!(error.to_string(), "the store failed to create hook g/h");
    assert_eq!(flaky.requests.load(Ordering::Relaxed), 10);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_can_not_pass_is_not_tried_again() {
    let stores = Stores::new().await;
    let (hooks, flaky) = flaky(&stores, usize::MAX, cancelled(&["ItemCollectionSizeLimitExceeded", "None"]));
    assert!(matches!(hooks.create(&hook("g/h", &[])).await, Err(StoreError::Unavailable { .. })));
    assert_eq!(flaky.requests.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_single_write_that_meets_a_transaction_is_tried_again() {
    let stores = Stores::new().await;
    let old = hook("g/h", &[]);
    stores.hooks.create(&old).await.unwrap();
    let (hooks, _) = flaky(&stores, 3, conflict());
    assert!(hooks.replace(&old, &updated(&old, |_| ())).await.unwrap());
    let (hooks, flaky) = flaky(&stores, usize::MAX, conflict());
    let error = hooks.set_token_generation(&old, 7).await.unwrap_err();
    assert_eq!(error.to_string(), "the store failed to reset the trigger token of hook g/h");
    assert_eq!(flaky.requests.load(Ordering::Relaxed), 8);
}

#[tokio::test]
async fn a_refusal_without_the_item_is_looked_after() {
    let stores = Stores::new().await;
    let first = hook("g/h", &[]);
    stores.hooks.create(&first).await.unwrap();
    // An emulator that doesn't return the item that was in the way.
    let (hooks, flaky) = flaky(&stores, 1, cancelled(&["ConditionalCheckFailed", "None"]));
    assert_eq!(hooks.create(&first).await.unwrap(), CreateOutcome::Exists(Box::new(first)));
    assert_eq!(flaky.requests.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_hook_that_was_in_the_way_and_is_gone_is_created() {
    let stores = Stores::new().await;
    let (hooks, _) = flaky(&stores, 1, cancelled(&["ConditionalCheckFailed", "None"]));
    assert_eq!(hooks.create(&hook("g/h", &[])).await.unwrap(), CreateOutcome::Created);
}
