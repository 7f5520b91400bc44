//! The policies against the calls: each function is driven through all that it does, and its policy allows that and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use treble_tests::{
    Aws, Cds, Delivery, Deployment, Lambda, Recorder, Repositories, Request, Server, definition, queue_event,
};

use super::document::{Template, texts};
use super::permissions::statements;
use super::{CCX_TOKEN_SECRET, FUNCTION, TOKEN_SECRET, VCS_SERVERS_SECRET, all, binary};

/// What must be allowed, on what.
pub(crate) type Allowed = BTreeSet<(String, String)>;

/// What the resources of the tests are in the template.
const RESOURCES: [(&str, &str); 13] = [
    ("auth", "AuthTable"),
    ("bus", "EventBus"),
    ("ccx-token", CCX_TOKEN_SECRET),
    ("cds-beats", "CdsBeatsQueue"),
    ("cds-token", TOKEN_SECRET),
    ("deliveries", "DeliveriesQueue"),
    ("fires", "FiresTable"),
    ("firings", "FiringsQueue"),
    ("gates", "GatesTable"),
    ("hooks", "HooksTable"),
    ("master-key", "MasterKey"),
    ("tasks", "TasksQueue"),
    ("vcs-servers", VCS_SERVERS_SECRET),
];

/// What Lambda itself does for a function that a queue or a stream wakes, by that function's permission.
const OF_QUEUES: [&str; 3] = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
const OF_STREAMS: [(&str, &str); 4] = [
    ("dynamodb:DescribeStream", "HooksTable/stream"),
    ("dynamodb:GetRecords", "HooksTable/stream"),
    ("dynamodb:GetShardIterator", "HooksTable/stream"),
    ("dynamodb:ListStreams", "HooksTable/stream/*"),
];

