//! Operations under load: at a local server, and as functions; beside the bare calls of AWS that they make.

use std::time::Instant;

use treble_tests::Server;

use crate::cpu;
use crate::floor::Floor;
use crate::lambda::Lambda;
use crate::load::{Deployment, Load};
use crate::operation::Operation;
use crate::report::{Row, median};

/// How many callers there are at once.
const CONCURRENCIES: [u32; 3] = [1, 16, 64];
/// How many times an operation is done before its time counts, and in each round.
const WARM_UP: u32 = 300;
const CALLS: u32 = 1500;
/// Of so many rounds, the one in the middle counts. All that is compared takes turns.
const ROUNDS: usize = 3;
/// What the reference needed under such a load, in MiB.
const REFERENCE_MEMORY: &str = "490 MiB";

/// What a round costs and how fast it was.
#[derive(Clone, Copy)]
struct Cost {
    milliseconds: f64,
    per_second: f64,
}

/// Fills in the rows.
pub(crate) async fn measure(deployment: &Deployment, rows: &mut Vec<Row>) {
    servers(deployment, rows).await;
    embedded(rows).await;
    functions(deployment, rows).await;
}

async fn servers(deployment: &Deployment, rows: &mut Vec<Row>) {
    let load = &deployment.server;
    for operation in Operation::ALL {
        load.run(operation, WARM_UP, 16).await;
        let mut floor = Floor::start(operation, deployment, 2);
        floor.run(WARM_UP, 16);
        for concurrency in CONCURRENCIES {
            let (mut ours, mut bare) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                ours.push(round(load.pid(), load.run(operation, CALLS, concurrency)).await);
                bare.push(round(floor.pid(), async { floor.run(CALLS, concurrency) }).await);
            }
            compare(rows, &format!("{}, {concurrency} at once", operation.name()), operation, &ours, &bare);
        }
    }
    rows.push(
        Row::figure("memory of the server after that", cpu::peak_memory(load.pid()), "MiB")
            .reference(REFERENCE_MEMORY),
    );
}

/// With the database in the same process; its CPU time can't be told from the rest.
async fn embedded(rows: &mut Vec<Row>) {
    let load = Load::new(Server::on(None, &[]).await).await;
    for operation in Operation::ALL {
        load.run(operation, WARM_UP, 16).await;
        for concurrency in CONCURRENCIES {
            let mut ours = Vec::new();
            for _ in 0..ROUNDS {
                ours.push(round(load.pid(), load.run(operation, CALLS, concurrency)).await);
            }
            let what = format!("{}, {concurrency} at once, database included", operation.name());
            let row = Row::figure(&what, milliseconds(&ours), "ms");
            rows.push(row.detail(format!("{:.0}/s", per_second(&ours))));
        }
    }
    let memory = cpu::peak_memory(load.pid());
    let row = Row::figure("memory of the server after that, database included", memory, "MiB");
    rows.push(row.reference(REFERENCE_MEMORY).at_most(48.0));
}

async fn functions(deployment: &Deployment, rows: &mut Vec<Row>) {
    let environment = deployment.environment(&deployment.endpoint);
    for operation in Operation::ALL {
        let lambda = Lambda::start(operation.function(), deployment, &environment).await;
        let run = async |count| {
            for _ in 0..count {
                lambda.call(deployment.server.requests.next(operation)).await;
            }
        };
        run(WARM_UP).await;
        let mut floor = Floor::start(operation, deployment, 1);
        floor.run(WARM_UP, 1);
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(round(lambda.pid(), run(CALLS)).await);
            bare.push(round(floor.pid(), async { floor.run(CALLS, 1) }).await);
        }
        compare(rows, &format!("{}, function", operation.name()), operation, &ours, &bare);
        let memory = cpu::peak_memory(lambda.pid());
        let what = format!("memory of {} after that", operation.function());
        rows.push(Row::figure(&what, memory, "MiB").reference(REFERENCE_MEMORY).at_most(12.0));
    }
}

/// Runs a round of [`CALLS`].
async fn round(pid: u32, run: impl Future<Output = ()>) -> Cost {
    let (before, started) = (cpu::time(pid), Instant::now());
    run.await;
    let (spent, passed) = (cpu::time(pid) - before, started.elapsed());
    Cost {
        milliseconds: spent.as_secs_f64() * 1000.0 / f64::from(CALLS),
        per_second: f64::from(CALLS) / passed.as_secs_f64(),
    }
}

fn milliseconds(costs: &[Cost]) -> f64 {
    median(costs.iter().map(|cost| cost.milliseconds))
}

fn per_second(costs: &[Cost]) -> f64 {
    median(costs.iter().map(|cost| cost.per_second))
}

/// An operation's cost against its bar, and against the bare calls that it makes.
fn compare(rows: &mut Vec<Row>, what: &str, operation: Operation, ours: &[Cost], bare: &[Cost]) {
    let (own, calls) = (milliseconds(ours), milliseconds(bare));
    let row = Row::figure(what, own, "ms").reference(format!("{} ms", operation.reference()));
    rows.push(row.at_most(operation.bar()).detail(format!("{:.0}/s", per_second(ours))));
    // Round by round: what disturbs one disturbs the other.
    let ratio = median(ours.iter().zip(bare).map(|(own, calls)| own.milliseconds / calls.milliseconds));
    let calls = format!("{} {calls:.3} ms", operation.calls().join(" + "));
    let row = Row::figure("… in times of its bare calls", ratio, "×").detail(calls);
    rows.push(match operation.bar_of_calls() {
        Some(bar) => row.at_most(bar),
        None => row,
    });
}
