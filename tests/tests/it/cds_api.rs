//! The client of CDS's API, against one that checks what it is told.

use std::time::Duration;

use serde_json::json;
use treble_aws::cds::{CdsClient, CdsService};
use treble_aws::http::HttpClient;
use treble_core::cds::{CdsApi, CdsError, WorkflowRun};
use treble_tests::{Cds, Trouble};

const TOKEN: &str = "t0ken";

fn client(cds: &Cds, token: &str) -> CdsClient {
    let service = CdsService {
        api_url: cds.api_url().parse().unwrap(),
        token: Some(token.into()),
        name: "treble".into(),
        public_url: "http://127.0.0.1:1".into(),
    };
    CdsClient::new(HttpClient::new(), service)
}

fn run(workflow: &str) -> WorkflowRun {
    WorkflowRun {
        project: "KEY".into(),
        workflow: workflow.into(),
        uuid: "u".into(),
        payload: [("größe".to_owned(), "1".to_owned())].into(),
    }
}

#[tokio::test]
async fn runs_are_numbered_and_asked_for_by_who_is_registered() {
    let cds = Cds::start(TOKEN);
    let error = client(&cds, "other").register(&json!({})).await.err().unwrap();
    assert_eq!(error.to_string(), "CDS does not know this service: not authorized");
    let client = client(&cds, TOKEN);
    let hash = client.register(&json!({"lines": []})).await.unwrap().hash;
    assert_eq!(cds.registrations()[0]["monitoring_status"], json!({"lines": []}));

    for (workflow, number) in [("a/b c", 1), ("other", 1), ("a/b c", 2)] {
        assert_eq!(client.run_workflow(&hash, &run(workflow)).await.unwrap(), number);
    }
    let runs = cds.runs();
    let names: Vec<_> = runs.iter().map(|run| (&*run.project, &*run.workflow, run.number)).collect();
    assert_eq!(names, [("KEY", "a/b c", 1), ("KEY", "other", 1), ("KEY", "a/b c", 2)]);
    assert_eq!((&*runs[0].uuid, &runs[0].payload), ("u", &json!({"größe": "1"})));

    cds.forget_services();
    let refused = client.run_workflow(&hash, &run("other")).await;
    assert!(matches!(refused, Err(CdsError::Unregistered { .. })), "{refused:?}");
    let refused = client.list_hooks(&hash).await;
    assert!(matches!(refused, Err(CdsError::Unregistered { .. })), "{refused:?}");
    let hash = client.register(&json!({})).await.unwrap().hash;
    assert_eq!(hash, cds.hash());
    assert_eq!(client.run_workflow(&hash, &run("other")).await.unwrap(), 2);
}

#[tokio::test]
async fn hooks_are_listed_or_the_listing_fails() {
    let cds = Cds::start(TOKEN);
    let (client, hash) = (client(&cds, TOKEN), cds.hash());
    assert!(client.list_hooks(&hash).await.unwrap().is_empty());
    cds.has_hooks(&json!([{"uuid": "a", "hook_model_name": "WebHook"}]));
    assert_eq!(client.list_hooks(&hash).await.unwrap()[0].uuid, "a");
    cds.listing_has([Trouble::Status(500)]);
    let failed = client.list_hooks(&hash).await.unwrap_err().to_string();
    assert_eq!(failed, "CDS answered 500: trouble");
    cds.lists("[{");
    let failed = client.list_hooks(&hash).await;
    assert!(matches!(failed, Err(CdsError::Refused { status: 200, .. })), "{failed:?}");
}

#[tokio::test]
async fn a_cds_that_is_down_is_unavailable_and_comes_back() {
    let mut cds = Cds::start(TOKEN);
    let (client, hash) = (client(&cds, TOKEN), cds.hash());
    assert_eq!(client.run_workflow(&hash, &run("w")).await.unwrap(), 1);
    for _ in 0..2 {
        cds.go_down();
        let failed = client.run_workflow(&hash, &run("w")).await;
        assert!(matches!(failed, Err(CdsError::Unavailable { .. })), "{failed:?}");
        let refused = client.run_workflow(&hash, &run("w")).await.unwrap_err().to_string();
        assert_eq!(refused, "CDS is unavailable: the connection was refused");
        cds.come_back();
    }
    cds.runs_have([Trouble::Status(503), Trouble::Lost, Trouble::Slow(Duration::from_millis(1))]);
    for _ in 0..2 {
        let failed = client.run_workflow(&hash, &run("w")).await;
        assert!(matches!(failed, Err(CdsError::Unavailable { .. })), "{failed:?}");
    }
    assert_eq!(client.run_workflow(&hash, &run("w")).await.unwrap(), 2);
    assert_eq!(cds.runs().len(), 2);
}
