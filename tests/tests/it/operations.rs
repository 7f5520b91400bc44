//! What a deployment tells those who run it: the functions' logs and metrics.

use serde_json::{Value, json};
use treble_tests::{Aws, Lambda, Request, Server, definition};

const ROOT_URL: (&str, &str) = ("TREBLE_ROOT_URL", "https://hooks.example.com");

/// Function's variables, and these.
fn with(environment: &[(String, String)], more: &[(&str, &str)]) -> Vec<(String, String)> {
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    environment.iter().cloned().chain(more).collect()
}

fn ping_event() -> Value {
    json!({
        "version": "2.0", "rawPath": "/api/hooks/v1/ping", "rawQueryString": "", "headers": {},
        "requestContext": {"http": {"method": "GET"}}, "isBase64Encoded": false,
    })
}

/// The line about the whole of an invocation.
fn is_summary(line: &Value) -> bool {
    ["answered", "a batch of firings", "tick"].iter().any(|message| line["message"] == *message)
}

#[test]
fn a_line_says_of_which_invocation_it_is() {
    let ping = Lambda::start("ping", &with(&[], &[ROOT_URL, ("AWS_LAMBDA_LOG_LEVEL", "INFO")]));
    ping.invoke(&ping_event());
    ping.invoke(&ping_event());
    let lines = ping.lines(2, is_summary);
    for (index, (line, cold_start)) in lines.iter().zip([true, false]).enumerate() {
        assert_eq!(line["requestId"], format!("request-{index}"));
        assert_eq!((&line["coldStart"], &line["level"]), (&json!(cold_start), &json!("INFO")));
        assert_eq!((&line["route"], &line["status"]), (&json!("ping"), &json!(200)));
        assert!(line["durationMs"].is_u64() && line["timestamp"].is_string(), "{line}");
    }
    assert_eq!(lines.len(), 2);

    // Without a level, what went well costs nothing.
    let quiet = Lambda::start("ping", &with(&[], &[ROOT_URL]));
    quiet.invoke(&ping_event());
    assert_eq!(quiet.log(), "");
}

/// A route's function of its own, at this level, and the event of a request that was answered so.
async fn invoked(server: &Server, request: &Request, function: &Lambda) -> Value {
    request.send(server).await;
    function.invoke(&server.gateway().last_event())
}

const SECRET: &str = "sent-in-a-payload";

#[tokio::test]
async fn nothing_that_was_sent_is_in_a_log() {
    let Some(server) = Server::on_functions().await else { return };
    let environment =
        with(server.gateway().environment(), &[("AWS_LAMBDA_LOG_LEVEL", "TRACE"), ("TREBLE_STACK", "tests")]);
    Request::to("PUT /hooks/g/h").json(&definition()).send(&server).await.ok();
    let mut failing = definition();
    failing["task"]["payload"] = json!({"$eval": "payload.secret + 1"});
    Request::to("PUT /hooks/g/failing").json(&failing).send(&server).await.ok();
    let token = Request::to("GET /hooks/g/h/token").send(&server).await.ok()["token"].clone();
    let token = token.as_str().unwrap();
    let payload = json!({"secret": SECRET, "taskId": "BwcHBwcHRweHBwcHBwcHBw"});

    let by_token = Lambda::start("trigger-hook-with-token", &environment);
    let trigger = Request::to(&format!("POST /hooks/g/h/trigger/{token}")).json(&payload).anonymously();
    assert_eq!(invoked(&server, &trigger, &by_token).await["statusCode"], 200);
    let wrong = Request::to("POST /hooks/g/h/trigger/AAAAAAAAAAAAAAAAAAAAAA").json(&payload).anonymously();
    assert_eq!(invoked(&server, &wrong, &by_token).await["statusCode"], 401);
    let lines = by_token.lines(2, is_summary);
    let of = |id: &str| {
        lines.iter().filter(|line| line["requestId"] == id && is_summary(line)).collect::<Vec<_>>()
    };
    let [fired] = of("request-0")[..] else { panic!("{lines:?}") };
    assert_eq!((&fired["hook"], &fired["taskId"]), (&json!("g/h"), &payload["taskId"]));
    assert_eq!(
        (&fired["route"], &fired["firedBy"]),
        (&json!("triggerHookWithToken"), &json!("triggerHookWithToken"))
    );
    let [refused] = of("request-1")[..] else { panic!("{lines:?}") };
    assert_eq!((&refused["code"], &refused["status"]), (&json!("AuthenticationFailed"), &json!(401)));
    assert_eq!((&refused["hook"], &refused["taskId"]), (&json!("g/h"), &Value::Null));

    // What is counted of these two: one line each.
    let metrics: Vec<&Value> = lines.iter().filter(|line| line.get("_aws").is_some()).collect();
    let [fires, rejects] = metrics[..] else { panic!("{metrics:?}") };
    assert_eq!(
        (&fires["Fires"], &fires["Result"], &fires["Stack"]),
        (&json!(1), &json!("success"), &json!("tests"))
    );
    assert!(fires["FireLatency"][0].is_u64(), "{fires}");
    assert_eq!((&rejects["Rejects"], &rejects["Code"]), (&json!(1), &json!("AuthenticationFailed")));
    let dimensions = |line: &Value| line["_aws"]["CloudWatchMetrics"][0]["Dimensions"].clone();
    assert_eq!(dimensions(fires), json!([["Stack", "FiredBy", "Result"]]));
    assert_eq!(dimensions(rejects), json!([["Stack", "Code"]]));

    // Signed requests, in both ways, and a template that fails over the payload.
    let by_call = Lambda::start("trigger-hook", &environment);
    let trigger = Request::to("POST /hooks/g/failing/trigger").json(&json!({"secret": SECRET}));
    assert_eq!(invoked(&server, &trigger, &by_call).await["statusCode"], 400);
    let header = server.gateway().last_event()["headers"]["authorization"].as_str().unwrap().to_owned();
    let called = by_call.lines(1, is_summary);
    let failed = called.iter().find(|line| is_summary(line)).unwrap();
    assert_eq!((&failed["result"], &failed["code"]), (&json!("error"), &json!("InputError")));
    let hook = Lambda::start("hook", &environment);
    let signed = server.signer().signed_url("/api/hooks/v1/hooks/g/h", 60);
    let bewit = signed.split_once("bewit=").unwrap().1.to_owned();
    let read = Request::to(&format!("GET ^{signed}")).anonymously();
    assert_eq!(invoked(&server, &read, &hook).await["statusCode"], 200);
    hook.lines(1, is_summary);

    let logs = [by_token.log(), by_call.log(), hook.log()];
    for log in &logs {
        let access_token = server.credentials().access_token.clone();
        for secret in [token, SECRET, access_token.as_str(), header.as_str(), bewit.as_str()] {
            assert!(!log.contains(secret), "{secret} is in {log}");
        }
    }
    let mac = header.split_once("mac=\"").unwrap().1.split_once('"').unwrap().0;
    assert!(logs.iter().all(|log| !log.contains(mac)));
}