#[tokio::test]
async fn every_policy_allows_what_is_called_and_no_more() {
    let Some(aws) = Aws::from_env() else { return };
    let recorder = Recorder::start(aws.endpoint());
    let cds = Cds::start("token");
    let hub = Repositories::start(50);
    super::cds_calls::prepare(&aws, "token", &hub).await;
    super::gates_calls::prepare(&aws).await;
    let told = [super::cds_calls::environment(&cds, &aws), super::gates_calls::environment(&aws)].concat();
    let server = Server::on_recorded_functions(aws, &recorder, &told).await;
    let integrator = super::gates_calls::integrator();
    super::gates_calls::set(&server, &integrator).await;
    requests(&server, "g/h").await;
    // All of them once more, with paths that lead to the function for what has no route.
    server.gateway().deliver(Delivery::DecodedFirst);
    requests(&server, "g/a%2Fb").await;
    events(&server, &recorder).await;
    super::cds_calls::drive(&server, &recorder, &cds, &hub).await;
    super::gates_calls::drive(&server, &recorder, &integrator).await;

    let template = all();
    let mut called: BTreeMap<String, Allowed> = BTreeMap::new();
    for (function, calls) in recorder.recorded() {
        let calls = calls.into_iter().map(|(action, name)| (action, resource(&server, &name)));
        called.insert(function, calls.collect());
    }
    let mut wrong = Vec::new();
    for (name, function) in template.resources(FUNCTION) {
        let mut needed = called.remove(binary(&function)).unwrap_or_default();
        needed.extend(by_lambda(&template, name));
        let allowed: Allowed = statements(&template, &function).iter().flat_map(allowed).collect();
        let unused: Vec<_> = allowed.difference(&needed).collect();
        let missing: Vec<_> = needed.difference(&allowed).collect();
        if !unused.is_empty() || !missing.is_empty() {
            wrong.push(format!("{name}: unused {unused:?}, missing {missing:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(called.is_empty(), "{called:?}");
}

/// A resource of the tests as the template names it.
fn resource(server: &Server, name: &str) -> String {
    let aws = server.aws().unwrap();
    let Some(own) = name.strip_prefix(aws.name()) else { return name.to_owned() };
    let own = &own[1..];
    let (first, rest) = own.split_once('/').map_or((own, String::new()), |(f, rest)| (f, format!("/{rest}")));
    let (_, resource) = RESOURCES.iter().find(|(name, _)| *name == first).unwrap_or_else(|| panic!("{name}"));
    format!("{resource}{rest}")
}

/// What a statement allows.
pub(crate) fn allowed(statement: &Value) -> Allowed {
    let resources: Vec<String> = match &statement["Resource"] {
        // An address, and its domain.
        Value::Array(either) if statement["Action"] == "ses:SendEmail" => {
            assert_eq!(either.len(), 2);
            vec!["identity".into()]
        }
        resource => texts(resource).into_iter().map(written).collect(),
    };
    let pairs = |action: &str| {
        resources.iter().map(|resource| (action.to_owned(), resource.clone())).collect::<Vec<_>>()
    };
    texts(&statement["Action"]).into_iter().flat_map(pairs).collect()
}

/// A resource as a policy has it: `HooksTable.Arn`, `${HooksTable.Arn}/index/due`, `MasterKey`.
fn written(resource: &str) -> String {
    resource.replace(".StreamArn", "/stream").replace(".Arn", "").replace(['$', '{', '}'], "")
}

/// What Lambda does for a function.
fn by_lambda(template: &Template, function: &str) -> Allowed {
    let mut needed = Allowed::new();
    for (_, source) in template.resources("AWS::Lambda::EventSourceMapping") {
        if source["Properties"]["FunctionName"]["Ref"] != function {
            continue;
        }
        let Some(from) = source["Properties"]["EventSourceArn"]["Fn::GetAtt"].as_str() else {
            // Kafka: MSK by a policy of AWS's own, any other with a secret.
            let access = source["Properties"]["SourceAccessConfigurations"].as_array().into_iter().flatten();
            let secret = |access: &Value| access["URI"].as_str().unwrap().to_owned();
            needed.extend(access.map(|access| ("secretsmanager:GetSecretValue".into(), secret(access))));
            continue;
        };
        match from.strip_suffix(".Arn") {
            Some(queue) => needed.extend(OF_QUEUES.map(|action| (action.to_owned(), queue.to_owned()))),
            None => needed.extend(OF_STREAMS.map(|(action, of)| (action.to_owned(), of.to_owned()))),
        }
    }
    needed
}

/// All that can be asked of the API: with what is new, what is there already, what fails.
async fn requests(server: &Server, hook: &str) {
    let call = async |line: &str, body: Option<Value>| {
        let request = Request::to(&line.replace("HOOK", &format!("/hooks/{hook}")));
        let request = if let Some(body) = body { request.json(&body) } else { request };
        request.send(server).await
    };
    let with = |changes: Value| {
        let mut hook = definition();
        hook.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        Some(hook)
    };
    for line in [
        "GET /ping",
        "GET /__version__",
        "GET /__heartbeat__",
        "GET /__lbheartbeat__",
        "GET ^/x",
        "HEAD /hooks",
    ] {
        call(line, None).await;
    }
    let bound = |exchange: &str| json!({"bindings": [{"exchange": exchange, "routingKeyPattern": "#"}]});
    call("PUT HOOK", with(bound("e"))).await.ok();
    call("PUT HOOK", with(bound("e"))).await.ok();
    call("POST HOOK", with(bound("f"))).await.ok();
    let token = call("GET HOOK/token", None).await.ok()["token"].as_str().unwrap().to_owned();
    let by_token = format!("POST HOOK/trigger/{token}");
    for (number, line) in ["POST HOOK/trigger", &by_token].into_iter().enumerate() {
        let chosen = json!({"taskId": format!("AAAAAAAAQ{number}KAAAAAAAAAAA")});
        for payload in [json!({}), chosen.clone(), chosen] {
            call(line, Some(payload)).await.ok();
        }
    }
    for line in ["GET /hooks", "GET /hooks/g", "GET HOOK", "GET HOOK/status", "GET HOOK/last-fires"] {
        call(line, None).await.ok();
    }
    // A hook that begins to fail, and works again.
    for line in ["POST HOOK/trigger", &by_token] {
        call("POST HOOK", with(json!({"task": {"$eval": "nothing"}}))).await.ok();
        assert_eq!(call(line, Some(json!({}))).await.status, 400);
        call("POST HOOK", with(json!({"task": scoped()}))).await.ok();
        assert_eq!(call(line, Some(json!({}))).await.status, 403);
        call("POST HOOK", with(json!({}))).await.ok();
        call(line, Some(json!({}))).await.ok();
    }
    call("POST HOOK/token", None).await.ok();
    call("POST HOOK", with(bound("e"))).await.ok();
    call("DELETE HOOK", None).await;
}

/// A task that the hook's role has to have a scope for.
fn scoped() -> Value {
    let mut task = definition()["task"].clone();
    task["scopes"] = json!(["secrets:get:x"]);
    task
}

/// What wakes the functions that answer no requests.
async fn events(server: &Server, recorder: &Recorder) {
    let aws = server.aws().unwrap();
    aws.create_bus().await;
    aws.verify_mail_from("hooks@example.com").await;
    let mut environment = server.gateway().environment().to_vec();
    environment.push(("TREBLE_EVENT_BUS".into(), aws.bus()));
    environment.push(("TREBLE_MAIL_FROM".into(), "hooks@example.com".into()));
    environment.push(("TASKCLUSTER_CLIENT_ID".into(), treble_tests::CLIENT_ID.into()));
    environment.push(("TASKCLUSTER_ACCESS_TOKEN".into(), treble_tests::ACCESS_TOKEN.into()));
    let start = |name: &str| Lambda::start(name, &recorder.environment(name, &environment));

    let bindings = json!([{"exchange": "e", "routingKeyPattern": "#"}]);
    let good = definition()["task"].clone();
    for (hook, task) in [("g/good", good), ("g/bad", json!({"$eval": "nothing"})), ("g/scoped", scoped())] {
        let mut hook_definition = definition();
        hook_definition["schedule"] = json!(["*/20 * * * * *"]);
        hook_definition["bindings"] = bindings.clone();
        hook_definition["task"] = task;
        hook_definition["triggerSchema"] = json!({"type": "object", "maxProperties": 0});
        Request::to(&format!("PUT /hooks/{hook}")).json(&hook_definition).send(server).await.ok();
    }
    start("tick").invoke(&json!({}));

    let message = |payload: Value| {
        let received = jiff::Timestamp::now().to_string();
        json!({"exchange": "e", "routingKey": "a", "payload": payload, "id": "1", "received": received})
    };
    start("pulse").invoke(&batch(&[message(json!({})), message(json!({"n": 1}))]));

    let firing = |task_id: &str, hook: &str| json!({"taskId": task_id, "hook": hook, "firedBy": "pulseMessage", "created": "2030-01-01T00:00:00Z"});
    let deployment = Deployment::start();
    deployment.answer(std::iter::repeat_n((500, json!({})), 1000));
    let sink = ("TREBLE_SINK".to_owned(), format!("taskcluster:{}", deployment.root_url()));
    let failing = [&environment[..], &[sink]].concat();
    for (function, task_id) in
        [("fire", "BwcHBwcHRweHBwcHBwcHBw"), ("record-dead-firing", "CAgICAgISAiICAgICAgICA")]
    {
        let mut firings: Vec<Value> =
            ["g/good", "g/bad", "g/scoped"].iter().map(|hook| firing(task_id, hook)).collect();
        firings.push(json!("nonsense"));
        let firings = batch(&firings);
        for environment in [&failing, &environment] {
            Lambda::start(function, &recorder.environment(function, environment)).invoke(&firings);
        }
    }

    let publish = start("publish-changes");
    for records in aws.stream_records().await.chunks(10) {
        publish.invoke(&json!({"Records": records}));
    }
    let tell = start("tell-owner");
    for event in aws.receive_events().await {
        tell.invoke(&event);
    }
}

/// The event that Lambda makes of messages with these bodies.
fn batch(bodies: &[Value]) -> Value {
    let messages: Vec<_> =
        bodies.iter().enumerate().map(|(number, body)| (number.to_string(), body.to_string())).collect();
    let messages: Vec<_> = messages.iter().map(|(id, body)| (id.as_str(), body.as_str())).collect();
    queue_event(&messages)
}
