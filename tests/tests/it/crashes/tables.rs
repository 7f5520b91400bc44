//! What the API doesn't show: that the tables' items fit each other, and the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use treble_embedded::{Durability, Embedded};

use super::Client;

/// The files of a stopped server hold what its clients know, and each definition the bindings, the count of its group and the
/// place in the index that belong to it; all tasks are firings, and all that are recorded are tasks.
pub(super) fn assert_consistent(data: &Path, clients: &[Client]) {
    // A copy, as the server itself is to find what the crash left.
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if name.to_string_lossy().starts_with("treble.db") {
            std::fs::copy(&path, copy.path().join(name)).unwrap();
        }
    }
    let database = Embedded::open(&copy.path().join("treble.db"), Durability::Relaxed).unwrap();
    let hooks = scan(&database, json!({"TableName": "treble-hooks"}));
    assert_hooks(&hooks, clients);
    assert_index(&hooks, &scan(&database, json!({"TableName": "treble-hooks", "IndexName": "due"})));
    let tasks = tasks(&std::fs::read(data.join("tasks.jsonl")).unwrap());
    assert_fires(&scan(&database, json!({"TableName": "treble-fires"})), &tasks, clients);
}

/// All items of a table or an index.
fn scan(database: &Embedded, mut request: Value) -> Vec<Value> {
    let mut items = Vec::new();
    loop {
        let (status, reply) = database.dispatch("DynamoDB_20120810.Scan", request.to_string().as_bytes());
        let reply: Value = serde_json::from_slice(&reply).unwrap();
        assert_eq!(status, 200, "{reply}");
        items.extend(reply["Items"].as_array().unwrap().iter().cloned());
        match reply.get("LastEvaluatedKey") {
            Some(key) if !key.is_null() => request["ExclusiveStartKey"] = key.clone(),
            _ => return items,
        }
    }
}

fn text<'i>(item: &'i Value, name: &str) -> &'i str {
    item[name]["S"].as_str().unwrap_or_else(|| panic!("no {name} in {item}"))
}

fn number(item: &Value, name: &str) -> i64 {
    item[name]["N"].as_str().unwrap_or_else(|| panic!("no {name} in {item}")).parse().unwrap()
}

/// Hooks, groups and bindings: those of the clients' hooks, and nothing else.
fn assert_hooks(items: &[Value], clients: &[Client]) {
    let mut hooks = BTreeMap::new();
    let mut groups = BTreeMap::new();
    let mut bindings = BTreeMap::new();
    for item in items {
        let (partition, sort_key) = (text(item, "pk"), text(item, "sk"));
        if let Some(group) = partition.strip_prefix("hook#") {
            hooks.insert((group, sort_key), item);
        } else if partition.starts_with("exchange#") {
            bindings.insert((partition.to_owned(), sort_key.to_owned()), item);
        } else {
            assert_eq!(partition, "groups", "{item}");
            groups.insert(sort_key, number(item, "hooks"));
        }
    }
    let mut sizes: BTreeMap<&str, i64> = BTreeMap::new();
    for client in clients {
        let hook = hooks.remove(&(&*client.group, &*client.id));
        let definition = hook.map(|item| serde_json::from_str(text(item, "hookDefinition")).unwrap());
        let possible = client.definitions();
        assert!(possible.contains(&definition), "{definition:#?} is none of {possible:#?}");
        let (Some(hook), Some(definition)) = (hook, definition) else { continue };
        *sizes.entry(&client.group).or_default() += 1;
        assert_bound(hook, &definition, &mut bindings);
    }
    assert!(hooks.is_empty() && bindings.is_empty(), "{hooks:#?} {bindings:#?}");
    // The item of an empty group is removed later than its last hook.
    groups.retain(|_, size| *size != 0);
    assert_eq!(groups, sizes);
}

/// Each binding of a hook has an item, since some revision of that same hook; takes them out.
fn assert_bound(hook: &Value, definition: &Value, bindings: &mut BTreeMap<(String, String), &Value>) {
    let name =
        format!("{}/{}", definition["hookGroupId"].as_str().unwrap(), definition["hookId"].as_str().unwrap());
    for binding in definition["bindings"].as_array().unwrap() {
        let part = |name: &str| binding[name].as_str().unwrap();
        let key =
            (format!("exchange#{}", part("exchange")), format!("{}\0{name}", part("routingKeyPattern")));
        let item = bindings.remove(&key).unwrap_or_else(|| panic!("no {key:?}"));
        assert_eq!(text(item, "hook"), name);
        assert_eq!(item["created"], hook["created"], "{item} {hook}");
        assert!(number(item, "revision") <= number(hook, "revision"), "{item} {hook}");
    }
}

/// The index has each hook that has a schedule, and no other.
fn assert_index(items: &[Value], index: &[Value]) {
    let place = |item: &Value| ["pk", "sk", "due", "dueAt"].map(|name| item[name].to_string());
    let scheduled = |item: &&Value| {
        let definition = item
            .get("hookDefinition")
            .map_or(Value::Null, |text| serde_json::from_str(text["S"].as_str().unwrap()).unwrap());
        definition["schedule"].as_array().is_some_and(|schedule| !schedule.is_empty())
    };
    let expected: BTreeSet<_> = items.iter().filter(scheduled).map(place).collect();
    assert_eq!(index.iter().map(place).collect::<BTreeSet<_>>(), expected);
}

/// A firing, by the name of its hook and its taskId.
type Firing = (String, String);

/// The tasks of a journal, of which each is there once. Half a line at its end doesn't count.
fn tasks(journal: &[u8]) -> BTreeSet<Firing> {
    let whole = journal.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut tasks = BTreeSet::new();
    for line in journal[..whole].split_inclusive(|byte| *byte == b'\n') {
        let task: Value = serde_json::from_slice(line).unwrap();
        let text = |name: &str| task[name].as_str().unwrap();
        let name = format!("{}/{}", text("hookGroupId"), text("hookId"));
        assert!(tasks.insert((name, text("taskId").to_owned())), "{} is there twice", task["taskId"]);
    }
    tasks
}

/// For each task there is a record, and for each record a task, and for each a claim, as a client chose the taskId; but for
/// firings that were interrupted, which may have a claim alone, or that and a task.
fn assert_fires(items: &[Value], tasks: &BTreeSet<Firing>, clients: &[Client]) {
    let mut claims = BTreeMap::new();
    let mut records = BTreeMap::new();
    for item in items {
        let (name, sort_key) = (text(item, "pk").to_owned(), text(item, "sk"));
        let (start, task_id) = sort_key.split_once('#').unwrap();
        let firing = (name, task_id.to_owned());
        if start == "task" {
            claims.insert(firing, &item["created"]);
        } else {
            assert_eq!(text(item, "outcome"), "success");
            assert!(records.insert(firing, &item["created"]).is_none(), "{sort_key} is recorded twice");
        }
    }
    for (firing, created) in &records {
        assert_eq!(claims.get(firing), Some(created), "{firing:?}");
        assert!(tasks.contains(firing), "{firing:?} is recorded, and no task");
    }
    assert!(tasks.iter().all(|firing| claims.contains_key(firing)), "a task without a claim");
    let in_flight: BTreeSet<&str> = clients.iter().filter_map(Client::firing_in_flight).collect();
    let unrecorded = |firing: &&Firing| !records.contains_key(*firing) && !in_flight.contains(&*firing.1);
    let unrecorded: Vec<&Firing> = claims.keys().filter(unrecorded).collect();
    assert!(unrecorded.is_empty(), "{unrecorded:?}");
}
