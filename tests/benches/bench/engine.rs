//! JSON-e and cron alone, beside the npm packages and the published crate, in the same run.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use treble_core::cron::Schedule;
use treble_jsone::{Context, Limits, Template};

use crate::cpu;
use crate::report::Row;

/// A template of 68 lines.
const TEMPLATE: &str = include_str!("fixtures/template.json");
/// A context of 1 kB for it.
const CONTEXT: &str = include_str!("fixtures/context.json");
/// The size of a large context, in bytes.
const LARGE: usize = 64 * 1024;
const NOW: &str = "2026-03-12T19:03:58.000Z";
/// Patterns of growing rarity.
const PATTERNS: [&str; 4] = ["*/5 * * * *", "0 9 * * 1-5", "30 6 1,15 * *", "0 0 29 2 *"];
/// The quickest of so many rounds counts: what else the machine does only ever adds.
const ROUNDS: usize = 20;
const ROUND: Duration = Duration::from_millis(20);

/// Fills in the rows.
pub(crate) fn measure(rows: &mut Vec<Row>) {
    let template: Value = serde_json::from_str(TEMPLATE).unwrap();
    let small: Value = serde_json::from_str(CONTEXT).unwrap();
    let large = padded(&small);
    let npm = npm(&template, &small, &large);
    let npm = |name: &str| npm[name].as_f64().unwrap();
    let compiled = Template::compile(&template).unwrap();
    for (name, context) in [("1 kB", &small), ("64 kB", &large)] {
        let published = micros(|| json_e::render(&template, context).unwrap());
        let row =
            Row::figure(&format!("JSON-e, context of {name}"), micros(|| render(&compiled, context)), "µs");
        let reference = format!("npm {:.0} µs; crate {published:.0} µs", npm(name));
        rows.push(row.reference(reference.clone()).at_most(35.0));
        let with_compiling = micros(|| render(&Template::compile(&template).unwrap(), context));
        rows.push(Row::figure("… compiled each time", with_compiling, "µs").reference(reference));
    }
    let now: Timestamp = NOW.parse().unwrap();
    for pattern in PATTERNS {
        let patterns = [pattern.to_owned()];
        let ours = micros(|| Schedule::parse(&patterns, "bench/deploy").unwrap().next_after(now).unwrap());
        let row = Row::figure(&format!("cron, parse and next: {pattern}"), ours, "µs");
        rows.push(row.reference(format!("npm {:.0} µs", npm(pattern))).at_most(2.0));
    }
}

fn render(template: &Template, context: &Value) -> Option<Value> {
    let context = Context::new(NOW).with_object(context.as_object().unwrap());
    template.render(&context, &Limits::default()).unwrap()
}

/// A context with a past, which the template doesn't look at.
fn padded(context: &Value) -> Value {
    let mut context = context.clone();
    let push = context["push"].clone();
    let bytes = push.to_string().len();
    context["history"] = json!(vec![push; (LARGE - context.to_string().len()) / bytes]);
    context
}

/// The CPU time that one takes, in microseconds.
pub(crate) fn micros<T>(mut once: impl FnMut() -> T) -> f64 {
    let mut quickest = f64::INFINITY;
    for _ in 0..ROUNDS {
        let (before, started, mut count) = (cpu::own_time(), Instant::now(), 0_u32);
        while started.elapsed() < ROUND {
            black_box(once());
            count += 1;
        }
        let spent = cpu::own_time() - before;
        quickest = quickest.min(spent.as_secs_f64() * 1e6 / f64::from(count));
    }
    quickest
}

/// The same of the npm packages, by the same rules.
fn npm(template: &Value, small: &Value, large: &Value) -> Value {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("input.json");
    let input = json!({
        "template": template, "contexts": {"1 kB": small, "64 kB": large}, "patterns": PATTERNS, "now": NOW,
        "rounds": ROUNDS, "round": ROUND.as_millis(),
    });
    std::fs::write(&file, input.to_string()).unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output =
        Command::new(here.join("../.venv/bin/node")).arg(here.join("node/bench.mjs")).arg(&file).output();
    let output = output.unwrap_or_else(|error| panic!("no Node.js ({error}): install it with `make tools`"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
