//! A broker's messages among many bindings to their exchange.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use treble_core::binding::RoutingKey;
use treble_core::ports::BoundHook;
use treble_core::pulse::Bound;

use super::items::{Hook, name, write_bindings, write_hooks};
use super::{BATCH, batch, spend};
use crate::cpu;
use crate::engine::micros;
use crate::lambda::Lambda;
use crate::load::Deployment;
use crate::operation::PAYLOAD;
use crate::report::{Row, median};

const EXCHANGE: &str = "exchange/taskcluster-github/v1/push";
/// So many hooks are bound to it, each by a pattern of its own.
const BINDINGS: usize = 10_000;
/// So many messages there are before any counts, and in a round.
const MESSAGES: usize = 2_000;
const ROUNDS: usize = 3;

/// Fills in the rows.
pub(super) async fn measure(deployment: &Deployment, rows: &mut Vec<Row>) {
    let patterns: Vec<String> = (0..BINDINGS).map(pattern).collect();
    rows.push(Row::figure("pulse, 10,000 bindings: finding a message's hooks", matching(&patterns), "µs"));

    let binding = |number: usize| json!([{"exchange": EXCHANGE, "routingKeyPattern": patterns[number]}]);
    write_hooks(deployment, (0..BINDINGS).map(|number| Hook::new(number, json!({}), binding(number))));
    write_bindings(deployment, EXCHANGE, patterns.iter().map(String::as_str).enumerate());
    let lambda = Lambda::start("pulse", deployment, &deployment.environment(&deployment.endpoint)).await;
    let mut number = 0;
    let mut events = || -> Vec<Bytes> {
        let message = |_| {
            number += 1;
            message(number)
        };
        let messages: Vec<Value> = (0..MESSAGES).map(message).collect();
        messages.chunks(BATCH).map(batch).collect()
    };
    spend(deployment, &lambda, events()).await;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(spend(deployment, &lambda, events()).await);
    }
    let (count, last) = (MESSAGES as f64, rounds.last().unwrap());
    assert_eq!(last.called("messages"), count, "each fires one hook");
    let milliseconds = median(rounds.iter().map(|spent| spent.cpu.as_secs_f64() * 1000.0 / count));
    let per_second = median(rounds.iter().map(|spent| count / spent.clock.as_secs_f64()));
    let row = Row::figure("pulse, 10,000 bindings: a message that fires a hook", milliseconds, "ms");
    rows.push(row.detail(format!("{per_second:.0}/s; {}", last.calls_for_each(count))));
    rows.push(Row::figure("… memory", cpu::peak_memory(lambda.pid()), "MiB").at_most(12.0));
}

/// Of each five hooks, three have a repository each, one an organization, and one a repository wherever it is.
fn pattern(number: usize) -> String {
    match number % 5 {
        0 => format!("primary.organization-{number}.#"),
        1 => format!("*.*.fork-{number}"),
        _ => format!("primary.organization.repository-{number}"),
    }
}

/// The key of a message that this hook alone is bound to.
fn key(number: usize) -> String {
    match number % 5 {
        0 => format!("primary.organization-{number}.repository"),
        1 => format!("primary.organization.fork-{number}"),
        _ => pattern(number),
    }
}

/// The CPU time of finding a message's hooks in this process, in microseconds.
fn matching(patterns: &[String]) -> f64 {
    let bound = |(number, pattern): (usize, &String)| BoundHook {
        routing_key_pattern: pattern.clone(),
        hook: name(number).parse().unwrap(),
    };
    let bound = Bound::new(patterns.iter().enumerate().map(bound));
    let mut number = 0;
    micros(|| {
        number += 7;
        let key = key(number % BINDINGS);
        assert_eq!(bound.hooks(&[RoutingKey::new(&key)]).len(), 1);
    })
}

fn message(number: usize) -> Value {
    let payload: Value = serde_json::from_str(PAYLOAD).unwrap();
    json!({
        "id": uuid::Uuid::new_v4().to_string(), "exchange": EXCHANGE, "routingKey": key(number * 7 % BINDINGS),
        "received": Timestamp::now(), "payload": payload,
    })
}
