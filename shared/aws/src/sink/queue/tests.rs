use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hawk::{Header, Key, RequestBuilder, SHA256};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use treble_core::firing::{FiredBy, Firing};
use treble_core::slugid::SlugId;

use super::*;
use crate::http::one_shot::{Then, server};
use crate::stub::{Sent, Step, Stub};

const TOKEN: &str = "no-secret-of-anybody";
/// In the MAC it is in lower case.
const HOST: &str = "tc.example.com";
const BUDGET: Duration = Duration::from_secs(20);

fn now() -> Timestamp {
    "2026-11-21T10:00:00.9Z".parse().unwrap()
}

fn credentials(certificate: Option<&str>) -> QueueCredentials {
    QueueCredentials::new("project/treble", TOKEN, certificate).unwrap()
}

/// A sink whose waits are the longest that may be.
fn sink(stub: &Stub) -> QueueSink {
    let root_url = "https://TC.example.com/".parse().unwrap();
    let sink = QueueSink::new(HttpClient::over(stub.clone()), root_url, credentials(None));
    QueueSink { now, random: || Ok(u64::MAX), ..sink }
}

fn firing() -> Firing {
    Firing {
        task_id: SlugId::from_bytes([7; 16]),
        hook: "g/a/b".parse().unwrap(),
        fired_by: FiredBy::Schedule,
        payload: None,
        client_id: None,
        created: now(),
        trace: None,
    }
}

async fn create(sink: &QueueSink) -> Result<CreatedTask, SinkError> {
    create_within(BUDGET, sink).await
}

async fn create_within(budget: Duration, sink: &QueueSink) -> Result<CreatedTask, SinkError> {
    let (firing, definition) = (firing(), json!({"b": 1, "a": "é"}));
    sink.create_task(NewTask { firing: &firing, definition: &definition, budget }).await
}

/// What the Queue answers when it has the task.
fn taken() -> Step {
    Step::json(200, &json!({"status": {"taskId": "BwcHBwcHRweHBwcHBwcHBw", "state": "pending"}}))
}

/// An error of the Queue's.
fn refused(status: u16, code: &str, message: &str) -> Step {
    let info =
        json!({"method": "createTask", "params": {}, "payload": {}, "time": "2026-11-21T10:00:00.000Z"});
    Step::json(status, &json!({"code": code, "message": message, "requestInfo": info}))
}

/// When each call was made, in seconds after the first.
fn times(stub: &Stub) -> Vec<f64> {
    let sent = stub.sent();
    // The runtime's clock counts milliseconds.
    sent.iter().map(|call| (call.at - sent[0].at).as_millis() as f64 / 1000.0).collect()
}

/// Checks a call's header with the protocol's published implementation, and returns `ext`.
fn verified(header: &str, host: &str, port: u16, resource: &str, body: &[u8]) -> Value {
    let header: Header = header.strip_prefix("Hawk ").unwrap().parse().unwrap();
    let hash = hawk::PayloadHasher::hash("application/json", SHA256, body).unwrap();
    let request = RequestBuilder::new("PUT", host, port, resource).hash(&hash[..]).request();
    let key = Key::new(TOKEN, SHA256).unwrap();
    let skew = Duration::from_secs(10 * 365 * 86400);
    assert!(request.validate_header(&header, &key, skew), "{header}");
    assert_eq!(header.id.as_deref(), Some("project/treble"));
    assert_eq!(header.hash, Some(hash), "the body is covered");
    serde_json::from_slice(&STANDARD.decode(header.ext.unwrap()).unwrap()).unwrap()
}

fn verified_at(sent: &Sent, host: &str, port: u16) -> Value {
    let (_, resource) = sent.uri.split_once("://").unwrap().1.split_once('/').unwrap();
    verified(sent.header("authorization").unwrap(), host, port, &format!("/{resource}"), &sent.body)
}

#[tokio::test]
async fn a_call_has_the_authority_of_its_hook() {
    let stub = Stub::new([taken()]);
    let created = create(&sink(&stub)).await.unwrap();
    assert_eq!(created.status, Some(json!({"taskId": "BwcHBwcHRweHBwcHBwcHBw", "state": "pending"})));

    let sent = &stub.sent()[0];
    assert_eq!(sent.method, "PUT");
    assert_eq!(sent.uri, "https://TC.example.com/api/queue/v1/task/BwcHBwcHRweHBwcHBwcHBw");
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(sent.body, "{\"b\":1,\"a\":\"é\"}".as_bytes());
    assert_eq!(verified_at(sent, HOST, 443), json!({"authorizedScopes": ["assume:hook-id:g/a/b"]}));
    assert!(sent.header("authorization").unwrap().contains("ts=\"1795255200\""), "{sent:?}");
}

