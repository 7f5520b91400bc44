//! Calls that are not answered as they would like.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::Level;

use super::{MOUNT, Platform, header, members};
use crate::request::{Body, Request};
use crate::taskcluster::done::Done;
use crate::taskcluster::error::Code;

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn who_calls_shows_one_of_the_tokens() {
    let platform = Platform::with_tokens(&["pre-add-node"], &["the first", "second"]).await;
    let cases = [
        (Some("Bearer second"), true),
        (Some("bearer  second "), true),
        (Some("Bearer the first"), true),
        (Some("Bearer secon"), false),
        (Some("Bearer secondx"), false),
        (Some("Bearer "), false),
        (Some("Bearer"), false),
        (Some("Basic second"), false),
        (Some("second"), false),
        (Some("Bearer grün"), false),
        (None, false),
    ];
    for (authorization, known) in cases {
        let mut headers = vec![JSON];
        headers.extend(authorization.map(|value| ("authorization", value)));
        let response = platform.send("PreAddNode", &headers, members(&["clusterId"]).to_string()).await;
        let status = if known { 200 } else { 401 };
        assert_eq!(response.status(), status, "{authorization:?}");
        let done = response.extensions().get::<Done>().unwrap();
        assert_eq!((done.route, done.code), ("PreAddNode", (!known).then_some(Code::AuthenticationFailed)));
        if !known {
            let error: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
            assert_eq!(error["code"], "unauthenticated", "{authorization:?}");
            assert_eq!(header(response.headers(), "www-authenticate"), "Bearer");
        }
        assert_eq!(platform.world.heard().len(), usize::from(known), "{authorization:?}");
    }
}

#[tokio::test]
async fn what_a_call_is_about_must_be_said() {
    let platform = Platform::new(&["pre-add-node"]).await;
    let invalid = |message: &str| (400, "invalid_argument".to_owned(), message.to_owned());
    let cluster = invalid("cluster_id is empty: say which one it is about");
    for method in ["PreCreateCluster", "PreAddNode", "PreRemoveNode", "PreDeleteCluster"] {
        assert_eq!(platform.fails(method, members(&["nodeId"])).await, cluster, "{method}");
        let method = method.replace("Pre", "Post");
        assert_eq!(platform.fails(&method, members(&["nodeId"])).await, cluster, "{method}");
    }
    for method in ["PreRemoveNode", "PostRemoveNode"] {
        let node = invalid("node_id is empty: say which one it is about");
        assert_eq!(platform.fails(method, members(&["clusterId"])).await, node, "{method}");
    }
    for method in ["PreCreateCluster", "PostCreateCluster", "PreAddNode", "PostAddNode"] {
        let count = invalid("node_count is -1: there can't be fewer than 0");
        assert_eq!(
            platform.fails(method, json!({"clusterId": "1", "nodeCount": -1})).await,
            count,
            "{method}"
        );
    }
    assert!(platform.world.heard().is_empty());
}

#[tokio::test]
async fn what_is_no_request_is_told() {
    let platform = Platform::new(&["pre-add-node"]).await;
    let (status, code, _) = platform.fails("PreAddNode", json!({"clusterId": 1})).await;
    assert_eq!((status, &*code), (400, "invalid_argument"));
    let (status, code, _) = platform.fails("PreFly", json!({})).await;
    assert_eq!((status, &*code), (404, "unimplemented"));
    let odd = platform.send("PreAddNode", &[("content-type", "text/plain")], "x").await;
    assert_eq!(odd.status(), 415);
    // What is not known is left, as Connect has it.
    let (status, _) = platform.json("PreAddNode", json!({"clusterId": "1", "color": "red"})).await;
    assert_eq!(status, 200);
    assert_eq!(platform.world.heard().remove(0).body.get("color"), None);
}

#[tokio::test]
async fn bodies_have_bounds() {
    let platform = Platform::new(&["pre-add-node"]).await;
    for (body, status, code) in
        [(Body::TooLarge, 429, "resource_exhausted"), (Body::Incomplete, 400, "invalid_argument")]
    {
        let request = http::Request::builder().method("POST").uri(format!("{MOUNT}PreAddNode"));
        let mut request = Request::complete(request.header(JSON.0, JSON.1).body(Default::default()).unwrap());
        request.body = body;
        let response = platform.connect.respond(&request).await;
        assert_eq!(response.status(), status);
        let error: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(error["code"], code);
    }
}

/// What is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_goes_wrong_inside_is_for_the_log_and_the_session_is_not() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let platform = Platform::new(&["pre-add-node", "post-add-node"]).await;
    let request = json!({"clusterId": "the-cluster", "authId": "the-session"});
    let logged = || String::from_utf8(std::mem::take(&mut *log.0.lock().unwrap())).unwrap();
    let (status, _) = platform.json("PreAddNode", request.clone()).await;
    assert_eq!(status, 200);
    let text = logged();
    assert!(text.contains("the-cluster") && text.contains("pre-add-node"), "{text}");
    assert!(!text.contains("the-session"), "{text}");

    platform.world.queue_is_down.store(true, Ordering::Relaxed);
    let (status, code, message) = platform.fails("PostAddNode", request.clone()).await;
    assert_eq!((status, &*code), (503, "unavailable"));
    let text = logged();
    assert!(text.contains("secret-host is away") && !message.contains("secret-host"), "{text} {message}");

    platform.world.store_is_down.store(true, Ordering::Relaxed);
    for method in ["PreAddNode", "PostAddNode"] {
        let (status, code, message) = platform.fails(method, request.clone()).await;
        assert_eq!((status, &*code), (503, "unavailable"), "{method}");
        let text = logged();
        assert!(text.contains("secret-host refused") && !message.contains("secret-host"), "{text} {message}");
        assert!(!text.contains("the-session"), "{text}");
    }
}

#[tokio::test]
async fn a_panic_is_an_error_like_any_other() {
    let platform = Platform::new(&["pre-add-node"]).await;
    platform.world.answer("one", 1, json!({}));
    let (status, code, message) = platform.fails("PreAddNode", members(&["clusterId"])).await;
    assert_eq!((status, &*code), (500, "internal"));
    assert!(message.starts_with("Internal error, incidentId "), "{message}");
}
