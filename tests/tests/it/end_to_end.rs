//! The template, deployed as `make local-stack` deploys it, and all that happens in it: calls, webhooks, a schedule, a broker's
//! messages, dead letters.

use serde_json::{Value, json};
use treble_tests::{CCX_TOKEN, Cds, LocalStack, RabbitMq, Receiver, definition, node, python, until};

use crate::pulse::broker::{User, next};

/// Whether the hook has fired so, and well.
async fn has_fired(stack: &LocalStack, hook: &str, by: &str) -> bool {
    let fires = stack.last_fires("e2e", hook).await;
    fires.iter().any(|fire| fire["firedBy"] == by && fire["result"] == "success")
}

fn dead_letters(stack: &LocalStack) -> Vec<Value> {
    let listed = stack.treble(&["dead-letters", "list", "--json", "--store", "aws"]).printed;
    serde_json::from_str(&listed).unwrap_or_else(|_| panic!("{listed}"))
}

/// A webhook of CDS's: the service registers, by a rule; CDS makes a task; whoever calls its URL has the workflow run.
async fn a_workflow_runs(stack: &LocalStack, cds: &Cds) {
    until(async || !cds.registrations().is_empty()).await;
    let client = reqwest::Client::new();
    let config = json!({"project": {"value": "P"}, "workflow": {"value": "w"}, "method": {"value": "POST"}});
    let task = json!({"uuid": "e2e", "hook_model_name": "WebHook", "config": config});
    let created =
        client.post(format!("{}/task", stack.root_url())).header("x-auth-header", cds.auth_header());
    let created =
        created.header("content-type", "application/json").body(task.to_string()).send().await.unwrap();
    assert_eq!(created.status(), 200, "{}", created.text().await.unwrap());
    cds.has_hooks(&json!([task]));
    let called = client.post(format!("{}/webhook/e2e", stack.root_url())).body("{}").send().await.unwrap();
    assert_eq!(called.status(), 200);
    until(async || cds.runs().iter().any(|run| run.workflow == "w")).await;
}

/// A platform asks and tells an integrator; and it hears what came of firings.
async fn an_integrator_is_asked_and_told(stack: &LocalStack, receiver: &Receiver) {
    let url = receiver.url_of("acme");
    let events = ["--event", "pre-add-node", "--event", "post-add-node", "--event", "post-fire"];
    let set = stack.treble(&[&["integrator", "set", "acme", "--url", &url], &events[..]].concat());
    assert!(set.status.success(), "{}", set.printed);
    let client = reqwest::Client::new();
    let call = async |method: &str, message: Value| {
        let url = format!("{}/treble.ccx.v1.HookService/{method}", stack.root_url());
        let call = client.post(url).bearer_auth(CCX_TOKEN);
        let call = call.header("content-type", "application/json").body(message.to_string());
        let reply = call.send().await.unwrap();
        let (status, text) = (reply.status(), reply.text().await.unwrap());
        assert_eq!(status, 200, "{text}");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let mut node = json!({"clusterId": "1", "cloud": "c", "nodeCount": 1, "instanceType": "i"});
    let asked = call("PreAddNode", node.clone()).await;
    assert_eq!(asked["approved"], true, "{asked}");
    node["workId"] = asked["workId"].clone();
    call("PostAddNode", node).await;
    until(async || receiver.taken("acme").iter().any(|taken| taken.body["work_id"] == "own-1")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stack_does_all_that_hooks_are_for() {
    // The suites run on an AWS as well, and once is enough.
    if std::env::var_os("AWS_ENDPOINT_URL").is_some() {
        return;
    }
    let broker = tokio::task::spawn_blocking(RabbitMq::start);
    let cds = Cds::start("t0ken");
    let api_url = cds.api_url();
    let stack = tokio::task::spawn_blocking(move || {
        let cds = [("CDS_API_URL", &*api_url), ("CDS_TOKEN", "t0ken")];
        LocalStack::start(
            &[&cds[..], &[("TREBLE_CCX_TOKEN", CCX_TOKEN), ("TREBLE_HOOK_GATES", "yes")]].concat(),
        )
    });
    let stack = stack.await.unwrap();
    let broker = broker.await.unwrap();
    let again = stack.up();
    assert!(again.starts_with("The local stack is up already"), "{again}");
    assert!(again.contains(&format!("export TASKCLUSTER_ROOT_URL={}", stack.root_url())), "{again}");
    let doctor = stack.treble(&["doctor", "--store", "aws"]);
    assert!(doctor.status.success(), "{}", doctor.printed);
    let user = User::of(&broker).await;
    for exchange in ["builds", "exchange/taskcluster-hooks/v1/hook-created"] {
        user.declare(exchange).await;
    }
    let mut created = user.listen("exchange/taskcluster-hooks/v1/hook-created").await;
    let bridge = stack.bridge(&broker);

    // A rule wakes the clock each minute: while that is awaited, the rest happens.
    let hooks = stack.hooks();
    let mut hook = definition();
    hook["schedule"] = json!(["*/10 * * * * *"]);
    hooks.createHook("e2e", "scheduled", &hook).await.unwrap();
    stack.give_up_after(2).await;
    stack.send_firing("poisoned").await;

    // The published clients' suites.
    python(&stack);
    node(&stack);

    let receiver = Receiver::start();
    an_integrator_is_asked_and_told(&stack, &receiver).await;

    // A webhook.
    hooks.createHook("e2e", "webhook", &definition()).await.unwrap();
    let token = hooks.getTriggerToken("e2e", "webhook").await.unwrap()["token"].as_str().unwrap().to_owned();
    let url = format!("{}/api/hooks/v1/hooks/e2e/webhook/trigger/{token}", stack.root_url());
    let reply = reqwest::Client::new().post(url).header("content-type", "application/json").body("{}").send();
    assert_eq!(reply.await.unwrap().status(), 200);
    assert!(has_fired(&stack, "webhook", "triggerHookWithToken").await);

    // A message of the broker; until the bridge has bound its queue, the broker drops what is published.
    let mut hook = definition();
    hook["bindings"] = json!([{"exchange": "builds", "routingKeyPattern": "*.done"}]);
    hooks.createHook("e2e", "bound", &hook).await.unwrap();
    until(async || {
        user.publish("builds", "firefox.done", "{}").await;
        has_fired(&stack, "bound", "pulseMessage").await
    })
    .await;
    // What happened to hooks is told there, by stream, bus, queue and bridge.
    while next(&mut created).await.1 != r#"{"hookGroupId":"e2e","hookId":"bound"}"# {}

    a_workflow_runs(&stack, &cds).await;
    until(async || !receiver.received_at("acme", "post-fire").is_empty()).await;

    until(async || !dead_letters(&stack).is_empty()).await;
    assert_eq!(dead_letters(&stack)[0]["message"], "poisoned");
    until(async || has_fired(&stack, "scheduled", "schedule").await).await;

    assert!(bridge.terminate().status.success());
    stack.down();
    assert!(!stack.directory().exists());
}
