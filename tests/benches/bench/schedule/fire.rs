//! Firings from the queue, ten at once.

use bytes::Bytes;
use serde_json::{Value, json};
use treble_core::slugid::SlugId;

use super::items::{Hook, moment, name, write_hooks};
use super::{BATCH, batch, spend};
use crate::cpu;
use crate::lambda::Lambda;
use crate::load::Deployment;
use crate::operation::scheduled_task;
use crate::report::{Row, median};

/// So many hooks there are, more than a function remembers the definitions of.
const HOOKS: usize = 2_000;
/// So many firings are done before any counts, and in a round.
const FIRINGS: usize = 1_000;
const ROUNDS: usize = 3;

/// Fills in the rows.
pub(super) async fn measure(deployment: &Deployment, rows: &mut Vec<Row>) {
    let at = moment(0);
    let hook = |number| Hook::new(number, scheduled_task(), json!([])).due(at);
    write_hooks(deployment, (0..HOOKS).map(hook));
    let environment = deployment.environment(&deployment.endpoint);
    for (what, hooks) in [("fire, the same ten hooks", BATCH), ("fire, another hook each time", HOOKS)] {
        let lambda = Lambda::start("fire", deployment, &environment).await;
        let mut number = 0;
        let mut events = || -> Vec<Bytes> {
            let firing = |_| {
                number += 1;
                firing(number % hooks, &at.to_string())
            };
            let firings: Vec<Value> = (0..FIRINGS).map(firing).collect();
            firings.chunks(BATCH).map(batch).collect()
        };
        spend(deployment, &lambda, events()).await;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(spend(deployment, &lambda, events()).await);
        }
        let (count, last) = (FIRINGS as f64, rounds.last().unwrap());
        assert_eq!((last.called("SendMessage"), last.called("PutItem")), (count, count), "all are done");
        let milliseconds = median(rounds.iter().map(|spent| spent.cpu.as_secs_f64() * 1000.0 / count));
        let per_second = median(rounds.iter().map(|spent| count / spent.clock.as_secs_f64()));
        rows.push(Row::figure(what, milliseconds, "ms").detail(format!("{per_second:.0}/s")));
        let database = last.called("GetItem") + last.called("PutItem");
        let row = Row::figure("… calls of DynamoDB per firing", database / count, "calls").at_most(2.0);
        rows.push(row.detail(last.calls_for_each(count)));
        rows.push(Row::figure("… memory", cpu::peak_memory(lambda.pid()), "MiB").at_most(12.0));
    }
}

fn firing(hook: usize, at: &str) -> Value {
    let task_id = SlugId::from_bytes(*uuid::Uuid::new_v4().as_bytes());
    json!({"taskId": task_id.as_str(), "hook": name(hook), "firedBy": "schedule", "created": at})
}
