//! `treble integrator` and `treble deliveries`.

use serde_json::Value;
use taskcluster::Credentials;
use treble_tests::{Exit, GateWorld, Habit, until};

#[track_caller]
fn assert_says(exit: &Exit, code: i32, said: &[&str]) {
    assert_eq!(exit.status.code(), Some(code), "{}", exit.printed);
    for text in said {
        assert!(exit.printed.contains(text), "no {text:?} in {}", exit.printed);
    }
}

#[tokio::test]
async fn a_tour() {
    let world = GateWorld::start().await;
    let run = |arguments: &[&str]| world.server().asking(arguments);
    assert_says(&run(&["integrator", "list"]), 0, &["No integrators yet"]);

    let url = world.receiver.url_of("billing");
    let set = ["integrator", "set", "billing", "--url", &url];
    let made = run(
        &[&set[..], &["--event", "add_node", "--event", "post-add-node", "--timeout", "1500ms"]].concat()
    );
    assert_says(&made, 0, &["Saved billing\nIts secret, shown this once: whsec_"]);
    let again = run(&[&set[..], &["--event", "post-add-node", "--owner", "o@example.com"]].concat());
    assert_eq!((again.status.code(), &*again.printed), (Some(0), "Saved billing\n"));
    assert_says(
        &run(&["integrator", "list"]),
        0,
        &["NAME     URL", &format!("billing  {url}"), "post-add-node  10 s     reject  well"],
    );
    assert_says(&run(&["integrator", "rotate-secret", "billing", "--grace", "1h"]), 0, &["whsec_"]);
    let shown = run(&["integrator", "show", "billing"]);
    assert_says(&shown, 0, &["o@example.com", "signs until ", "reject", "well"]);
    assert!(!shown.printed.contains("whsec_"));
    assert_says(&run(&["integrator", "probe", "billing"]), 0, &["Reached: it answered 200, after "]);

    world.receiver.next("billing", [Habit::Status(410), Habit::Well, Habit::RetryAfter(503, "3600".into())]);
    for cluster in ["1", "2", "3"] {
        world.tell(cluster).await;
    }
    until(async || world.get("/integrators/billing").await["lane"]["nextAttempt"].is_string()).await;
    assert_says(&run(&["integrator", "list"]), 0, &["fails since ", "(1 times)"]);
    assert_says(&run(&["integrator", "show", "billing"]), 0, &["it answered 503", "next attempt"]);
    let list = |arguments: &[&str]| run(&[&["deliveries", "list", "billing"], arguments].concat());
    assert_says(&list(&[]), 0, &["ID", "dead", "delivered", "waiting", "it answered 410", "it answered 503"]);
    let ids = |status: &str| -> Vec<String> {
        let listed: Value = serde_json::from_str(&list(&["--status", status, "--json"]).printed).unwrap();
        let id = |delivery: &Value| delivery["deliveryId"].as_str().unwrap().to_owned();
        listed.as_array().unwrap().iter().map(id).collect()
    };
    let (dead, waiting) = (ids("dead"), ids("waiting"));
    assert_eq!((dead.len(), waiting.len()), (1, 1));
    assert_says(&list(&["--since", "1h", "-n", "1"]), 0, &[&dead[0]]);
    assert_says(&list(&["--status", "dead", "--since", "2100-01-01T00:00:00Z"]), 0, &["There are no such"]);
    let shown = run(&["deliveries", "show", "billing", &waiting[0]]);
    assert_says(&shown, 0, &["waiting", "retried until", "\"cluster_id\": \"3\"", "503", "it answered 503"]);

    assert_says(
        &run(&["deliveries", "recover", "billing", "--since", "1h"]),
        0,
        &["1 delivery to billing waits again."],
    );
    assert_says(&run(&["deliveries", "resend", "billing", &dead[0]]), 0, &["Waits again: msg_"]);
    assert_says(&run(&["integrator", "probe", "billing"]), 0, &["Reached"]);
    until(async || world.count("billing", "delivered").await == 3).await;
    assert_says(&run(&["deliveries", "recover", "billing", "--since", "1h"]), 0, &["There was nothing dead"]);

    assert_says(&run(&["integrator", "delete", "billing"]), 0, &["- deleted billing"]);
    assert_says(&run(&["integrator", "delete", "billing"]), 3, &["There is no integrator billing"]);
}

