//! Samples for the functions of CDS's dialect. The hash in them is that of the tests' CDS.

use serde_json::{Value, json};
use treble_api::cds;
use treble_tests::{Aws, Cds, Lambda, Recorder, Repositories, Request, Server};

use super::{MOMENT, keep, of_route};
use crate::template::cds_calls;

/// A request to each function, and the status of its answer. Executions are known by the nanosecond: nobody has this one.
const REQUESTS: [(&str, &str, u16); 21] = [
    ("cds-create-task", "POST /task", 200),
    ("cds-update-task", "PUT /task/greet", 200),
    ("cds-save-tasks", "POST /task/bulk", 200),
    ("cds-execute-task", "POST /task/execute", 200),
    ("cds-webhook", "POST /webhook/greet", 200),
    ("cds-list-tasks", "GET /task?sort=nb_executions_todo:desc", 200),
    ("cds-task", "GET /task/greet", 200),
    ("cds-executions", "GET /task/greet/execution", 200),
    ("cds-execution", "GET /task/greet/execution/1795770000000000000", 404),
    ("cds-stop-execution", "POST /task/greet/execution/1795770000000000000/stop", 404),
    ("cds-run-execution", "POST /task/greet/execution/1795770000000000000/run", 404),
    ("cds-stop-task", "POST /task/greet/stop", 200),
    ("cds-start-task", "POST /task/greet/start", 200),
    ("cds-stop-tasks", "POST /task/bulk/stop", 200),
    ("cds-start-tasks", "POST /task/bulk/start", 200),
    ("cds-maintenance", "POST /admin/maintenance?enable=false", 200),
    ("cds-version", "GET /mon/version", 200),
    ("cds-status", "GET /mon/status", 200),
    ("cds-delete-executions", "DELETE /task/greet/execution", 200),
    ("cds-delete-tasks", "DELETE /task/bulk", 200),
    ("cds-delete-task", "DELETE /task/greet", 200),
];

fn request(function: &str, line: &str, hash: &str) -> Request {
    let (method, path) = line.split_once(' ').unwrap();
    let request = Request::to(&format!("{method} ^{path}")).anonymously().header("x-auth-header", hash);
    let config = json!({
        "project": {"value": "EXAMPLE"}, "workflow": {"value": "greet"}, "method": {"value": "POST", "configurable": true},
    });
    let node = json!({"uuid": "greet", "hook_model_name": "WebHook", "config": config});
    match function {
        "cds-create-task" | "cds-update-task" | "cds-execute-task" => request.json(&node),
        "cds-save-tasks" => request.json(&json!({"greet": node})),
        "cds-delete-tasks" => request.json(&json!({"other": node})),
        "cds-webhook" => request.json(&json!({"name": "Ada"})),
        _ => request,
    }
}

/// What a rule wakes a function with.
fn of_rule(rule: &str) -> Value {
    json!({
        "version": "0", "id": "", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000",
        "time": MOMENT, "region": "us-east-1", "resources": [format!("arn:aws:events:us-east-1:000000000000:rule/treble-{rule}")],
        "detail": {},
    })
}

#[tokio::test]
async fn each_function_of_cds_takes_its_sample() {
    let Some(aws) = Aws::from_env() else { return };
    let (cds, hub) = (Cds::start("token"), Repositories::start(50));
    cds_calls::prepare(&aws, "token", &hub).await;
    let told = cds_calls::environment(&cds, &aws);
    let recorder = Recorder::start(aws.endpoint());
    let server = Server::on_recorded_functions(aws, &recorder, &told).await;
    let environment = server.gateway().environment();

    let woken =
        [("cds-beat", "CdsBeatRule"), ("cds-synchronize", "CdsSynchronizeRule"), ("cds-poll", "CdsPollRule")];
    for (function, rule) in woken {
        let sample = keep(function, of_rule(rule));
        assert_eq!(Lambda::start(function, environment).invoke(&sample), Value::Null, "{function}");
    }
    let hash = cds.auth_header();
    let mut samples = Vec::new();
    for (function, line, status) in REQUESTS {
        let route = cds::ROUTES.iter().find(|route| route.function() == function).unwrap();
        let reply = request(function, line, &hash).send(&server).await;
        assert_eq!(reply.status, status, "{function}: {}", reply.text());
        let mut event = server.gateway().last_event();
        of_route(&mut event, &format!("{} {}", line.split(' ').next().unwrap(), route.path));
        samples.push((function, keep(function, event), status));
    }
    assert_eq!(samples.len(), cds::ROUTES.len());
    for (function, sample, status) in samples {
        assert_eq!(Lambda::start(function, environment).invoke(&sample)["statusCode"], status, "{function}");
    }
}
