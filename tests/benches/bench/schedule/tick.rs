//! Many hooks that are due at once.

use bytes::Bytes;
use serde_json::json;

use super::items::{Hook, moment, write_hooks};
use super::spend;
use crate::cpu;
use crate::lambda::Lambda;
use crate::load::Deployment;
use crate::report::Row;

/// How many are due, and the seconds of CPU in which they must be on their way.
const DUE: [(usize, Option<f64>); 3] = [(1_000, None), (10_000, Some(2.0)), (100_000, Some(20.0))];

/// Fills in the rows.
pub(super) async fn measure(deployment: &Deployment, rows: &mut Vec<Row>) {
    let environment = deployment.environment(&deployment.endpoint);
    for (count, bar) in DUE {
        let hooks = (0..count).map(|number| Hook::new(number, json!({}), json!([])).due(moment(number)));
        write_hooks(deployment, hooks);
        let lambda = Lambda::start("tick", deployment, &environment).await;
        let event = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        let spent = spend(deployment, &lambda, vec![Bytes::from(event.to_string())]).await;
        let firings = spent.called("messages");
        assert_eq!(firings, count as f64, "all that is due is sent, once");

        let row = Row::figure(&format!("tick, {} hooks due", thousands(count)), spent.cpu.as_secs_f64(), "s");
        let row = row.detail(format!("{:.1} s on the clock", spent.clock.as_secs_f64()));
        // Which was measured with 10,000 hooks.
        let row = if count == 10_000 { row.reference("23 s") } else { row };
        rows.push(match bar {
            Some(bar) => row.at_most(bar),
            None => row,
        });
        let row = Row::figure("… memory", cpu::peak_memory(lambda.pid()), "MiB").at_most(64.0);
        rows.push(if count == 10_000 { row.reference("910 MiB") } else { row });
        let row =
            Row::figure("… requests of SQS per firing", spent.called("SendMessageBatch") / firings, "calls");
        let calls = ["BatchExecuteStatement", "Query"]
            .map(|name| format!("{name} {:.3}", spent.called(name) / firings));
        rows.push(row.at_most(0.2).detail(calls.join(", ")));
    }
}

fn thousands(count: usize) -> String {
    format!("{},{:03}", count / 1000, count % 1000)
}
