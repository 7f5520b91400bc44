//! `cds-poll` as Lambda runs it; on an emulated AWS only.

use jiff::Timestamp;
use serde_json::{Value, json};
use treble_aws::client::{AwsSettings, configure};
use treble_aws::dynamodb::DynamoRepositories;
use treble_core::cds::poll::{RepositoryName, RepositoryStore};
use treble_tests::{Aws, Lambda, Repositories, Request, Server, definition};

use super::push;

pub(crate) fn repositories(environment: &[(String, String)]) -> DynamoRepositories {
    let of = |name: &str| environment.iter().find(|(key, _)| key == name).unwrap().1.clone();
    let aws = configure(&AwsSettings {
        region: of("AWS_REGION"),
        access_key_id: of("AWS_ACCESS_KEY_ID"),
        secret_access_key: of("AWS_SECRET_ACCESS_KEY"),
        session_token: None,
        endpoint_url: Some(of("AWS_ENDPOINT_URL")),
    });
    DynamoRepositories::new(aws_sdk_dynamodb::Client::new(&aws), of("TREBLE_HOOKS_TABLE"))
}

#[tokio::test]
async fn a_push_is_a_firing_in_the_queue() {
    let Some(aws) = Aws::from_env() else { return };
    let hub = Repositories::start(50);
    let server = Server::on(Some(aws), &[]).await;
    let aws = server.aws().unwrap();
    let servers = json!({"hub": {"type": "github", "url": hub.url(), "token": "t0ken"}});
    let secret = aws.keep_secret("vcs-servers", &servers.to_string()).await;
    let mut environment = aws.environment();
    environment.push(("TREBLE_VCS_SERVERS_ARN".into(), secret));

    let mut hook = definition();
    hook["bindings"] = json!([{"exchange": "repository/hub/octo/hello", "routingKeyPattern": "PushEvent"}]);
    Request::to("PUT /hooks/g/h").json(&hook).send(&server).await.ok();
    let name = RepositoryName::parse("hub/octo/hello").unwrap();
    let repositories = repositories(&environment);
    repositories.watch(&name, "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()).await.unwrap();
    hub.happen("octo/hello", push(5, "2026-01-01T00:00:05Z"));

    let poll = Lambda::start("cds-poll", &environment);
    let event = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    for _ in 0..2 {
        assert_eq!(poll.invoke(&event), Value::Null);
    }
    let received = aws.receive(&aws.firings_url()).await;
    assert_eq!(received.len(), 1, "{received:?}");
    let firing: Value = serde_json::from_str(received[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!((&firing["hook"], &firing["payload"]["id"]), (&json!("g/h"), &json!("5")));
    let asked = hub.asked();
    assert_eq!(asked.iter().map(|asked| asked.status).collect::<Vec<_>>(), [200, 304]);
    assert!(repositories.get(&name).await.unwrap().unwrap().cursor.is_some());

    let is_of_run = |line: &Value| line["PollEvents"].is_u64();
    let lines = poll.lines(2, is_of_run);
    let events: Vec<&Value> =
        lines.iter().filter(|line| is_of_run(line)).map(|line| &line["PollEvents"]).collect();
    assert_eq!(events, [1, 0]);
    assert!(!poll.log().contains("t0ken"));
}
