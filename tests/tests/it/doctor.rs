//! `treble doctor`: what is well, and what isn't, of the local server and of a deployment.

use std::process::Command;

use serde_json::{Value, json};
use treble_tests::{Aws, Deployment, Request, Server, definition, program, until};

/// What it finds with these arguments and variables; each check's finding by its name.
struct Findings {
    report: Value,
    code: Option<i32>,
}

impl Findings {
    fn of(arguments: &[&str], environment: &[(String, String)]) -> Findings {
        let mut command = Command::new(program());
        command.env_clear().envs(environment.iter().cloned()).args(["doctor", "--json"]).args(arguments);
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"));
        Findings { report, code: output.status.code() }
    }

    fn find(&self, check: &str) -> &Value {
        let all = self.report["findings"].as_array().unwrap();
        all.iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("no {check}: {all:?}"))
    }

    fn wrong(&self) -> Vec<&str> {
        let all = self.report["findings"].as_array().unwrap().iter();
        all.filter(|finding| finding["state"] == "wrong")
            .map(|finding| finding["check"].as_str().unwrap())
            .collect()
    }
}

#[tokio::test]
async fn the_local_server_is_well_until_it_stops() {
    let server = Server::start().await;
    if server.is_on_aws() {
        return;
    }
    server.schedule("g/h", &["0 0 29 2 *"]).await;
    let data = server.data().to_str().unwrap().to_owned();
    let well = Findings::of(&["--data", &data], &[]);
    assert_eq!((well.code, well.wrong(), &well.report["healthy"]), (Some(0), vec![], &json!(true)));
    assert_eq!(well.find("table hooks")["figures"]["format"], 1);
    assert_eq!(well.find("version")["figures"]["version"], well.report["version"]);
    assert_eq!(well.find("queue firings")["figures"]["messages"], 0);
    assert_eq!(well.find("schedule")["figures"]["overdue"], 0);
    let shown = server.cli(&["doctor"]);
    assert!(
        shown.status.success() && shown.printed.contains("CHECK") && shown.printed.contains("is well"),
        "{shown:?}"
    );

    let stopped = server.kill();
    let stopped_data = stopped.data().to_str().unwrap().to_owned();
    let ill = Findings::of(&["--data", &stopped_data], &[]);
    assert_eq!((ill.code, &ill.report["healthy"]), (Some(1), &json!(false)));
    assert!(ill.wrong().contains(&"service"), "{:?}", ill.report);
    assert!(ill.find("service")["remedy"].as_str().unwrap().contains("treble up"));
    // The database itself is as it was.
    assert_eq!(ill.find("table hooks")["state"], "ok");
}

#[tokio::test]
async fn hooks_that_should_have_fired_are_named() {
    let server = Server::start().await;
    if server.is_on_aws() {
        return;
    }
    server.schedule("g/often", &["* * * * * *"]).await;
    let stopped = server.kill();
    let data = stopped.data().to_str().unwrap().to_owned();
    until(async || Findings::of(&["--data", &data, "--overdue", "1s"], &[]).wrong().contains(&"schedule"))
        .await;
    let ill = Findings::of(&["--data", &data, "--overdue", "1s"], &[]);
    let schedule = ill.find("schedule");
    assert_eq!(schedule["figures"]["hooks"], json!(["g/often"]));
    assert!(schedule["says"].as_str().unwrap().contains("overdue"), "{schedule}");
}

#[tokio::test]
async fn what_was_given_up_is_told() {
    let deployment = Deployment::start();
    deployment.answer(std::iter::repeat_n((500, json!({})), 1000));
    let sink = format!("taskcluster:{}", deployment.root_url());
    let server = Server::with(&["--sink", &sink, "--attempts", "1"]).await;
    if server.is_on_aws() {
        return;
    }
    let mut definition = definition();
    definition["schedule"] = json!(["* * * * * *"]);
    Request::to("PUT /hooks/g/h").json(&definition).send(&server).await.ok();
    let data = server.data().to_str().unwrap().to_owned();
    until(async || Findings::of(&["--data", &data], &[]).wrong().contains(&"dead letters")).await;
    let ill = Findings::of(&["--data", &data], &[]);
    assert!(ill.find("dead letters")["remedy"].as_str().unwrap().contains("dead-letters list"));
}

#[tokio::test]
async fn a_deployment_is_looked_at_resource_by_resource() {
    let Some(aws) = Aws::from_env() else { return };
    let mut environment = aws.environment();
    environment.push(("TREBLE_SINK".into(), format!("sqs:{}", aws.queue_url())));
    environment.push(("TREBLE_EVENT_BUS".into(), "default".into()));
    let server = Server::on(Some(aws), &[]).await;
    environment.push(("TREBLE_ROOT_URL".into(), server.own_url()));
    let aws = server.aws().unwrap();
    server.schedule("g/h", &["0 0 29 2 *"]).await;
    let set = |name: &str, value: &str| {
        let mut changed: Vec<_> = environment.iter().filter(|(key, _)| key != name).cloned().collect();
        changed.push((name.to_owned(), value.to_owned()));
        changed
    };

    // This queue has no dead letters.
    let found = Findings::of(&["--store", "aws"], &environment);
    assert_eq!(
        (found.code, found.wrong()),
        (Some(1), vec!["queue firings, dead letters"]),
        "{}",
        found.report
    );
    aws.give_up_after(14).await;
    let well = Findings::of(&["--store", "aws"], &environment);
    assert_eq!((well.code, well.wrong()), (Some(0), vec![]), "{}", well.report);
    assert_eq!(well.find("table hooks")["figures"]["format"], 1);
    assert_eq!(well.find("queue firings")["figures"], json!({"waiting": 0, "inFlight": 0, "delayed": 0}));
    assert_eq!(well.find("queue pulse")["state"], "unchecked");
    for check in [
        "service",
        "version",
        "table fires",
        "table auth",
        "table gates",
        "master key",
        "sink",
        "event bus",
        "dead letters",
    ] {
        assert_eq!(well.find(check)["state"], "ok", "{check}");
    }

    for (variable, value, check, told) in [
        ("TREBLE_HOOKS_TABLE", "no-such-table", "table hooks", "no-such-table"),
        ("TREBLE_FIRES_TABLE", "no-such-table", "dead letters", "not found"),
        ("TREBLE_MASTER_KEY_ARN", "no-such-key", "master key", "no-such-key"),
        ("TREBLE_FIRINGS_QUEUE_URL", "http://127.0.0.1:1/000000000000/q", "queue firings", "can't be asked"),
        ("TREBLE_EVENT_BUS", "no-such-bus", "event bus", "no-such-bus"),
        ("TREBLE_ROOT_URL", "http://127.0.0.1:1", "service", "refused"),
        ("TREBLE_SINK", "journal:x", "sink", "journal"),
    ] {
        let ill = Findings::of(&["--store", "aws"], &set(variable, value));
        let finding = ill.find(check);
        assert_eq!((ill.code, &finding["state"]), (Some(1), &json!("wrong")), "{variable}: {finding}");
        let says = format!("{} {}", finding["says"], finding["remedy"]);
        assert!(says.contains(told), "{variable}: {finding}");
    }

    // No tick runs here: what is due stays so, and is named.
    server.schedule("g/often", &["* * * * * *"]).await;
    until(async || {
        Findings::of(&["--store", "aws", "--overdue", "1s"], &environment).wrong().contains(&"schedule")
    })
    .await;
    let ill = Findings::of(&["--store", "aws", "--overdue", "1s"], &environment);
    assert_eq!(ill.find("schedule")["figures"]["hooks"], json!(["g/often"]));
}
