//! Whose trace a task belongs to: from the call, the message or Lambda itself to the sink and the log, and never an error.

use serde_json::{Value, json};
use treble_tests::{Aws, Deployment, Lambda, Request, Server, definition, queue_event, until};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const XRAY: &str = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1";
/// Another one, that Lambda begins.
const OWN: &str = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00";
const OWN_XRAY: &str =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a:0";

/// What a message of a queue says of its trace, in W3C's words and in X-Ray's. The emulator forgets the latter of messages that are
/// sent ten at once.
fn told(message: &Value) -> (&Value, &Value) {
    (&message["MessageAttributes"]["traceparent"]["StringValue"], &message["Attributes"]["AWSTraceHeader"])
}

/// The message of a queue that is about this task, and what it says.
async fn message(aws: &Aws, queue_url: &str, task_id: &Value) -> (Value, Value) {
    let mut found = None;
    until(async || {
        let messages = aws.receive(queue_url).await.into_iter();
        let mut read = messages.map(|message| {
            let body = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            (message, body)
        });
        found = read.find(|(_, body): &(Value, Value)| body["taskId"] == *task_id);
        found.is_some()
    })
    .await;
    found.unwrap()
}

/// What a task's line in the journal, or its message in the queue, says of its trace; and the task.
async fn task(server: &Server, task_id: &Value) -> (Value, Value) {
    let Some(aws) = server.aws() else {
        let mut line = server.tasks().await.into_iter().find(|line| line["taskId"] == *task_id).unwrap();
        return (line["traceparent"].take(), line["task"].take());
    };
    let (message, body) = message(aws, &aws.queue_url(), task_id).await;
    let (traceparent, xray) = told(&message);
    assert_eq!(traceparent.is_null(), xray.is_null(), "{message}");
    (traceparent.clone(), body["task"].clone())
}

/// The same of the task that a request creates.
async fn created(server: &Server, request: Request) -> (Value, Value) {
    let reply = request.send(server).await.ok();
    task(server, &reply["taskId"]).await
}

async fn create(server: &Server) {
    Request::to("PUT /hooks/g/h").json(&definition()).send(server).await.ok();
}

fn trigger() -> Request {
    Request::to("POST /hooks/g/h/trigger").json(&json!({}))
}

#[tokio::test]
async fn a_callers_trace_goes_with_the_task() {
    let server = Server::start().await;
    create(&server).await;
    let token = Request::to("GET /hooks/g/h/token").send(&server).await.ok()["token"].clone();
    let webhook = Request::to(&format!("POST /hooks/g/h/trigger/{}", token.as_str().unwrap()));
    for (request, expected) in [
        (trigger(), None),
        (trigger().header("traceparent", TRACE), Some(TRACE)),
        (trigger().header("x-amzn-trace-id", XRAY), Some(TRACE)),
        (webhook.json(&json!({})).anonymously().header("traceparent", TRACE), Some(TRACE)),
        (trigger().header("traceparent", "00-1-2-3").header("x-amzn-trace-id", "Root=x"), None),
    ] {
        let (traceparent, task) = created(&server, request).await;
        assert_eq!((traceparent.as_str(), task.get("extra")), (expected, None));
    }
}

#[tokio::test]
async fn a_taskcluster_queue_is_told_the_trace() {
    let deployment = Deployment::start();
    let sink = format!("taskcluster:{}", deployment.root_url());
    let server = Server::with(&["--sink", &sink]).await;
    create(&server).await;
    for (header, expected) in [(TRACE, Some(TRACE)), ("nonsense", None)] {
        trigger().header("traceparent", header).send(&server).await.ok();
        let created = deployment.created().pop().unwrap();
        assert_eq!(created.traceparent.as_deref(), expected);
        assert!(created.signed && created.task.get("extra").is_none());
    }
}

#[tokio::test]
async fn a_task_says_its_trace_if_that_is_asked_for() {
    let server = Server::with(&["--trace-in-tasks"]).await;
    create(&server).await;
    assert_eq!(created(&server, trigger()).await.1.get("extra"), None, "there is no trace");
    let traced = trigger().header("traceparent", TRACE);
    assert_eq!(created(&server, traced.clone()).await.1["extra"], json!({"traceparent": TRACE}));

    let mut hook = definition();
    hook["task"]["extra"] = json!({"traceparent": "own", "a": 1});
    Request::to("POST /hooks/g/h").json(&hook).send(&server).await.ok();
    assert_eq!(created(&server, traced).await.1["extra"], hook["task"]["extra"]);
}

/// The same request in another trace is the same firing.
#[tokio::test]
async fn a_repetition_belongs_to_the_first_ones_trace() {
    let deployment = Deployment::start();
    let sink = format!("taskcluster:{}", deployment.root_url());
    let server = Server::with(&["--sink", &sink, "--trace-in-tasks", "yes"]).await;
    create(&server).await;
    let chosen = Request::to("POST /hooks/g/h/trigger").json(&json!({"taskId": "fN1SbArXTPSVFNUvaOlinQ"}));
    // The task is made, and nobody hears of it.
    let refusal = json!({"code": "InputError", "message": "not now", "requestInfo": {}});
    deployment.answer([(Deployment::LOST, Value::Null), (400, refusal)]);
    let lost = chosen.clone().header("traceparent", TRACE).send(&server).await;
    assert_eq!(lost.status, 400, "{}", lost.text());
    chosen.header("traceparent", OWN).send(&server).await.ok();
    let created = deployment.created().pop().unwrap();
    assert_eq!((created.traceparent.as_deref(), deployment.tasks().len()), (Some(TRACE), 1));
}

