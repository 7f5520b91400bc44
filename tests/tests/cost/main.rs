//! What a firing costs on AWS: counted, multiplied with list prices, and held against the README's table.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on stops and says why")]

mod meter;
mod paths;

use meter::Used;
use paths::{IDLE_TICK, World};

/// What a function is assumed to take for a firing, in seconds.
const SECONDS: f64 = 0.02;

/// What a line of metrics is assumed to be at most, in kilobytes.
const LINE_KILOBYTES: f64 = 0.5;

/// Many hooks that are due at once.
const MANY: usize = 480;

/// A firing, and what it takes.
struct Path {
    name: &'static str,
    /// How many are done at once.
    at_once: u32,
    /// Requests of API Gateway.
    api: f64,
    /// Functions that see it, each with so many others at once.
    functions: f64,
    /// Queues between them, that Lambda receives from, and deletes from what is done: two requests.
    queues: f64,
    used: Used,
}

/// A price per million in $, as AWS lists it for us-east-1.
struct Price {
    what: &'static str,
    dollars: f64,
    used: fn(&Path) -> f64,
}

impl Path {
    fn batches(&self) -> f64 {
        1.0 / f64::from(self.at_once)
    }
}

const PRICES: [Price; 7] = [
    Price { what: "requests of the HTTP API", dollars: 1.00, used: |path| path.api },
    Price { what: "invocations of functions", dollars: 0.20, used: |path| path.functions * path.batches() },
    Price { what: "their GB-seconds", dollars: 13.33, used: |path| path.functions * SECONDS * memory() },
    Price { what: "read units of DynamoDB", dollars: 0.125, used: |path| path.used.reads },
    Price { what: "write units of DynamoDB", dollars: 0.625, used: |path| path.used.writes },
    Price {
        what: "requests of SQS",
        dollars: 0.40,
        used: |path| path.used.requests + 2.0 * path.queues * path.batches(),
    },
    // A gigabyte has a million of them. A function that fires says so in one line, whatever it fired.
    Price { what: "kilobytes of logs", dollars: 0.50, used: |path| LINE_KILOBYTES * path.batches() },
];

const README: &str = include_str!("../../../README.md");
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The memory that functions have, in GB.
fn memory() -> f64 {
    f64::from(setting("    MemorySize: ")) / 1024.0
}

/// What the template says behind these words, where it first does.
fn setting(words: &str) -> u32 {
    let line = TEMPLATE.lines().find_map(|line| line.strip_prefix(words)).unwrap();
    line.trim().parse().unwrap()
}

async fn all() -> Vec<Path> {
    let (one, batch) = (World::new(1, false).await, setting("      BatchSize: "));
    let path =
        |name, at_once, api, functions, queues, used| Path { name, at_once, api, functions, queues, used };
    let mut all = vec![
        path("API call", 1, 1.0, 1.0, 0.0, one.by_client().await),
        path("by token", 1, 1.0, 1.0, 0.0, one.by_token().await),
    ];
    // A schedule's firings are sent shard by shard: with this many hooks, nearly always ten at once.
    for (hooks, at_once, name) in [(MANY, batch, "schedule, many at once"), (1, 1, "schedule, alone")] {
        let used = World::new(hooks, true).await.by_schedule().await;
        // `fire`; and `publish-changes`, as a hook that is moved on is a write of the table.
        all.push(path(name, at_once, 0.0, 2.0, 1.0, used));
    }
    for (at_once, name) in [(batch, "message, ten at once"), (1, "message, alone")] {
        let used = World::new(usize::try_from(at_once).unwrap(), false).await.by_message().await;
        // `pulse` and `fire`.
        all.push(path(name, at_once, 0.0, 2.0, 2.0, used));
    }
    all
}

/// The table, as it has to be in the README.
fn table(paths: &[Path]) -> String {
    let cells = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let row = |first: String, second: String, rest: &dyn Fn(&Path) -> String| {
        cells([first, second].into_iter().chain(paths.iter().map(rest)).collect())
    };
    let mut table = row("per firing".into(), "$ per million".into(), &|path| path.name.to_owned());
    table += &format!("{}|\n", "|---".repeat(paths.len() + 2));
    for price in &PRICES {
        let rest = |path: &Path| shown((price.used)(path));
        table += &row(price.what.to_owned(), shown(price.dollars), &rest);
    }
    let total = |path: &Path| PRICES.iter().map(|price| price.dollars * (price.used)(path)).sum::<f64>();
    table += &row("**a million firings**".into(), String::new(), &|path| format!("**${:.2}**", total(path)));
    table
}

/// A figure to three places, without those that say nothing.
fn shown(figure: f64) -> String {
    let text = format!("{figure:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[tokio::test]
async fn the_readme_says_what_a_million_firings_cost() {
    let table = table(&all().await);
    assert!(README.contains(&format!("a tick each minute takes {IDLE_TICK} read units")));
    assert!(
        README.contains(&table),
        "README.md, below \"What it costs\", has to have this table:\n\n{table}"
    );
}
