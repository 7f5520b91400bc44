//! Many tasks of CDS, each with many executions: what they make dearer, and that it isn't memory.
//!
//! - [`filling`] writes tasks and executions straight into the emulator's database; [`site`] is a CDS that the functions know.
//! - Each operation is done by a function of its own, in a new process for each number of tasks.

mod filling;
mod site;

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use treble_core::slugid::SlugId;

use self::filling::{EXECUTIONS, Tasks, uuid};
use self::site::Site;
use crate::cpu;
use crate::lambda::Lambda;
use crate::load::Deployment;
use crate::report::{Row, median};
use crate::schedule::{BATCH, batch, spend};

/// How many tasks there are.
const TASKS: [usize; 3] = [100, 1_000, 10_000];
/// So many requests are made before any counts, and then.
const WARM_UP: usize = 3;
const CALLS: usize = 7;
/// So many executions are done, each of another task, which has [`EXECUTIONS`] and keeps so many.
const DONE: usize = 100;
const KEPT: usize = 10;
/// What the most tasks may take of memory, in times of what the fewest do.
const FLAT: Option<f64> = Some(1.2);
/// The clock has a page of a hundred of each of sixteen shards at once, which few tasks don't fill.
const SIXTEEN_PAGES: Option<f64> = Some(1.7);

/// What an operation took.
#[derive(Clone, Copy)]
struct Cost {
    milliseconds: f64,
    memory: f64,
}

/// What an operation took at each number of tasks.
struct Operation {
    what: &'static str,
    /// What its memory may grow by; None where it is that of a text that grows.
    growth: Option<f64>,
    costs: Vec<Cost>,
    /// The calls of AWS, where they are told.
    calls: String,
}

/// The operations, in the order in which they were done first.
#[derive(Default)]
struct Costs(Vec<Operation>);

impl Costs {
    fn add(&mut self, what: &'static str, growth: Option<f64>, cost: Cost) -> &mut Operation {
        let place = self.0.iter().position(|operation| operation.what == what).unwrap_or_else(|| {
            self.0.push(Operation { what, growth, costs: Vec::new(), calls: String::new() });
            self.0.len() - 1
        });
        self.0[place].costs.push(cost);
        &mut self.0[place]
    }
}

/// Fills in the rows.
pub(crate) async fn measure(deployment: &Deployment, rows: &mut Vec<Row>) {
    let site = Site::start(deployment).await;
    let (mut costs, mut earlier) = (Costs::default(), 0);
    for count in TASKS {
        let tasks = Tasks::fill(deployment, earlier, count);
        tick(deployment, count, &mut costs).await;
        requests(deployment, &site, count, &mut costs).await;
        executions(deployment, &site, &tasks, earlier, &mut costs).await;
        earlier = count;
    }
    for Operation { what, growth, costs, calls } in costs.0 {
        for (count, cost) in TASKS.iter().zip(&costs) {
            let row = Row::figure(&format!("cds, {count} tasks: {what}"), cost.milliseconds, "ms");
            rows.push(row.detail(format!("{:.1} MiB", cost.memory)));
        }
        let (few, many) = (costs[0], costs[costs.len() - 1]);
        let row = Row::figure("… memory, in times of the fewest tasks'", many.memory / few.memory, "×");
        let time = format!("time {:.2} ×", many.milliseconds / few.milliseconds);
        let row = row.detail(if calls.is_empty() { time } else { format!("{time}; {calls}") });
        rows.push(match growth {
            Some(most) => row.at_most(most),
            None => row,
        });
    }
}

/// All tasks are due at once.
async fn tick(deployment: &Deployment, count: usize, costs: &mut Costs) {
    let lambda = Lambda::start("tick", deployment, &deployment.environment(&deployment.endpoint)).await;
    let event = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    let spent = spend(deployment, &lambda, vec![Bytes::from(event.to_string())]).await;
    assert_eq!(spent.called("messages"), count as f64, "all that is due is sent, once");
    let each = milliseconds(spent.cpu) / count as f64;
    costs.add("tick, all due, each", SIXTEEN_PAGES, Cost { milliseconds: each, memory: memory(&lambda) });
}