#[tokio::test]
async fn mistakes_are_told() {
    let world = GateWorld::start().await;
    let run = |arguments: &[&str]| world.server().asking(arguments);
    world.set("one", &["post-add-node"]).await;
    let id = "msg_00000000000000000000000000000000";
    for arguments in [
        &["integrator", "show", "none"][..],
        &["integrator", "probe", "none"],
        &["integrator", "rotate-secret", "none"],
        &["deliveries", "list", "none"],
        &["deliveries", "recover", "none", "--since", "1h"],
    ] {
        assert_says(&run(arguments), 3, &["There is no integrator none"]);
    }
    for action in ["show", "resend"] {
        assert_says(&run(&["deliveries", action, "one", id]), 3, &["one has no delivery msg_0000"]);
    }
    let set = ["integrator", "set", "one", "--all-events", "--url"];
    for (arguments, said) in [
        (&["http://127.0.0.1:1?a=b"][..], "127.0.0.1:1?a=b"),
        (&["http://127.0.0.1:1", "--timeout", "26s"], "timeoutMs"),
    ] {
        let exit = run(&[&set[..], arguments].concat());
        assert!([Some(1), Some(2)].contains(&exit.status.code()), "{}", exit.printed);
        assert!(exit.printed.contains(said), "{}", exit.printed);
    }
    let down =
        world.server().asking(&["integrator", "set", "one", "--all-events", "--url", "http://127.0.0.1:1"]);
    assert_says(&down, 0, &["Saved one"]);
    assert_says(&run(&["integrator", "probe", "one"]), 1, &["Not reached: the connection was refused"]);
}

#[tokio::test]
async fn each_command_needs_its_scope() {
    let world = GateWorld::start().await;
    world.set("one", &["post-add-node"]).await;
    world.set("other", &["pre-add-node"]).await;
    world.receiver.next("one", [Habit::Status(410)]);
    world.tell("1").await;
    until(async || world.count("one", "dead").await == 1).await;
    let id = world.deliveries("one").await[0]["deliveryId"].as_str().unwrap().to_owned();
    let url = world.receiver.url_of("one");
    let cases: [(&str, &[&str]); 9] = [
        ("gates:list-integrators", &["integrator", "list"]),
        ("gates:read-integrator:one", &["integrator", "show", "one"]),
        (
            "gates:modify-integrator:one",
            &["integrator", "set", "one", "--url", &url, "--event", "post-add-node"],
        ),
        ("gates:modify-integrator:one", &["integrator", "rotate-secret", "one"]),
        ("gates:modify-integrator:one", &["integrator", "probe", "one"]),
        ("gates:read-deliveries:one", &["deliveries", "list", "one"]),
        ("gates:read-deliveries:one", &["deliveries", "show", "one", &id]),
        ("gates:resend-deliveries:one", &["deliveries", "resend", "one", &id]),
        ("gates:resend-deliveries:one", &["deliveries", "recover", "one", "--since", "1h"]),
    ];
    let client = |name: &str, scopes: &[&str]| {
        let mut arguments = vec!["client", "create", name, "--json"];
        arguments.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
        let made: Value = serde_json::from_str(&world.server().cli(&arguments).printed).unwrap();
        Credentials::new(name, made["accessToken"].as_str().unwrap())
    };
    let all: Vec<&str> = cases.iter().map(|(scope, _)| *scope).collect();
    for (number, (scope, arguments)) in cases.iter().enumerate() {
        let good = client(&format!("good-{number}"), &[scope]);
        assert_says(&world.server().asking_as(&good, arguments), 0, &[]);
        let of_another = scope.replace("one", "other");
        let others = all.iter().copied().chain([&*of_another]).filter(|other| other != scope);
        let others: Vec<&str> = others.collect();
        let bad = client(&format!("bad-{number}"), &others);
        assert_says(
            &world.server().asking_as(&bad, arguments),
            4,
            &["does not have sufficient scopes", scope],
        );
    }
}

#[tokio::test]
async fn the_api_is_described() {
    let world = GateWorld::start().await;
    let routes = world.server().cli_with([], &["routes"]);
    assert_says(&routes, 0, &["PUT     /api/gates/v1/integrators/<integrator>", "gates:list-integrators"]);
    let document = world.send(&treble_tests::Request::to("GET ^/references/gates/v1/openapi.json")).await;
    treble_tests::validate_openapi(&document.ok().to_string());
    let paths = document.json()["paths"].as_object().unwrap().len();
    assert_eq!(paths, 8);
}
