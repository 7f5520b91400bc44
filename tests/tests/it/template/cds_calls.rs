//! All that CDS, and who sends to tasks' URLs, can ask of the functions; and what wakes those that nobody calls.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use treble_core::cds::poll::{RepositoryName, RepositoryStore as _};
use treble_tests::{
    Aws, Cds, Lambda, Recorder, Repositories, Request, Server, Trouble, definition, queue_event,
};

use crate::poll::function::repositories;

/// What functions are told of CDS, beside the rest of their environment.
pub(crate) fn environment(cds: &Cds, aws: &Aws) -> Vec<(String, String)> {
    let name = aws.name();
    let variables = [
        ("CDS_API_URL", cds.api_url()),
        ("CDS_NAME", "treble".to_owned()),
        ("CDS_TOKEN_ARN", format!("{name}-cds-token")),
        ("CDS_EXECUTION_HISTORY", "0".to_owned()),
        ("TREBLE_VCS_SERVERS_ARN", format!("{name}-vcs-servers")),
        ("TREBLE_CDS_BEATS_QUEUE_URL", format!("{}/000000000000/{name}-cds-beats", aws.endpoint())),
    ];
    variables.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The secret and the queue that are for CDS alone.
pub(crate) async fn prepare(aws: &Aws, token: &str, hub: &Repositories) {
    let name = aws.name();
    aws.keep_secret("cds-token", token).await;
    let servers = json!({"hub": {"type": "github", "url": hub.url(), "token": "t"}});
    aws.keep_secret("vcs-servers", &servers.to_string()).await;
    aws.sqs("CreateQueue", &json!({"QueueName": format!("{name}-cds-beats")})).await;
}

fn node_hook(uuid: &str, model: &str, config: Value) -> Value {
    let mut all = json!({"project": {"value": "P"}, "workflow": {"value": "w"}});
    for (name, value) in config.as_object().unwrap() {
        all[name] = json!({"value": value});
    }
    json!({"uuid": uuid, "hook_model_name": model, "config": all})
}

/// Drives all functions of the dialect through all that they do.
pub(super) async fn drive(server: &Server, recorder: &Recorder, cds: &Cds, hub: &Repositories) {
    let environment = server.gateway().environment();
    let start = |name: &str| Lambda::start(name, &recorder.environment(name, environment));
    let beat = start("cds-beat");
    beat.invoke(&json!({}));
    beat.invoke(&queue_event(&[("1", "beat")]));
    cds.registration_has([Trouble::Status(500)]);
    beat.invoke(&json!({}));

    let header = cds.auth_header();
    let call = async |line: &str, body: Option<Value>| {
        let (method, path) = line.split_once(' ').unwrap();
        let request =
            Request::to(&format!("{method} ^{path}")).anonymously().header("x-auth-header", &header);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        request.send(server).await
    };
    let webhook = node_hook("w", "WebHook", json!({"method": "POST"}));
    let scheduler = node_hook("s", "Scheduler", json!({"cron": "* * * * *"}));
    let repository = node_hook("r", "RepositoryWebHook", json!({"secret": "s3cret"}));
    for node in [&webhook, &webhook, &scheduler, &repository] {
        call("POST /task", Some(node.clone())).await.ok();
    }
    let changed = node_hook("w", "WebHook", json!({"method": "POST", "x": "y"}));
    call("PUT /task/w", Some(changed)).await.ok();
    call("PUT /task/put", Some(node_hook("put", "WebHook", json!({})))).await;
    // Events of which one comes twice, and a body that takes items of its own.
    let large: String =
        (0..200_000_u32).map(|number| format!("{:x}", number.wrapping_mul(2_654_435_761))).collect();
    call("POST /webhook/w", Some(json!({"a": 1}))).await.ok();
    let second = call("POST /webhook/w", Some(json!({"large": large}))).await.ok();
    for _ in 0..2 {
        let request = Request::to("POST ^/webhook/w").anonymously().header("idempotency-key", "k");
        request.json(&json!({})).send(server).await.ok();
    }
    for line in [
        "GET /task",
        "GET /task/w",
        "GET /task/s",
        "GET /task/s/execution",
        "GET /mon/version",
        "GET /mon/status",
    ] {
        call(line, None).await.ok();
    }
    let at = |execution: &Value| format!("/task/w/execution/{}", execution["timestamp"]);
    call(&format!("GET {}", at(&second)), None).await.ok();
    call(&format!("POST {}/stop", at(&second)), None).await.ok();
    call(&format!("POST {}/run", at(&second)), None).await.ok();
    let due = call("GET /task/s/execution", None).await.ok()["executions"][0]["timestamp"].to_string();
    call(&format!("POST /task/s/execution/{due}/stop"), None).await.ok();
    for line in ["POST /task/w/stop", "POST /task/w/start", "POST /task/bulk/stop", "POST /task/bulk/start"] {
        call(line, None).await;
    }
    call("POST /task/execute", Some(scheduler.clone())).await.ok();
    call("POST /task/execute", Some(node_hook("once", "WebHook", json!({})))).await.ok();
    for line in ["POST /admin/maintenance?enable=true", "POST /admin/maintenance?enable=false"] {
        call(line, None).await.ok();
    }

    fire(server, &start, cds, &large).await;

    messages(server, &start, hub, &header, &large).await;

    let both = json!({"w": webhook, "s2": node_hook("s2", "Scheduler", json!({"cron": "@daily"}))});
    call("POST /task/bulk", Some(both.clone())).await;
    call("DELETE /task/bulk", Some(json!({"s2": both["s2"]}))).await;
    call("POST /webhook/w", Some(json!({"large": large}))).await.ok();
    call("DELETE /task/w/execution", None).await;
    call("POST /webhook/w", Some(json!({"large": large}))).await.ok();
    call("POST /task/bulk", Some(json!({"w2": node_hook("w2", "WebHook", json!({}))}))).await;
    call("POST /webhook/w2", Some(json!({"large": large}))).await.ok();
    call("DELETE /task/bulk", Some(json!({"w2": null}))).await;
    call("DELETE /task/w", None).await;
    call("DELETE /task/s", None).await;

    cds.has_hooks(&json!([
        node_hook("new", "WebHook", json!({})),
        node_hook("r", "RepositoryWebHook", json!({}))
    ]));
    let synchronize = start("cds-synchronize");
    synchronize.invoke(&json!({}));
    call("POST /webhook/new", Some(json!({"large": large}))).await.ok();
    cds.has_hooks(&json!([node_hook("r", "RepositoryWebHook", json!({"x": "y"}))]));
    synchronize.invoke(&json!({}));
}

/// Executions from the queue: some that are run, one that CDS refuses first, one that nobody has put on record yet. None is kept
/// once it is over.
async fn fire(server: &Server, start: &dyn Fn(&str) -> Lambda, cds: &Cds, large: &str) {
    let aws = server.aws().unwrap();
    for (function, letter) in [("fire", 'A'), ("record-dead-firing", 'B')] {
        for body in [json!({"b": 1}), json!({"large": large})] {
            Request::to("POST ^/webhook/w").anonymously().json(&body).send(server).await.ok();
        }
        let scheduled = json!({
            "taskId": format!("AAAAAAAAQ{letter}KAAAAAAAAAAA"), "hook": "cds/s", "firedBy": "schedule",
            "created": "2030-01-01T00:00:00Z",
        });
        let mut messages = aws.take(&aws.firings_url()).await;
        messages.push(scheduled);
        let messages: Vec<String> = messages.iter().map(Value::to_string).collect();
        let messages: Vec<(&str, &str)> = messages.iter().map(|body| ("m", body.as_str())).collect();
        cds.runs_have([Trouble::Status(500)]);
        let function = start(function);
        for message in messages {
            function.invoke(&queue_event(&[message]));
        }
    }
}

/// What others send: an event of a repository and records of a topic, for a task each and for a hook that takes none.
async fn messages(
    server: &Server,
    start: &dyn Fn(&str) -> Lambda,
    hub: &Repositories,
    header: &str,
    large: &str,
) {
    let poller =
        node_hook("p", "Git Repository Poller", json!({"vcsServer": "hub", "repoFullName": "octo/hello"}));
    let listener = node_hook("k", "Kafka hook", json!({"topic": "t"}));
    for node in [&poller, &listener] {
        let request = Request::to("POST ^/task").anonymously().header("x-auth-header", header);
        request.json(node).send(server).await.ok();
    }
    let mut picky = definition();
    picky["triggerSchema"] = json!({"type": "object", "maxProperties": 0});
    picky["bindings"] = json!([{"exchange": "repository/hub/octo/hello", "routingKeyPattern": "#"}]);
    Request::to("PUT /hooks/g/picky").json(&picky).send(server).await.ok();

    // One that nobody has a task for any more.
    let old = RepositoryName::parse("hub/octo/old").unwrap();
    let long_ago = "2026-01-01T00:00:00Z".parse().unwrap();
    repositories(server.gateway().environment()).watch(&old, long_ago).await.unwrap();
    let poll = start("cds-poll");
    let push = |id: u64| {
        json!({
            "id": id.to_string(), "type": "PushEvent", "created_at": "2030-01-01T00:00:05Z", "actor": {"login": "o"},
            "repo": {"name": "octo/hello"}, "payload": {"ref": "refs/heads/main", "head": "aa", "before": "bb"},
        })
    };
    hub.happen("octo/hello", push(1));
    poll.invoke(&json!({}));
    hub.happen("octo/hello", push(2));
    poll.invoke(&json!({}));

    let record = |offset: u64, value: &str| {
        json!({"topic": "t", "partition": 0, "offset": offset, "timestamp": 1_893_456_000_000_u64,
               "timestampType": "CREATE_TIME", "value": STANDARD.encode(value)})
    };
    let enormous = json!({"text": [large, large, large]}).to_string();
    let batch =
        json!({"eventSource": "aws:kafka", "records": {"t-0": [record(1, "{}"), record(2, &enormous)]}});
    start("cds-kafka").invoke(&batch);
}