#[tokio::test]
async fn a_batch_is_told_firing_by_firing() {
    let Some(aws) = Aws::from_env() else { return };
    let environment = with(
        &aws.environment(),
        &[
            ROOT_URL,
            ("TREBLE_SINK", &format!("sqs:{}", aws.queue_url())),
            ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
            ("TREBLE_STACK", "tests"),
        ],
    );
    let server = Server::on(Some(aws), &[]).await;
    server.schedule("g/h", &["* * * * * *"]).await;
    let record = |id: &str, body: &str| json!({"messageId": id, "receiptHandle": id, "body": body, "attributes": {"ApproximateReceiveCount": "1"}});
    let task_ids = ["BwcHBwcHRweHBwcHBwcHBw", "CAgICAgISAiICAgICAgICA"];
    let firing = |task_id: &str, second: &str| {
        json!({"taskId": task_id, "hook": "g/h", "firedBy": "schedule", "created": second, "payload": SECRET})
            .to_string()
    };
    let fire = Lambda::start("fire", &environment);
    fire.invoke(&json!({"Records": [
        record("a", &firing(task_ids[0], "2030-01-01T00:00:00Z")),
        record("b", &firing(task_ids[1], "2030-01-01T00:00:01Z")),
        record("c", &json!({"taskId": SECRET}).to_string()),
    ]}));
    let lines = fire.lines(1, is_summary);
    assert!(
        lines
            .iter()
            .filter(|line| line.get("_aws").is_none())
            .all(|line| line["requestId"] == "request-0" && line["coldStart"] == true)
    );
    for (message, task_id) in ["a", "b"].iter().zip(task_ids) {
        let line = lines.iter().find(|line| line["messageId"] == *message).unwrap();
        assert_eq!((&line["hook"], &line["taskId"]), (&json!("g/h"), &json!(task_id)));
        assert_eq!((&line["firedBy"], &line["message"]), (&json!("schedule"), &json!("fired")));
    }
    let unreadable = lines.iter().find(|line| line["messageId"] == "c").unwrap();
    assert_eq!(unreadable["level"], "WARN");
    let summary = lines.iter().find(|line| is_summary(line)).unwrap();
    assert_eq!((&summary["messages"], &summary["again"]), (&json!(3), &json!(1)));
    let metrics: Vec<&Value> = lines.iter().filter(|line| line.get("_aws").is_some()).collect();
    assert_eq!(
        (metrics.len(), &metrics[0]["Fires"], &metrics[0]["FiredBy"]),
        (1, &json!(2), &json!("schedule"))
    );
    assert!(!fire.log().contains(SECRET));
}
