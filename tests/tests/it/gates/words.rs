//! The command line of CCX's own hook service, as its page shows it.

use serde_json::{Value, json};
use treble_tests::{CCX_TOKEN, MockHooks, Server};

/// The request of that page.
const ADD_NODE: &str = r#"{"clusterId":"1","cloud":"c1","nodeCount":1,"instanceType":"i1","authId":"a1"}"#;

/// A server with that integrator.
async fn local_server(url: &str) -> Server {
    Server::local(url, &[("TREBLE_CCX_TOKEN", CCX_TOKEN)], &["--clock"]).await
}

#[tokio::test]
async fn a_platform_and_an_integrator_in_three_terminals() {
    let mock = MockHooks::start(&[]);
    let server = local_server(mock.url()).await;
    let printed = server.printed();
    let line = format!("Integrator: local at {} is asked and told everything\n", mock.url());
    assert!(printed.contains(&line) && printed.contains("Its secret, shown this once: whsec_"), "{printed}");

    let call = |call: &str, request: &str| {
        let exit = server.cli_with([], &["test-client", call, request, "--url", server.root_url()]);
        assert_eq!(exit.status.code(), Some(0), "{}", exit.printed);
        serde_json::from_str::<Value>(&exit.printed).unwrap()
    };
    let answer = call("add_node", ADD_NODE);
    assert_eq!(answer["approved"], true);
    let work_id = answer["workId"].as_str().unwrap();
    let printed = mock.wait_for("answered");
    let expected = format!(
        "pre-add-node\n{}\nanswered 200 {{\"approved\":true,\"work_id\":\"{work_id}\"}}\n",
        r#"{
  "cluster_id": "1",
  "cloud": "c1",
  "node_count": 1,
  "instance_type": "i1",
  "auth_id": "a1"
}"#
    );
    assert_eq!(printed.trim_end(), expected.trim_end());

    let told = json!({"clusterId": "1", "cloud": "c1", "nodeCount": 1, "nodeIds": ["n1"], "workId": work_id});
    for name in ["post_add_node", "post-add-node"] {
        assert_eq!(call(name, &told.to_string()), json!({}));
    }
    let printed = mock.wait_for("answered 200 {}\n\npost-add-node\n");
    assert!(printed.contains("\"node_ids\": [\n    \"n1\"\n  ]") && printed.contains(work_id), "{printed}");
    // What can't be refused has no approval.
    let answer = call("pre_remove_node", r#"{"clusterId": "1", "nodeId": "n1"}"#);
    assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["workId"]);
}

#[tokio::test]
async fn what_is_denied_is_an_answer() {
    let mock = MockHooks::start(&["--deny", "add_node"]);
    let server = local_server(mock.url()).await;
    let url = ["--url", server.root_url()];
    let exit = server.cli_with([], &[&["test-client", "add-node", ADD_NODE], &url[..]].concat());
    assert_eq!(exit.status.code(), Some(0), "{}", exit.printed);
    let answer: Value = serde_json::from_str(&exit.printed).unwrap();
    assert_eq!(answer["approved"], false);
    assert!(answer["reason"].as_str().unwrap().contains("pre-add-node is denied here"), "{answer}");
}

#[tokio::test]
async fn secrets_are_checked() {
    let server = local_server("http://127.0.0.1:1").await;
    let printed = server.printed();
    let secret = printed.lines().find_map(|line| line.strip_prefix("Its secret, shown this once: ")).unwrap();
    let mock = MockHooks::start(&["--secret", secret]);
    let stranger = MockHooks::start(&["--secret", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]);
    for (at, sign, exit_code) in
        [(&mock, "pre-add-node  (signature: good)", 0), (&stranger, "(signature: signature invalid)", 0)]
    {
        let set =
            server.asking(&["integrator", "set", "local", "--url", at.url(), "--event", "pre-add-node"]);
        // Only the first one is shown a secret.
        assert_eq!((set.status.code(), &*set.printed), (Some(0), "Saved local\n"));
        let call = server.cli_with([], &["test-client", "add_node", ADD_NODE, "--url", server.root_url()]);
        assert_eq!(call.status.code(), Some(exit_code), "{}", call.printed);
        at.wait_for(sign);
    }
    stranger.wait_for("answered 401");
}

#[tokio::test]
async fn a_local_server_is_at_its_url_from_each_start_on() {
    let mock = MockHooks::start(&[]);
    let server = local_server("http://127.0.0.1:1/").await;
    let show = |server: &Server| {
        let shown = server.asking(&["integrator", "show", "local", "--json"]);
        serde_json::from_str::<Value>(&shown.printed).expect(&shown.printed)
    };
    let first = show(&server);
    assert_eq!(first["url"], "http://127.0.0.1:1");
    assert_eq!(first["events"].as_array().unwrap().len(), 15);
    let set = server.asking(&["integrator", "set", "local", "--url", mock.url(), "--event", "post-fire"]);
    assert_eq!(set.status.code(), Some(0), "{}", set.printed);
    let server = server.interrupt().start();
    let again = show(&server);
    assert_eq!((&again["url"], &again["secrets"]), (&first["url"], &first["secrets"]));
    assert_eq!(again["events"], first["events"]);
    assert!(!server.printed().contains("whsec_"));
}

/// Arguments, variables, the exit code, and what is said.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, String)], i32, &'a str);

#[tokio::test]
async fn mistakes_are_told() {
    let server = local_server("http://127.0.0.1:1").await;
    let url = server.root_url().to_owned();
    let cases: [Case<'_>; 6] = [
        (
            &["add_node", r#"{"clusterId": "1", "nodes": 2}"#],
            &[],
            1,
            r#"a request has no "nodes"; it has clusterId, cloud, nodeCount, instanceType, authId"#,
        ),
        (&["add_node", "{"], &[], 1, "the request is no JSON object"),
        (&["add_node", "{}"], &[], 1, "invalid_argument: "),
        (
            &["add_node", r#"{"clusterId": "1"}"#],
            &[("TREBLE_CCX_TOKEN", "wrong".to_owned())],
            4,
            "unauthenticated: The token is not known here",
        ),
        (&["add_nodes", "{}"], &[], 2, "pre-add-node"),
        (&["trigger_hook", "{}"], &[], 2, "pre-trigger-hook is no call of CCX"),
    ];
    for (words, variables, code, said) in cases {
        let arguments = [&["test-client"], words, &["--url", &url]].concat();
        let exit = server.cli_with(variables.iter().cloned(), &arguments);
        assert_eq!(exit.status.code(), Some(code), "{words:?}: {}", exit.printed);
        assert!(exit.printed.contains(said), "{words:?}: {}", exit.printed);
    }
    let nobody = format!("http://127.0.0.1:{}", treble_tests::free_port());
    let exit = server.cli_with([], &["test-client", "add_node", "{}", "--url", &nobody]);
    assert_eq!(exit.status.code(), Some(5), "{}", exit.printed);
    let exit = server.cli_with([], &["test-client", "add_node", "{}", "--url", &format!("{url}/elsewhere")]);
    assert_eq!(exit.status.code(), Some(5), "{}", exit.printed);
}
