//! `events/`: for each function, an event as it gets it, to be tried with `sam local invoke`. They are recorded here, with what
//! differs from run to run replaced; `make events` writes them anew. Each is then given to its function.

mod cds;
mod gates;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use treble_api::taskcluster::ROUTES;
use treble_tests::{API, InterfaceEmulator, Lambda, Request, Server, definition, until};

/// When all of it happened: on the schedule of the hook.
const MOMENT: &str = "2026-11-27T09:00:00Z";
const TASK: &str = "Ns1Y6lKgRleywPcymoeDsg";
/// No hook's trigger token, as those are secrets.
const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// A request to each function, in an order in which all but the one with the token go well.
const REQUESTS: [(&str, &str); 17] = [
    ("ping", "GET /ping"),
    ("lbheartbeat", "GET /__lbheartbeat__"),
    ("version", "GET /__version__"),
    ("heartbeat", "GET /__heartbeat__"),
    ("default", "GET ^/references/manifest.json"),
    ("create-hook", "PUT /hooks/examples/greet"),
    ("update-hook", "POST /hooks/examples/greet"),
    ("hook", "GET /hooks/examples/greet"),
    ("list-hook-groups", "GET /hooks"),
    ("list-hooks", "GET /hooks/examples"),
    ("trigger-hook", "POST /hooks/examples/greet/trigger"),
    ("trigger-hook-with-token", "POST /hooks/examples/greet/trigger/AAAAAAAAAAAAAAAAAAAAAA"),
    ("get-hook-status", "GET /hooks/examples/greet/status"),
    ("list-last-fires", "GET /hooks/examples/greet/last-fires"),
    ("get-trigger-token", "GET /hooks/examples/greet/token"),
    ("reset-trigger-token", "POST /hooks/examples/greet/token"),
    ("remove-hook", "DELETE /hooks/examples/greet"),
];

/// The hook of the samples, which fires at [`MOMENT`].
fn greet() -> Value {
    let mut hook = definition();
    hook["metadata"] = json!({"name": "Greet", "description": "Says hello.", "owner": "you@example.com"});
    hook["schedule"] = json!(["0 9 * * 1-5"]);
    hook["bindings"] = json!([{"exchange": "builds", "routingKeyPattern": "*.done"}]);
    hook
}

fn request(function: &str, line: &str) -> Request {
    let request = Request::to(line).anonymously();
    match function {
        "create-hook" | "update-hook" => request.json(&greet()),
        "trigger-hook" | "trigger-hook-with-token" => request.json(&json!({"name": "Ada"})),
        _ => request,
    }
}

fn status(function: &str) -> u16 {
    if function == "trigger-hook-with-token" { 401 } else { 200 }
}

/// The event of a request, with what API Gateway says of the route.
async fn of_request(server: &Server, function: &str, line: &str) -> Value {
    let reply = request(function, line).send(server).await;
    assert_eq!(reply.status, status(function), "{function}: {}", reply.text());
    let mut event = server.gateway().last_event();
    if let Some(route) = ROUTES.iter().find(|route| route.function() == function) {
        of_route(&mut event, &format!("{} {}", route.method, route.path_template()));
    }
    event
}

/// Adds to a request's event what API Gateway says of its route.
fn of_route(event: &mut Value, key: &str) {
    let path = event["rawPath"].as_str().unwrap().to_owned();
    let parameters: Map<String, Value> = key
        .split('/')
        .zip(path.split('/'))
        .filter_map(|(name, value)| {
            Some((name.strip_prefix('{')?.strip_suffix('}')?.to_owned(), value.into()))
        })
        .collect();
    event["routeKey"] = key.into();
    event["requestContext"]["routeKey"] = key.into();
    if !parameters.is_empty() {
        event["pathParameters"] = parameters.into();
    }
}

/// The event that Lambda makes of a message.
fn batch(queue: &str, receives: u32, body: &str) -> Value {
    json!({"Records": [{
        "messageId": "6e2d1f4c-3a64-4a8c-9c1a-2f6f4f1f7a01", "receiptHandle": "a receipt", "body": body,
        "attributes": {
            "ApproximateReceiveCount": receives.to_string(), "SentTimestamp": "1795683540000",
            "SenderId": "000000000000", "ApproximateFirstReceiveTimestamp": "1795683600000",
        },
        "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
        "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{queue}"),
    }]})
}