#[tokio::test]
async fn temporary_credentials_come_with_their_certificate() {
    let certificate = json!({"version": 1, "scopes": ["assume:hook-id:*"], "seed": "abc"});
    let stub = Stub::new([taken()]);
    let text = certificate.to_string();
    create(&QueueSink { credentials: credentials(Some(&text)), ..sink(&stub) }).await.unwrap();
    let expected = json!({"authorizedScopes": ["assume:hook-id:g/a/b"], "certificate": certificate});
    assert_eq!(verified_at(&stub.sent()[0], HOST, 443), expected);
}

#[tokio::test]
async fn the_port_is_that_of_the_address() {
    for (root_url, host, port) in [
        ("http://tc.example.com", HOST, 80),
        ("http://tc.example.com:443", HOST, 443),
        ("https://tc:8443/x", "tc", 8443),
    ] {
        let stub = Stub::new([taken()]);
        create(&QueueSink { root_url: root_url.parse().unwrap(), ..sink(&stub) }).await.unwrap();
        verified_at(&stub.sent()[0], host, port);
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_is_waited_out() {
    let late = || Step::Answer(503, vec![("retry-after", "3".to_owned())], String::new());
    let dated =
        Step::Answer(429, vec![("retry-after", "Sat, 21 Nov 2026 10:00:04 GMT".to_owned())], String::new());
    let past =
        Step::Answer(429, vec![("retry-after", "Sat, 21 Nov 2026 09:00:00 GMT".to_owned())], String::new());
    let server = || refused(500, "InternalServerError", "Internal Server Error");
    let table = [
        ("errors of the Queue's", vec![server(), server(), taken()], vec![0.0, 0.2, 0.6]),
        ("refused connections", vec![Step::Refuse, Step::Refuse, taken()], vec![0.0, 0.2, 0.6]),
        ("no answer", vec![Step::Hang, taken()], vec![0.0, 10.2]),
        ("a proxy's errors", vec![Step::text(502, "<html>"), taken()], vec![0.0, 0.2]),
        ("a redirect", vec![Step::text(302, ""), taken()], vec![0.0, 0.2]),
        (
            "no status",
            vec![Step::text(200, "<html>"), Step::json(200, &json!({})), taken()],
            vec![0.0, 0.2, 0.6],
        ),
        ("a huge body", vec![Step::text(200, &"[".repeat(2 << 20)), taken()], vec![0.0, 0.2]),
        ("a time to come again", vec![late(), taken()], vec![0.0, 3.0]),
        ("a date to come again", vec![dated, taken()], vec![0.0, 4.0]),
        ("a date that is over", vec![past, taken()], vec![0.0, 0.2]),
        ("a slow answer", vec![Step::After(Duration::from_secs(9), Box::new(taken()))], vec![0.0]),
    ];
    for (what, script, expected) in table {
        let stub = Stub::new(script);
        create(&sink(&stub)).await.unwrap();
        assert_eq!(times(&stub), expected, "{what}");
        for sent in stub.sent() {
            verified_at(&sent, HOST, 443);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_that_lasts_is_told() {
    let step = |seconds: &str| Step::Answer(503, vec![("retry-after", seconds.to_owned())], String::new());
    let unknown = "the queue answered 503: Unknown Server Error";
    let internal = refused(500, "InternalServerError", "Internal Server Error, incidentId x.");
    let told = "the queue answered 500: InternalServerError: Internal Server Error, incidentId x.";
    for (step, reason, status, seconds) in [
        (internal, told, Some(500), 16),
        (Step::Refuse, "the queue refused the connection", None, 16),
        (Step::Hang, "the queue did not answer within 10 s", None, 20),
        (Step::text(500, "<html>"), "the queue answered 500: Unknown Server Error", Some(500), 16),
        (
            Step::json(500, &json!({"message": "no"})),
            "the queue answered 500: Unknown Server Error",
            Some(500),
            16,
        ),
        (Step::text(200, "<html>"), "the queue answered 200 without the task's status", Some(200), 16),
        (step("21"), unknown, Some(503), 0),
        (step("18446744073709551615"), unknown, Some(503), 0),
    ] {
        let stub = Stub::new(std::iter::repeat_n(step, 20));
        let start = Instant::now();
        let failure = create(&sink(&stub)).await.unwrap_err();
        let SinkError::Unavailable { reason: told, status: answered, .. } = failure else {
            panic!("{failure:?}")
        };
        assert_eq!((told.as_str(), answered), (reason, status));
        assert_eq!(start.elapsed().as_secs(), seconds, "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_no_time_is_not_made() {
    for (millis, calls) in [(10_399, 1), (10_401, 2)] {
        let stub = Stub::new([Step::Hang, taken()]);
        let created = create_within(Duration::from_millis(millis), &sink(&stub)).await;
        assert_eq!((created.is_ok(), stub.sent().len()), (calls == 2, calls), "{millis}");
    }
}

#[tokio::test]
async fn a_refusal_is_final_and_in_the_queues_words() {
    let missing = "Client ID project/treble does not have sufficient scopes\n\n---\n\n* method: createTask";
    for (status, code, message) in [
        (400, "InputError", "The task's deadline is over"),
        (401, "AuthenticationFailed", "Unauthorized: Stale timestamp"),
        (403, "InsufficientScopes", missing),
        (409, "RequestConflict", "taskId BwcHBwcHRweHBwcHBwcHBw already used by another task"),
    ] {
        let stub = Stub::new([refused(status, code, message)]);
        let failure = create(&sink(&stub)).await.unwrap_err();
        assert_eq!(failure.to_string(), message);
        let SinkError::Rejected { status: told, code: named, body: Some(body), .. } = failure else {
            panic!("{failure:?}")
        };
        assert_eq!((told, named.as_str()), (status, code));
        assert_eq!(body["requestInfo"]["method"], "createTask");
        assert_eq!(body["message"], message);
    }
}

#[tokio::test]
async fn a_refusal_by_somebody_else_is_final_too() {
    for body in [
        "",
        "<html>",
        "{",
        "[1]",
        "{\"code\": \"x\", \"message\": \"y\"}",
        "{\"requestInfo\": {}, \"code\": 1}",
    ] {
        let stub = Stub::new([Step::text(404, body)]);
        let failure = create(&sink(&stub)).await.unwrap_err();
        assert_eq!(failure.to_string(), "Unknown Server Error");
        let SinkError::Rejected { status: 404, code, body: told, .. } = failure else {
            panic!("{failure:?}")
        };
        assert_eq!(code, "UnknownServerError");
        assert_eq!(told, serde_json::from_str(body).ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_is_one_ping() {
    let unknown = "the sink is unavailable: the queue answered 502: Unknown Server Error";
    for (step, expected) in [
        (Step::json(200, &json!({"alive": true, "uptime": 1.5})), None),
        (Step::text(502, "<html>"), Some(unknown)),
        (Step::Refuse, Some("the sink is unavailable: the queue refused the connection")),
        (Step::Hang, Some("the sink is unavailable: the queue did not answer within 5 s")),
    ] {
        let stub = Stub::new([step]);
        let found = sink(&stub).check().await;
        assert_eq!(found.map_err(|error| error.to_string()).err().as_deref(), expected);
        let sent = &stub.sent()[0];
        assert_eq!(
            (sent.method.as_str(), sent.uri.as_str()),
            ("GET", "https://TC.example.com/api/queue/v1/ping")
        );
        assert_eq!(sent.header("authorization"), None);
    }
}

#[tokio::test]
async fn over_the_network_a_call_is_signed_for_the_host_that_it_names() {
    let body = r#"{"status":{"state":"pending"}}"#;
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let (origin, serving) = server(answer, Then::Close).await;
    let sink = QueueSink::new(HttpClient::new(), origin.parse().unwrap(), credentials(None));
    let created = create(&sink).await.unwrap();
    assert_eq!(created.status, Some(json!({"state": "pending"})));

    let request = serving.await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = |name| head.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let (host, port) = header("host: ").split_once(':').unwrap();
    let resource = head.split(' ').nth(1).unwrap();
    verified(header("authorization: "), host, port.parse().unwrap(), resource, body.as_bytes());
}

#[tokio::test]
async fn over_the_network_a_refused_connection_is_called_that() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let root_url = format!("http://{address}").parse().unwrap();
    let sink = QueueSink::new(HttpClient::new(), root_url, credentials(None));
    let failure = sink.check().await.unwrap_err();
    assert_eq!(failure.to_string(), "the sink is unavailable: the queue refused the connection");
}

#[test]
fn credentials_are_checked() {
    let new =
        |id, certificate| QueueCredentials::new(id, TOKEN, certificate).map_err(|error| error.to_string());
    assert_eq!(new("a\"b", None).unwrap_err(), "the client id \"a\\\"b\" is none of Taskcluster's");
    assert!(new("", None).is_err());
    for certificate in ["x", "[]", "null", "\"{}\""] {
        let expected = "the certificate must be the JSON object that came with the temporary credentials";
        assert_eq!(new("a", Some(certificate)).unwrap_err(), expected);
    }
    for certificate in [None, Some(""), Some("{}")] {
        new("a", certificate).unwrap();
    }
    let sink = format!("{:?} {:?}", sink(&Stub::default()), credentials(None));
    assert!(!sink.contains(TOKEN), "{sink}");
}
