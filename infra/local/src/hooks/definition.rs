//! Definitions: checked as the service will, and in a form in which equal ones look equal.

use serde::Deserialize as _;
use serde_json::{Map, Value, json};
use treble_api::taskcluster::schemas::CREATE_HOOK_REQUEST;
use treble_core::hook::{Hook, HookName};
use treble_core::schema::Violation;
use treble_core::template;
use treble_core::trigger_schema::{TriggerSchema, default_trigger_schema};

use super::source::Item;

/// A hook as a file or the service has it, with defaults filled in.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) name: HookName,
    /// Where it comes from.
    pub(super) origin: String,
    value: Value,
}

impl Definition {
    /// Checks a definition of a file. Where it doesn't say its group or its id, those given stand in.
    ///
    /// # Errors
    /// All that is wrong with it, in a line each that tells where.
    pub(crate) fn check(item: Item, group: Option<&str>, id: Option<&str>) -> Result<Self, Vec<String>> {
        let Item { origin, value } = item;
        let (name, found) = checked(value, group, id).map_err(|mistakes| at(&origin, mistakes))?;
        let definition = Self { value: canonical(&found, &name), name, origin };
        let mistakes = definition.mistakes();
        if mistakes.is_empty() {
            return Ok(definition);
        }
        Err(at(&format!("{}: {}", definition.origin, definition.name), mistakes))
    }

    /// What the service has: nothing to check.
    pub(crate) fn stored(name: &HookName, value: &Value) -> Self {
        Self { name: name.clone(), origin: "the service".to_owned(), value: canonical(value, name) }
    }

    /// As the API takes and gives it.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// As the engine knows it.
    pub(super) fn hook(&self) -> Result<Hook, serde_json::Error> {
        Hook::deserialize(&self.value)
    }

    /// What its shape doesn't tell.
    fn mistakes(&self) -> Vec<String> {
        let hook = match self.hook() {
            Ok(hook) => hook,
            Err(error) => return vec![error.to_string()],
        };
        let mut mistakes = Vec::new();
        mistakes.extend(hook.parse_schedule().err().map(|error| format!("schedule: {error}")));
        if let Err(error) = TriggerSchema::compile(&hook.trigger_schema) {
            mistakes.extend(error.findings.iter().map(ToString::to_string));
        }
        mistakes.extend(template::check(&hook.task).err().map(|error| format!("task: {error}")));
        mistakes
    }
}

fn at(place: &str, mistakes: Vec<String>) -> Vec<String> {
    mistakes.iter().map(|mistake| format!("{place}: {mistake}")).collect()
}

/// A definition of the right shape, and its name.
fn checked(
    mut value: Value,
    group: Option<&str>,
    id: Option<&str>,
) -> Result<(HookName, Value), Vec<String>> {
    let members = value.as_object_mut().ok_or_else(|| vec!["a hook must be an object".to_owned()])?;
    for (property, given) in [("hookGroupId", group), ("hookId", id)] {
        if let Some(given) = given {
            members.entry(property).or_insert_with(|| given.into());
        }
    }
    let violations = match CREATE_HOOK_REQUEST.check(&value) {
        Ok(Ok(())) => Vec::new(),
        Ok(Err(violations)) => violations.iter().map(words).collect(),
        Err(error) => vec![error.to_string()],
    };
    if !violations.is_empty() {
        return Err(violations);
    }
    let part = |property: &str| {
        let text = value.get(property).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| vec![format!("must have required property '{property}'")])
    };
    let name =
        HookName::new(part("hookGroupId")?, part("hookId")?).map_err(|error| vec![error.to_string()])?;
    Ok((name, value))
}

fn words(violation: &Violation) -> String {
    let place = violation.path.trim_start_matches('/').replace('/', ".");
    let space = if place.is_empty() { "" } else { " " };
    let which = violation.additional_property.as_ref().map(|name| format!(": {name}")).unwrap_or_default();
    format!("{place}{space}{}{which}", violation.message)
}

/// The properties that make a definition, in one order, with the defaults of those left out.
fn canonical(value: &Value, name: &HookName) -> Value {
    let or = |property: &str, default: Value| value.get(property).cloned().unwrap_or(default);
    let mut metadata = or("metadata", json!({}));
    if let Value::Object(metadata) = &mut metadata {
        metadata.entry("emailOnError").or_insert(true.into());
    }
    let members = [
        ("hookGroupId", name.group().into()),
        ("hookId", name.id().into()),
        ("metadata", metadata),
        ("bindings", or("bindings", json!([]))),
        ("schedule", or("schedule", json!([]))),
        ("triggerSchema", or("triggerSchema", default_trigger_schema())),
        ("task", or("task", json!({}))),
    ];
    Value::Object(members.map(|(key, value)| (key.to_owned(), value)).into_iter().collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> Value {
        json!({
            "hookId": "a/b",
            "metadata": {"name": "n", "description": "d", "owner": "o"},
            "task": {"payload": "${payload.x}"},
        })
    }

    fn check(value: Value) -> Result<Definition, Vec<String>> {
        Definition::check(Item { origin: "f:3".into(), value }, Some("g"), None)
    }

    #[test]
    fn what_is_left_out_is_the_default() {
        let definition = check(definition()).unwrap();
        assert_eq!(definition.name.to_string(), "g/a/b");
        let value = definition.value();
        assert_eq!(value["metadata"]["emailOnError"], true);
        assert_eq!((&value["bindings"], &value["schedule"]), (&json!([]), &json!([])));
        assert_eq!(value["triggerSchema"], default_trigger_schema());
        assert_eq!(Definition::stored(&definition.name, value).value(), value);
    }

    #[test]
    fn all_mistakes_are_told() {
        let mut bad = definition();
        bad["schedule"] = json!(["61 * * * *"]);
        bad["triggerSchema"] = json!({"typ": "object"});
        let mistakes = check(bad).unwrap_err();
        let starts = ["schedule: ", "triggerSchema: unknown keyword"];
        assert_eq!(mistakes.len(), starts.len(), "{mistakes:?}");
        for (mistake, start) in mistakes.iter().zip(starts) {
            assert!(mistake.starts_with(&format!("f:3: g/a/b: {start}")), "{mistake}");
        }
    }

    #[test]
    fn shapes_are_checked() {
        let mut bad = definition();
        bad["shedule"] = json!([]);
        bad["metadata"] = json!({"name": "n", "owner": "o"});
        let mistakes = check(bad).unwrap_err().join("\n");
        for mistake in
            ["additional properties: shedule", "metadata must have required property 'description'"]
        {
            assert!(mistakes.contains(mistake), "{mistakes}");
        }
        assert_eq!(check(json!(3)).unwrap_err(), ["f:3: a hook must be an object"]);
        let mut nameless = definition();
        nameless.as_object_mut().unwrap().remove("hookId");
        assert_eq!(check(nameless).unwrap_err(), ["f:3: must have required property 'hookId'"]);
    }
}