/// The event that Lambda makes of a topic's records, from a cluster of MSK.
fn topics() -> Value {
    json!({
        "eventSource": "aws:kafka",
        "eventSourceArn": "arn:aws:kafka:us-east-1:000000000000:cluster/builds/6e2d1f4c-3a64-4a8c-9c1a-2f6f4f1f7a01-1",
        "bootstrapServers": "b-1.builds.example.com:9096,b-2.builds.example.com:9096",
        "records": {"builds-0": [{
            "topic": "builds", "partition": 0, "offset": 15, "timestamp": 1_795_770_000_000_i64,
            "timestampType": "CREATE_TIME", "key": "Zmlyb2Zv", "value": "eyJuYW1lIjogIkFkYSJ9", "headers": [],
        }]},
    })
}

/// What differs from run to run, and what is written instead.
fn settled(name: &str) -> Option<Value> {
    Some(match name {
        "host" => "hooks.example.com".into(),
        "user-agent" | "userAgent" => "a client".into(),
        "eventID" | "id" => "6e2d1f4c-3a64-4a8c-9c1a-2f6f4f1f7a02".into(),
        "SequenceNumber" => "100000000000000000001".into(),
        "ApproximateCreationDateTime" => 1_795_683_600.into(),
        "SizeBytes" => 1024.into(),
        "tokenGeneration" | "dueAt" => json!({"N": "1795683600000"}),
        "taskId" => TASK.into(),
        _ => return None,
    })
}

fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, inner) in &mut *members {
                match settled(name) {
                    Some(fixed) => *inner = fixed,
                    None => settle(inner),
                }
            }
            // An item's attributes come in any order.
            if members.contains_key("pk") {
                members.sort_keys();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => *text = MOMENT.into(),
        Value::String(text) => {
            if let Ok(mut inner @ Value::Object(_)) = serde_json::from_str(text) {
                settle(&mut inner);
                *text = inner.to_string();
            }
        }
        _ => {}
    }
}

/// What wakes the functions that answer no route: recorded from a hook that is made, due, and fails.
async fn others(server: &Server, environment: &[(String, String)]) -> Vec<(&'static str, Value)> {
    let aws = server.aws().unwrap();
    let tick = json!({
        "version": "0", "id": "", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000",
        "time": MOMENT, "region": "us-east-1", "resources": ["arn:aws:events:us-east-1:000000000000:rule/treble-TickRule"],
        "detail": {},
    });
    let mut bad = greet();
    bad["schedule"] = json!(["* * * * * *"]);
    bad["task"] = json!({"$eval": "nothing"});
    Request::to("PUT /hooks/examples/greet").json(&bad).send(server).await.ok();
    Lambda::start("tick", environment).invoke(&tick);
    // Firings are hidden until their second.
    let mut messages = Vec::new();
    until(async || {
        messages = aws.receive(&aws.firings_url()).await;
        !messages.is_empty()
    })
    .await;
    let firing = messages[0]["Body"].as_str().unwrap().to_owned();
    Request::to("POST /hooks/examples/greet/trigger").json(&json!({})).send(server).await;
    Request::to("DELETE /hooks/examples/greet").send(server).await;

    let of_greet = |record: &&Value| {
        record["dynamodb"]["Keys"] == json!({"pk": {"S": "hook#examples"}, "sk": {"S": "greet"}})
    };
    let records = aws.stream_records().await;
    let written: Vec<&Value> = records.iter().filter(of_greet).collect();
    Lambda::start("publish-changes", environment).invoke(&json!({"Records": written}));
    let events = aws.receive_events().await;
    let failed = events.iter().find(|event| event["detail-type"] == "FireFailed").unwrap().clone();
    // Its first, as the other samples have it. Lambda says from which stream it is.
    let mut made = written[0].clone();
    assert_eq!(made["eventName"], "INSERT");
    let stream = format!("arn:aws:dynamodb:us-east-1:000000000000:table/treble-HooksTable/stream/{MOMENT}");
    made["eventSourceARN"] = stream.into();

    let pulse = json!({
        "exchange": "builds", "routingKey": "firefox.done", "payload": {"name": "Ada"}, "id": "1", "received": MOMENT,
    });
    vec![
        ("cds-kafka", topics()),
        ("tick", tick),
        ("fire", batch("treble-FiringsQueue", 1, &firing)),
        ("record-dead-firing", batch("treble-FiringsDeadLetters", 14, &firing)),
        ("pulse", batch("treble-PulseQueue", 1, &pulse.to_string())),
        ("publish-changes", json!({"Records": [made]})),
        ("tell-owner", failed),
    ]
}

