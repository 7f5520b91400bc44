use std::error::Error;

use serde_json::json;

use super::*;
use crate::http::one_shot::{Then, server};
use crate::stub::{Step, Stub};

fn service(api_url: &str) -> CdsService {
    CdsService {
        api_url: api_url.parse().unwrap(),
        token: Some("t0ken".into()),
        name: "treble".into(),
        public_url: "https://hooks.example.com".into(),
    }
}

fn client(stub: &Stub) -> CdsClient {
    CdsClient::new(HttpClient::over(stub.clone()), service("http://cds.example.com/api/"))
}

fn run() -> WorkflowRun {
    WorkflowRun {
        project: "KEY".into(),
        workflow: "a/b c?é".into(),
        uuid: "u".into(),
        payload: [("git.branch".to_owned(), "master".to_owned())].into(),
    }
}

#[tokio::test]
async fn a_registration_says_who_we_are_and_gets_the_hash() {
    let stub = Stub::new([Step::json(200, &json!({"id": 1, "hash": "h4sh"}))]);
    let registration = client(&stub).register(&json!({"now": "x"})).await.unwrap();
    assert_eq!(registration.hash, "h4sh");
    let sent = stub.sent().remove(0);
    assert_eq!((&*sent.method, &*sent.uri), ("POST", "http://cds.example.com/api/services/register"));
    assert_eq!(sent.header("x_auth_header"), None);
    let expected = json!({
        "name": "treble", "type": "hooks", "http_url": "https://hooks.example.com", "token": "t0ken",
        "monitoring_status": {"now": "x"},
    });
    assert_eq!(sent.json(), expected);
}

#[tokio::test]
async fn a_run_is_asked_for_with_the_hash_on_the_wire() {
    let answer = "HTTP/1.1 202 Accepted\r\ncontent-length: 10\r\n\r\n{\"num\": 7}";
    let (origin, serving) = server(answer, Then::Close).await;
    let client = CdsClient::new(HttpClient::new(), service(&origin));
    assert_eq!(client.run_workflow("h4sh", &run()).await.unwrap(), 7);
    let request = serving.await.unwrap();
    assert!(
        request.starts_with("POST /project/KEY/workflows/a%2Fb%20c%3F%C3%A9/runs HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("\r\nx_auth_header: aDRzaA==\r\n"), "{request}");
    let body = "\r\n\r\n{\"hook\":{\"uuid\":\"u\",\"payload\":{\"git.branch\":\"master\"}}}";
    assert!(request.ends_with(body), "{request}");
}

#[tokio::test]
async fn hooks_are_listed() {
    let hooks = json!([
        {"id": 1, "uuid": "a", "model": {"name": "WebHook", "type": "builtin"}, "config": {"project": {"value": "P"}}},
        {"uuid": "b", "hook_model_name": "Scheduler"},
    ]);
    let stub = Stub::new([Step::json(200, &hooks), Step::text(200, "null"), Step::text(200, "[]")]);
    let listed = client(&stub).list_hooks("h4sh").await.unwrap();
    assert_eq!(listed.iter().map(|hook| &*hook.uuid).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(listed[0].config.get("project"), Some("P"));
    let sent = stub.sent().remove(0);
    assert_eq!((&*sent.method, &*sent.uri), ("GET", "http://cds.example.com/api/workflow/hook"));
    assert_eq!(sent.header("x_auth_header"), Some("aDRzaA=="));
    for _ in 0..2 {
        assert!(client(&stub).list_hooks("h4sh").await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_fails_says_how() {
    let long = "é".repeat(1000);
    let cut = format!("CDS answered 500: {}", "é".repeat(512));
    for (step, expected) in [
        (Step::Refuse, "CDS is unavailable: the connection was refused"),
        (Step::Hang, "CDS is unavailable: there was no answer within 10s"),
        (Step::text(503, ""), "CDS is unavailable: it answered 503: it says no more"),
        (Step::text(502, "<html>"), "CDS is unavailable: it answered 502: <html>"),
        (
            Step::json(401, &json!({"id": 6, "status": 401, "message": "not authorized"})),
            "CDS does not know this service: not authorized",
        ),
        (Step::text(403, "no"), "CDS does not know this service: no"),
        (
            Step::json(404, &json!({"status": 404, "message": "workflow not found"})),
            "CDS answered 404: workflow not found",
        ),
        (Step::text(302, ""), "CDS answered 302: it says no more"),
        (Step::text(500, &long), &cut),
        (Step::text(200, "<html>"), "CDS answered 200: the answer is not the run with its number, num"),
        (
            Step::json(200, &json!({"num": "7"})),
            "CDS answered 200: the answer is not the run with its number, num",
        ),
    ] {
        let stub = Stub::new([step]);
        tokio::time::pause();
        let error = client(&stub).run_workflow("h", &run()).await.unwrap_err();
        tokio::time::resume();
        assert_eq!(error.to_string(), expected);
        let unavailable = matches!(error, CdsError::Unavailable { .. });
        assert_eq!(unavailable, expected.starts_with("CDS is unavailable"), "{expected}");
        assert!(error.source().is_none() || unavailable);
    }
}

#[tokio::test]
async fn what_is_no_registration_and_no_listing() {
    for body in ["", "{}", "{\"hash\": \"\"}", "{\"hash\": 1}"] {
        let error = client(&Stub::new([Step::text(200, body)])).register(&json!({})).await;
        let Err(CdsError::Refused { status: 200, message }) = error else { panic!("{body} registers") };
        assert_eq!(message, "the answer is not the service with its hash");
    }
    for body in ["", "{}", "[{\"uuid\": 1}]", "[{\"uuid\": \"a\"}", "<html>"] {
        let error = client(&Stub::new([Step::text(200, body)])).list_hooks("h").await;
        let Err(CdsError::Refused { status: 200, message }) = error else { panic!("{body} lists") };
        assert!(message.starts_with("the answer is not a list of hooks in JSON ("), "{message}");
    }
}

#[test]
fn a_client_does_not_show_its_token() {
    let shown = format!("{:?}", client(&Stub::default()));
    assert!(shown.contains("cds.example.com") && !shown.contains("t0ken"), "{shown}");
}