/// A server on an emulated AWS, and what functions find in their environment.
async fn functions() -> Option<(Server, Vec<(String, String)>)> {
    let aws = Aws::from_env()?;
    let mut environment = aws.environment();
    for (name, value) in [
        ("TREBLE_SINK", &*format!("sqs:{}", aws.queue_url())),
        ("TREBLE_ROOT_URL", "https://hooks.example.com"),
        ("TREBLE_TRACE_IN_TASKS", "yes"),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
    ] {
        environment.push((name.to_owned(), value.to_owned()));
    }
    Some((Server::on(Some(aws), &[]).await, environment))
}

#[tokio::test]
async fn a_messages_trace_goes_through_both_queues_to_the_task() {
    let Some((server, environment)) = functions().await else { return };
    let aws = server.aws().unwrap();
    let mut hook = definition();
    hook["bindings"] = json!([{"exchange": "e", "routingKeyPattern": "#"}]);
    Request::to("PUT /hooks/g/h").json(&hook).send(&server).await.ok();
    let sent = |line: &Value| line["message"] == "a firing was sent";
    let (pulse, fire) = (Lambda::start("pulse", &environment), Lambda::start("fire", &environment));
    for (number, (given, expected)) in
        [(json!(TRACE), Some(TRACE)), (json!("nonsense"), None), (json!({"a": 1}), None)].iter().enumerate()
    {
        let published = json!({
            "id": number.to_string(), "exchange": "e", "routingKey": "a", "received": "2030-01-01T00:00:00Z",
            "payload": {}, "traceparent": given,
        });
        // The message's own trace counts, or none: not that of the function that it came with.
        pulse.invoke_in(OWN_XRAY, &queue_event(&[("m", &published.to_string())]));
        let sent = pulse.lines(number + 1, sent).into_iter().rfind(sent).unwrap();
        assert_eq!(sent["trace"], expected.unwrap_or(OWN), "the nearest that there is");
        let (firing, sent) = message(aws, &aws.firings_url(), &sent["taskId"]).await;
        let body = firing["Body"].as_str().unwrap();
        assert_eq!(sent.get("traceparent").and_then(Value::as_str), *expected, "{given}");

        assert_eq!(fire.invoke(&queue_event(&[("m", body)]))["batchItemFailures"], json!([]));
        let (traceparent, task) = task(&server, &sent["taskId"]).await;
        assert_eq!(traceparent.as_str(), *expected);
        assert_eq!(task["extra"]["traceparent"].as_str(), *expected);
    }
    let fired = |line: &Value| line["message"] == "fired";
    let traces: Vec<Value> =
        fire.lines(3, fired).iter().filter(|line| fired(line)).map(|line| line["trace"].clone()).collect();
    assert_eq!(traces, [json!(TRACE), Value::Null, Value::Null]);
}

#[tokio::test]
async fn a_scheduled_firing_belongs_to_the_ticks_trace_if_there_is_one() {
    let Some((server, environment)) = functions().await else { return };
    let aws = server.aws().unwrap();
    server.schedule("g/h", &["* * * * * *"]).await;
    let tick = Lambda::start("tick", &environment);
    tick.invoke_in(OWN_XRAY, &json!({}));
    let mut firings = Vec::new();
    until(async || {
        firings.extend(aws.receive(&aws.firings_url()).await);
        !firings.is_empty()
    })
    .await;
    let body: Value = serde_json::from_str(firings[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["firedBy"], &body["traceparent"]), (&json!("schedule"), &json!(OWN)));
    let lines = tick.lines(1, |line| line["message"] == "tick");
    assert_eq!(lines.iter().find(|line| line["message"] == "tick").unwrap()["trace"], OWN);
}

#[tokio::test]
async fn a_call_without_a_trace_belongs_to_the_functions() {
    let Some(server) = Server::on_functions().await else { return };
    create(&server).await;
    let request = trigger().header("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793");
    assert_eq!(created(&server, request).await.0, Value::Null, "a gateway's has no parent");
    let gateway = server.gateway();
    let mut environment = gateway.environment().to_vec();
    environment.push(("AWS_LAMBDA_LOG_LEVEL".into(), "INFO".into()));
    let function = Lambda::start("trigger-hook", &environment);
    let mut event = gateway.last_event();
    for (header, expected) in [(None, OWN), (Some(TRACE), TRACE)] {
        if let Some(header) = header {
            event["headers"]["traceparent"] = header.into();
        }
        let reply = function.invoke_in(OWN_XRAY, &event);
        let reply: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
        assert_eq!(task(&server, &reply["taskId"]).await.0, expected);
    }
    let answered = |line: &Value| line["message"] == "answered";
    let lines = function.lines(2, answered);
    let traces: Vec<&Value> = lines.iter().filter(|line| answered(line)).map(|line| &line["trace"]).collect();
    assert_eq!(traces, [OWN, TRACE]);
}
