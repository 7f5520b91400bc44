//! Tables of cases: what comes of causes and configurations.

mod bitbucket;
mod flattening;
mod github;
mod gitlab;
mod messages;
mod polled;
mod requests;
mod selection;
mod signatures;
mod wakes;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Kind, Payload, Provider};
use crate::cds::{Cause, Config, ConfigValue, WebhookRequest};

/// Names and values: headers, or a configuration.
type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A type of tasks by its name.
fn kind(name: &str) -> &'static super::KindOf {
    Kind::of_name(name).unwrap().of()
}

fn config(entries: Pairs<'_>) -> Config {
    let entry = |(name, value): &(&str, &str)| {
        let value = ConfigValue { value: (*value).to_owned(), ..ConfigValue::default() };
        ((*name).to_owned(), value)
    };
    entries.iter().map(entry).collect()
}

fn request(method: &str, query: &str, headers: Pairs<'_>, body: impl AsRef<[u8]>) -> WebhookRequest {
    let header = |(name, value): &(&str, &str)| ((*name).to_owned(), vec![(*value).to_owned()]);
    WebhookRequest {
        method: method.to_owned(),
        query: query.to_owned(),
        headers: headers.iter().map(header).collect(),
        body: body.as_ref().to_vec(),
    }
}

/// A webhook of a provider.
fn event(provider: Provider, name: &str, body: &Value) -> WebhookRequest {
    let header = match provider {
        Provider::Github => "X-Github-Event",
        Provider::Gitlab => "X-Gitlab-Event",
        Provider::Bitbucket => "X-Event-Key",
    };
    let headers = [(header, name), ("Content-Type", "application/json")];
    request("POST", "", &headers, body.to_string())
}

fn entries(expected: Value) -> BTreeMap<String, String> {
    serde_json::from_value(expected).unwrap()
}

/// What the workflow gets.
fn run(payload: Payload) -> BTreeMap<String, String> {
    match payload {
        Payload::Run(entries) => entries,
        Payload::Ignored(why) => panic!("ignored: {why}"),
    }
}

/// Why it gets nothing.
fn ignored(payload: Payload) -> String {
    match payload {
        Payload::Ignored(why) => why,
        Payload::Run(entries) => panic!("runs with {entries:?}"),
    }
}

/// What comes of a provider's event, without `payload`, which is checked here to be the event.
fn sent(provider: Provider, name: &str, filter: &str, body: &Value) -> Payload {
    let cause = Cause::Webhook(event(provider, name, body));
    let payload = (kind("RepoWebHook").payload)(&config(&[("eventFilter", filter)]), &cause).unwrap();
    without_payload(payload, body)
}

fn without_payload(payload: Payload, event: &Value) -> Payload {
    match payload {
        Payload::Run(mut entries) => {
            let whole: Value = serde_json::from_str(&entries.remove("payload").unwrap()).unwrap();
            assert_eq!(&whole, event);
            Payload::Run(entries)
        }
        ignored => ignored,
    }
}

#[test]
fn causes_of_another_type_are_errors() {
    let request = Cause::Webhook(WebhookRequest::default());
    let moment = Cause::ScheduledTask { date_scheduled_execution: jiff::Timestamp::UNIX_EPOCH };
    let event = Cause::Repository { event: json!({}) };
    let cases = [
        ("Webhook", &moment, "a Webhook task fires from requests, and this is a moment on a schedule"),
        (
            "RepoWebHook",
            &event,
            "a RepoWebHook task fires from requests, and this is an event of a repository",
        ),
        ("Scheduler", &request, "a Scheduler task fires from moments on its schedule, and this is a request"),
        ("Kafka", &request, "a Kafka task fires from messages of its topic, and this is a request"),
        (
            "RabbitMQ",
            &Cause::Kafka { message: String::new() },
            "a RabbitMQ task fires from messages of its exchange, and this is a message of Kafka",
        ),
        (
            "RepoPoller",
            &Cause::RabbitMq { message: String::new() },
            "a RepoPoller task fires from events of its repository, and this is a message of RabbitMQ",
        ),
    ];
    for (name, cause, expected) in cases {
        let error = (kind(name).payload)(&Config::default(), cause).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
