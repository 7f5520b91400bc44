//! Signatures, checked by the implementation of Standard Webhooks' authors.

use serde_json::{Value, json};
use treble_tests::{GateWorld, until, verify_webhooks};

fn secret(integrator: &Value) -> String {
    integrator["secret"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn requests_are_signed_by_each_secret() {
    let world = GateWorld::start().await;
    let events = ["pre-add-node", "post-add-node"];
    let first = secret(&world.set("one", &events).await);
    let again = world.set("one", &events).await;
    assert_eq!(again.get("secret"), None, "a secret is shown once");
    let other = secret(&world.set("other", &["pre-remove-node"]).await);

    let ask = async || {
        world.ask("PreAddNode", &json!({"clusterId": "Ω"})).await;
        world.receiver.received_at("one", "pre-add-node").pop().unwrap()
    };
    let rotate = async |grace: u64| {
        let line = "POST /integrators/one/rotate-secret";
        let reply = world.send(&GateWorld::admin(line).json(&json!({"graceSeconds": grace}))).await.ok();
        (secret(&reply), reply["secrets"].as_array().unwrap().len())
    };
    let before = ask().await;
    world.tell("Ω").await;
    until(async || !world.receiver.received_at("one", "post-add-node").is_empty()).await;
    let told = world.receiver.received_at("one", "post-add-node").pop().unwrap();
    let (second, secrets) = rotate(3600).await;
    assert_eq!(secrets, 2);
    let rotated = ask().await;
    assert_eq!(rotated.header("webhook-signature").split(' ').count(), 2);
    let (third, secrets) = rotate(0).await;
    assert_eq!(secrets, 1, "those before sign no more");
    let replaced = ask().await;

    let changed = {
        let mut changed = before.clone();
        changed.text = changed.text.replace('Ω', "O");
        changed
    };
    let cases = [
        (&first, &before, true),
        (&first, &told, true),
        (&first, &rotated, true),
        (&second, &rotated, true),
        (&third, &replaced, true),
        (&second, &before, false),
        (&other, &before, false),
        (&first, &replaced, false),
        (&second, &replaced, false),
        (&first, &changed, false),
    ];
    let verdicts = verify_webhooks(cases.iter().map(|(secret, received, _)| (secret.as_str(), *received)));
    assert_eq!(verdicts, cases.map(|(.., good)| good));
    assert_ne!(before.id(), rotated.id());
}