/// What CDS asks for.
async fn requests(deployment: &Deployment, site: &Site, count: usize, costs: &mut Costs) {
    let environment = deployment.environment(&deployment.endpoint);
    let view = format!("/task/{}", uuid(count - 1));
    let lists: [(&str, &str, &str, Option<f64>, usize); 4] = [
        ("GET /task?limit=100", "cds-list-tasks", "/task?limit=100", FLAT, 100),
        (
            "GET /task?limit=100, sorted",
            "cds-list-tasks",
            "/task?sort=nb_executions_total:desc&limit=100",
            FLAT,
            100,
        ),
        ("GET /task, the text of all", "cds-list-tasks", "/task", None, count),
        ("GET /task/{uuid}, 100 executions", "cds-task", &view, FLAT, 1),
    ];
    for (what, function, resource, growth, shown) in lists {
        let lambda = Lambda::start(function, deployment, &environment).await;
        let mut spent = Vec::new();
        for number in 0..WARM_UP + CALLS {
            let before = cpu::settled_time(lambda.pid());
            let body: Value = serde_json::from_str(&lambda.get(resource, &site.auth_header()).await).unwrap();
            if number >= WARM_UP {
                spent.push(milliseconds(cpu::settled_time(lambda.pid()) - before));
            }
            match body.as_array() {
                Some(tasks) => assert_eq!(tasks.len(), shown, "{resource}"),
                None => assert_eq!(over(&body), EXECUTIONS, "{resource}"),
            }
        }
        let milliseconds = median(spent.into_iter());
        costs.add(what, growth, Cost { milliseconds, memory: memory(&lambda) });
    }
    // Once: what it read is remembered for ten seconds.
    let lambda = Lambda::start("cds-status", deployment, &environment).await;
    let before = cpu::settled_time(lambda.pid());
    let status: Value = serde_json::from_str(&lambda.get("/mon/status", "").await).unwrap();
    let milliseconds = milliseconds(cpu::settled_time(lambda.pid()) - before);
    let told = status["lines"].as_array().unwrap().iter().find(|line| line["component"] == "Tasks").unwrap();
    assert_eq!(told["value"], count.to_string());
    costs.add("GET /mon/status, a new process", FLAT, Cost { milliseconds, memory: memory(&lambda) });
}

/// Executions from the queue, of tasks that have more than they keep: these are cleaned up.
async fn executions(deployment: &Deployment, site: &Site, tasks: &Tasks, first: usize, costs: &mut Costs) {
    let environment = site.environment(deployment);
    let lambda = Lambda::start("fire", deployment, &environment).await;
    let numbers: Vec<usize> = (first..).take(DONE).collect();
    let firing = |number: &usize| {
        let task_id = SlugId::from_bytes(*uuid::Uuid::new_v4().as_bytes());
        json!({
            "taskId": task_id.as_str(), "hook": format!("cds/{}", uuid(*number)), "firedBy": "schedule",
            "created": tasks.moment(*number).to_string(),
        })
    };
    let firings: Vec<Value> = numbers.iter().map(firing).collect();
    let before = site.runs();
    let spent = spend(deployment, &lambda, firings.chunks(BATCH).map(batch).collect()).await;
    assert_eq!(site.runs() - before, DONE, "each runs a workflow");
    let milliseconds = milliseconds(spent.cpu) / DONE as f64;
    let cost = Cost { milliseconds, memory: memory(&lambda) };
    costs.add("an execution, with 91 to clean away", FLAT, cost).calls = spent.calls_for_each(DONE as f64);

    let lambda = Lambda::start("cds-task", deployment, &deployment.environment(&deployment.endpoint)).await;
    let view = lambda.get(&format!("/task/{}", uuid(first)), &site.auth_header()).await;
    let view: Value = serde_json::from_str(&view).unwrap();
    assert_eq!(over(&view), KEPT, "what is over is cleaned away");
}

/// How many executions of a task are over. Others are yet to come.
fn over(task: &Value) -> usize {
    task["executions"].as_array().unwrap().iter().filter(|one| one["status"] == "DONE").count()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn memory(lambda: &Lambda) -> f64 {
    cpu::peak_memory(lambda.pid())
}
