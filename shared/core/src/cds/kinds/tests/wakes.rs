use super::{Pairs, config, kind};
use crate::hook::Binding;

#[test]
fn bindings_and_schedules_follow_from_the_configuration() {
    let cases: [(&str, Pairs<'_>, Result<&str, &str>); 27] = [
        ("Webhook", &[], Ok("")),
        ("RepoWebHook", &[], Ok("")),
        (
            "Scheduler",
            &[("cron", "0 * * * *"), ("timezone", "Europe/Paris")],
            Ok("cronexpr Europe/Paris 0 * * * *"),
        ),
        ("Scheduler", &[("cron", "0 * * * *"), ("timezone", "")], Ok("cronexpr UTC 0 * * * *")),
        ("Scheduler", &[], Err("config cron: is missing or empty")),
        ("Scheduler", &[("cron", "0 * * * *"), ("payload", "{")], Err("config payload: must be JSON")),
        ("Kafka", &[("topic", "t.1"), ("integration", "east")], Ok("kafka/east/t.1 #")),
        ("Kafka", &[("topic", "t"), ("platform", "west")], Ok("kafka/west/t #")),
        ("Kafka", &[("topic", "t"), ("integration", "east"), ("platform", "west")], Ok("kafka/east/t #")),
        ("Kafka", &[("topic", "t")], Ok("kafka/default/t #")),
        ("Kafka", &[], Err("config topic: is missing or empty")),
        ("Kafka", &[("topic", "a/b")], Err("config topic: must be the name of a topic")),
        ("RabbitMQ", &[("exchange_name", "e")], Ok("e #")),
        ("RabbitMQ", &[("exchange_name", "e"), ("binding_key", "a.*")], Ok("e a.*")),
        ("RabbitMQ", &[("exchange_name", "e"), ("binding_key", "a"), ("exchange_type", "topic")], Ok("e a")),
        ("RabbitMQ", &[("exchange_name", "e"), ("binding_key", "a"), ("exchange_type", "fanout")], Ok("e #")),
        (
            "RabbitMQ",
            &[("exchange_name", "e"), ("binding_key", "a.b"), ("exchange_type", "direct")],
            Ok("e a.b"),
        ),
        ("RabbitMQ", &[("exchange_name", "e"), ("exchange_type", "direct")], Ok("e #")),
        (
            "RabbitMQ",
            &[("exchange_name", "e"), ("binding_key", "a.*"), ("exchange_type", "direct")],
            Err("config binding_key: must have no words * or #"),
        ),
        (
            "RabbitMQ",
            &[("exchange_name", "e"), ("exchange_type", "headers")],
            Err("config exchange_type: must be topic, direct or fanout, and is \"headers\""),
        ),
        ("RabbitMQ", &[], Err("config exchange_name: is missing or empty")),
        ("RepoPoller", &[("vcsServer", "github"), ("repoFullName", "o/r")], Ok("repository/github/o/r #")),
        ("RepoPoller", &[("vcsServer", "github")], Err("config repoFullName: is missing or empty")),
        ("RepoPoller", &[("repoFullName", "o/r")], Err("config vcsServer: is missing or empty")),
        (
            "RepoPoller",
            &[("vcsServer", "a/b"), ("repoFullName", "r")],
            Err("config vcsServer: must be the name"),
        ),
        (
            "RepoPoller",
            &[("vcsServer", "github"), ("repoFullName", "o/r"), ("payload", "{}")],
            Ok("repository/github/o/r #"),
        ),
        (
            "RepoPoller",
            &[("vcsServer", "github"), ("repoFullName", "o/r"), ("payload", "no")],
            Err("config payload: must be JSON"),
        ),
    ];
    for (name, configured, expected) in cases {
        let binding = |binding: &Binding| format!("{} {}", binding.exchange, binding.routing_key_pattern);
        let wakes = (kind(name).wakes)(&config(configured));
        match (wakes, expected) {
            (Ok(wakes), Ok(expected)) => {
                let all = wakes.schedule.iter().cloned().chain(wakes.bindings.iter().map(binding));
                assert_eq!(all.collect::<Vec<_>>().join(", "), expected, "{name} {configured:?}");
            }
            (Err(error), Err(expected)) => assert!(error.to_string().starts_with(expected), "{error}"),
            (found, expected) => panic!("{name} {configured:?}: {found:?}, expected {expected:?}"),
        }
    }
}
