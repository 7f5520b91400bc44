//! Whatever is sent, it is no fault of ours, and is answered in JSON.

use proptest::prelude::*;

use super::world::Client;

/// Paths of all routes, with parts that may be anything.
fn path() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("hook".to_owned()),
        Just("bulk".to_owned()),
        Just("execution".to_owned()),
        Just("start".to_owned()),
        Just("execute".to_owned()),
        "-?[0-9]{1,25}",
        "[a-zA-Z0-9%~._-]{0,9}",
    ];
    let first = prop_oneof![Just("webhook"), Just("task"), Just("mon"), Just("admin/maintenance")];
    let query = prop_oneof![
        Just(String::new()),
        "\\?(sort|limit|offset|enable)=(true|nb_executions_total|[0-9a-z:%&=]{0,30})",
    ];
    (first, proptest::collection::vec(part, 0..5), query).prop_map(|(first, parts, query)| {
        let path = parts.iter().fold(format!("/{first}"), |path, part| format!("{path}/{part}"));
        path + &query
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let json = prop_oneof![
        Just("{}"),
        Just("null"),
        Just("[1]"),
        Just("{\"u\": {\"hook_model_name\": \"WebHook\", \"config\": null}}"),
        Just(
            "{\"uuid\": \"u\", \"model\": null, \"hook_model_name\": \"Scheduler\", \"config\": {\"cron\": {}}}"
        ),
        Just("{\"uuid\": \"u\", \"model\": {\"name\": 7}}"),
    ];
    prop_oneof![json.prop_map(|text| text.as_bytes().to_vec()), proptest::collection::vec(any::<u8>(), 0..60)]
}

proptest! {
    #[test]
    fn whatever_is_sent_is_answered(
        method in prop_oneof![Just("GET"), Just("HEAD"), Just("POST"), Just("PUT"), Just("DELETE"), Just("PATCH")],
        path in path(),
        encoding in prop_oneof![Just("identity"), Just("gzip"), Just("br"), Just("deflate"), Just("x")],
        body in body(),
        knows_the_hash in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let hash = if knows_the_hash { "dGhlIGhhc2g=" } else { "x" };
        let headers = [("X_AUTH_HEADER", hash), ("content-encoding", encoding)];
        let status = runtime.block_on(async {
            let client = Client::with_webhook().await;
            client.schedule("hook", "2026-11-27T10:03:00Z");
            client.send(method, &path, &headers, body).await.status
        });
        prop_assert!(!status.is_server_error(), "{method} {path}: {status}");
    }
}