/// The sample as it is kept; with `TREBLE_WRITE_EVENTS` it is from now on.
fn keep(function: &str, mut sample: Value) -> Value {
    settle(&mut sample);
    let text = serde_json::to_string_pretty(&sample).unwrap() + "\n";
    if std::env::var_os("TREBLE_WRITE_EVENTS").is_some() {
        std::fs::write(file(function), &text).unwrap();
    }
    let kept = std::fs::read_to_string(file(function)).unwrap_or_default();
    assert!(kept == text, "events/{function}.json is out of date: `make events`. Now it is\n{text}");
    sample
}

fn file(function: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../events").join(format!("{function}.json"))
}

/// What a function makes of its sample is no failure.
fn judge(function: &str, reply: &Value) {
    if REQUESTS.iter().any(|(name, _)| *name == function) {
        assert_eq!(reply["statusCode"], status(function), "{function}: {reply}");
    } else if let Some(failures) = reply.get("batchItemFailures") {
        assert_eq!(*failures, json!([]), "{function}: {reply}");
    } else {
        assert_eq!(*reply, Value::Null, "{function}");
    }
}

#[tokio::test]
async fn each_function_takes_its_sample() {
    let Some(server) = Server::on_functions().await else { return };
    let aws = server.aws().unwrap();
    aws.create_bus().await;
    aws.verify_mail_from("hooks@example.com").await;
    let mut environment = server.gateway().environment().to_vec();
    environment.push(("TREBLE_EVENT_BUS".to_owned(), aws.bus()));
    environment.push(("TREBLE_MAIL_FROM".to_owned(), "hooks@example.com".to_owned()));
    // Samples are signed by nobody: a signature is good for some minutes.
    server.cli(&["role", "set", "anonymous", "--scope", "*"]);

    let mut samples = Vec::new();
    for (function, line) in REQUESTS {
        samples.push((function, of_request(&server, function, line).await));
    }
    samples.extend(others(&server, &environment).await);
    for (function, sample) in &mut samples {
        *sample = keep(function, sample.take());
        assert!(!sample.to_string().contains(&server.credentials().access_token), "{function}");
    }

    for (function, sample) in &samples {
        judge(function, &Lambda::start(function, &environment).invoke(sample));
    }
    // What `sam local invoke` has in its container.
    for function in ["ping", "create-hook", "hook", "fire", "tell-owner"] {
        let Some(emulator) = InterfaceEmulator::start(function, &environment) else { return };
        let (_, sample) = samples.iter().find(|(name, _)| *name == function).unwrap();
        judge(function, &emulator.invoke(sample).await);
    }
}

#[test]
fn there_is_a_sample_of_each_function() {
    let stems = |directory: &str| {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(directory);
        let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(stems("events"), stems("functions/src/bin"));
}

#[test]
fn there_is_a_sample_of_each_route() {
    let mut routes: Vec<String> = ROUTES.iter().map(|route| route.function()).collect();
    let mut sampled: Vec<&str> =
        REQUESTS.iter().map(|(name, _)| *name).filter(|name| *name != "default").collect();
    routes.sort();
    sampled.sort_unstable();
    assert_eq!(sampled, routes);
    assert!(REQUESTS.iter().any(|(_, line)| line.contains(TOKEN)));
    assert!(REQUESTS.iter().all(|(_, line)| !line.contains(API)));
}
