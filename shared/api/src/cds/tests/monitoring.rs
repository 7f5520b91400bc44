use serde_json::{Value, json};

use super::world::{Client, now, pass};

/// The lines of the status, by component.
async fn status(client: &Client) -> Value {
    let status = client.send("GET", "/mon/status", &[], "").await.ok();
    assert_eq!(status["now"], now().to_string());
    let lines = status["lines"].as_array().unwrap().iter();
    let line = |line: &Value| {
        assert_eq!(line["type"], "hooks");
        (line["component"].as_str().unwrap().to_owned(), json!([line["status"], line["value"]]))
    };
    Value::Object(lines.map(line).collect())
}

#[tokio::test]
async fn the_status_says_how_it_is() {
    let client = Client::with_webhook().await;
    client.send("POST", "/webhook/hook", &[], "").await.ok();
    client.world.state.lock().unwrap().registered = Some(now());
    assert_eq!(
        status(&client).await,
        json!({
            "Version": ["OK", "1.2.3"], "Tasks": ["OK", "1"], "Tasks stopped": ["OK", "0"],
            "Queue": ["OK", "1"], "Tasks to be cleaned": ["OK", "0"],
            "Registration": ["OK", "2026-11-27T10:00:30Z"], "Maintenance": ["OK", "no"],
        })
    );
    client.cds("POST", "/task/hook/stop", Value::Null).await.ok();
    client.send("POST", "/webhook/hook", &[], "").await.ok();
    assert_eq!(
        status(&client).await["Tasks stopped"],
        json!(["OK", "0"]),
        "anybody may ask, so it is remembered"
    );
    pass(200);
    assert_eq!(status(&client).await["Tasks stopped"], json!(["WARN", "1"]));
    assert_eq!(status(&client).await["Registration"], json!(["WARN", "none since 2026-11-27T10:00:30Z"]));
    client.world.state.lock().unwrap().last_error = Some("no answer".into());
    let registration = json!(["AL", "failing since 2026-11-27T10:00:30Z: no answer"]);
    assert_eq!(status(&client).await["Registration"], registration);
}

#[tokio::test]
async fn a_maintenance_begins_and_ends() {
    let client = Client::with_webhook().await;
    for (query, status) in [("", 400), ("?enable=yes", 400)] {
        client.cds("POST", &format!("/admin/maintenance{query}"), Value::Null).await.error(status);
    }
    client.send("POST", "/admin/maintenance?enable=true", &[], "").await.error(401);
    let begun = json!({"maintenance": true, "since": "2026-11-27T10:00:30Z"});
    let enable = async |enable: bool| {
        client.cds("POST", &format!("/admin/maintenance?enable={enable}"), Value::Null).await.ok()
    };
    assert_eq!(enable(true).await, begun);
    pass(7);
    assert_eq!(enable(true).await, begun);
    assert_eq!(status(&client).await["Maintenance"], json!(["WARN", "since 2026-11-27T10:00:30Z"]));
    client.send("POST", "/webhook/hook", &[], "").await.ok();
    assert_eq!(client.sent().len(), 1, "what comes is accepted");
    assert_eq!(enable(false).await, json!({"maintenance": false, "since": null}));
    assert_eq!(client.world.state.lock().unwrap().maintenance_since, None);
}

#[tokio::test]
async fn the_version_is_told() {
    let version = Client::new().send("GET", "/mon/version", &[], "").await.ok();
    assert_eq!((&version["version"], &version["os"]), (&json!("1.2.3"), &json!(std::env::consts::OS)));
    assert!(version["architecture"].is_string());
}
