//! Hooks and bindings, written by the thousand.

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::{Map, Value, json};

use crate::load::Deployment;

/// Over how many partitions the index of scheduled hooks is spread.
const SHARDS: usize = 16;
/// The most items of one call.
const WRITTEN_AT_ONCE: usize = 25;

/// A hook of the group `many`, as it is stored.
pub(super) struct Hook {
    number: usize,
    definition: Value,
    due: Option<Timestamp>,
}

impl Hook {
    /// The hook of a number with a task and bindings.
    pub(super) fn new(number: usize, task: Value, bindings: Value) -> Hook {
        let definition = json!({
            "hookGroupId": "many", "hookId": id(number), "schedule": [], "bindings": bindings, "triggerSchema": {},
            "metadata": {"name": "n", "description": format!("Number {number}"), "owner": "o", "emailOnError": false},
            "task": task,
        });
        Hook { number, definition, due: None }
    }

    /// The same hook, to be fired each day at this time, which is the next.
    pub(super) fn due(mut self, at: Timestamp) -> Hook {
        let time = at.strftime("%-S %-M %-H * * *").to_string();
        self.definition["schedule"] = json!([time]);
        Hook { due: Some(at), ..self }
    }

    fn item(&self) -> Value {
        hook_item("many", &id(self.number), &self.definition, self.due, self.number)
    }
}

/// The item of a hook, in the shard of a number.
pub(crate) fn hook_item(
    group: &str,
    id: &str,
    definition: &Value,
    due: Option<Timestamp>,
    number: usize,
) -> Value {
    let mut item = item(&format!("hook#{group}"), id);
    let created = Timestamp::now() - SignedDuration::from_hours(1);
    item["created"] = json!({"S": format!("{created:.9}")});
    item["revision"] = json!({"N": "1"});
    item["tokenGeneration"] = json!({"N": "1"});
    item["hookDefinition"] = json!({"S": definition.to_string()});
    if let Some(due) = due {
        item["due"] = json!({"S": format!("due#{}", number % SHARDS)});
        item["dueAt"] = json!({"N": due.as_millisecond().to_string()});
        item["patterns"] = json!({"L": [{"S": definition["schedule"][0]}]});
    }
    item
}

fn id(number: usize) -> String {
    format!("hook-{number}")
}

/// The name of the hook of a number.
pub(super) fn name(number: usize) -> String {
    format!("many/{}", id(number))
}

/// Moments of the minute that begins in a minute: one for each of many hooks.
pub(crate) fn moment(number: usize) -> Timestamp {
    let minute = Timestamp::from_second(Timestamp::now().as_second() + 60).unwrap();
    minute + i64::try_from(number % 59).unwrap().seconds()
}

/// Writes hooks into the deployment's table.
pub(super) fn write_hooks(deployment: &Deployment, hooks: impl Iterator<Item = Hook>) {
    write(deployment, "TREBLE_HOOKS_TABLE", hooks.map(|hook| hook.item()));
}

/// Writes one binding of each of the hooks of these numbers.
pub(super) fn write_bindings<'a>(
    deployment: &Deployment,
    exchange: &str,
    patterns: impl Iterator<Item = (usize, &'a str)>,
) {
    let bindings = patterns.map(|(number, pattern)| {
        let hook = name(number);
        let mut item = item(&format!("exchange#{exchange}"), &format!("{pattern}\0{hook}"));
        item["pattern"] = json!({"S": pattern});
        item["hook"] = json!({"S": hook});
        item["created"] = json!({"S": format!("{:.9}", Timestamp::now())});
        item["revision"] = json!({"N": "1"});
        item
    });
    write(deployment, "TREBLE_HOOKS_TABLE", bindings);
}

/// What every item has.
pub(crate) fn item(partition: &str, sort: &str) -> Value {
    json!({"pk": {"S": partition}, "sk": {"S": sort}, "v": {"N": "1"}})
}

/// Writes items into the table that a variable names.
pub(crate) fn write(deployment: &Deployment, variable: &str, items: impl Iterator<Item = Value>) {
    let environment = deployment.environment("");
    let table = environment.iter().find(|(name, _)| name == variable).unwrap().1.clone();
    let mut items = items.map(|item| json!({"PutRequest": {"Item": item}})).peekable();
    while items.peek().is_some() {
        let items: Vec<Value> = items.by_ref().take(WRITTEN_AT_ONCE).collect();
        let tables = Map::from_iter([(table.clone(), json!(items))]);
        let reply = deployment.emulator.call("BatchWriteItem", &json!({"RequestItems": tables}));
        assert!(reply["UnprocessedItems"].as_object().is_none_or(Map::is_empty), "{reply}");
    }
}
