//! The schemas of requests and replies, generated from their [types](super::wire).

use std::sync::OnceLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use treble_core::schema::{self, SchemaError, Violation};

use super::wire;

/// What is wrong with a body, if anything. The outer error is a defect of the schema itself.
pub type Checked<'s> = Result<Result<(), Vec<Violation>>, &'s SchemaError>;

/// A schema that is published under a name and, where it is a request's, checked.
pub struct Schema {
    /// The service that it belongs to.
    service: &'static str,
    /// The file's name below `/schemas/<service>/v1/`, without `.json`.
    pub name: &'static str,
    generate: fn() -> Value,
    /// A pointer, so that a binary whose routes take no body has no validator.
    check: for<'s> fn(&'s Self, &Value) -> Checked<'s>,
    compiled: OnceLock<Result<schema::Schema, SchemaError>>,
}

impl Schema {
    /// That of a request.
    pub(crate) const fn taken(name: &'static str, generate: fn() -> Value) -> Self {
        Self { service: "hooks", name, generate, check: Self::validate, compiled: OnceLock::new() }
    }

    /// That of what Treble says itself, and nobody needs to check.
    pub(crate) const fn given(name: &'static str, generate: fn() -> Value) -> Self {
        Self { service: "hooks", name, generate, check: |_, _| Ok(Ok(())), compiled: OnceLock::new() }
    }

    /// The same, of another service.
    pub(crate) const fn of(mut self, service: &'static str) -> Self {
        self.service = service;
        self
    }

    /// The path below a deployment's root, as references point to it from `/schemas/<service>/`.
    pub fn reference(&self) -> String {
        format!("v1/{}.json#", self.name)
    }

    /// The schema's identity at a deployment.
    pub fn id(&self, root_url: &str) -> String {
        format!("{root_url}/schemas/{}/v1/{}.json#", self.service, self.name)
    }

    /// The schema as it is published.
    pub fn document(&self, root_url: &str) -> Value {
        let mut document = Map::new();
        document.insert("$schema".into(), format!("{root_url}/schemas/common/metaschema.json#").into());
        document.insert("$id".into(), self.id(root_url).into());
        if let Value::Object(definition) = self.definition() {
            document.extend(definition);
        }
        Value::Object(document)
    }

    /// The schema by itself, as a part of another document.
    pub fn definition(&self) -> Value {
        let mut definition = (self.generate)();
        if let Value::Object(members) = &mut definition {
            members.shift_remove("$schema");
        }
        definition
    }

    /// Checks a request's body.
    pub fn check(&self, payload: &Value) -> Checked<'_> {
        (self.check)(self, payload)
    }

    fn validate(&self, payload: &Value) -> Checked<'_> {
        let compiled = self.compiled.get_or_init(|| schema::Schema::compile(&(self.generate)())).as_ref()?;
        Ok(compiled.validate(payload))
    }
}

/// A type's schema: draft 7, subschemas in place.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The body of createHook and updateHook.
pub static CREATE_HOOK_REQUEST: Schema =
    Schema::taken("create-hook-request", schema_of::<wire::CreateHookRequest>);
/// A hook.
pub static HOOK_DEFINITION: Schema = Schema::given("hook-definition", schema_of::<wire::HookDefinition<'_>>);
/// The reply of listHookGroups.
pub static LIST_HOOK_GROUPS_RESPONSE: Schema =
    Schema::given("list-hook-groups-response", schema_of::<wire::HookGroups>);
/// The reply of listHooks.
pub static LIST_HOOKS_RESPONSE: Schema =
    Schema::given("list-hooks-response", schema_of::<wire::HookList<'_>>);
/// The reply of getHookStatus.
pub static HOOK_STATUS: Schema = Schema::given("hook-status", schema_of::<wire::HookStatus>);
/// The body of triggerHook and triggerHookWithToken.
pub static TRIGGER_HOOK: Schema = Schema::taken("trigger-hook", schema_of::<wire::TriggerHookRequest>);
/// Their reply.
pub static TRIGGER_HOOK_RESPONSE: Schema =
    Schema::given("trigger-hook-response", schema_of::<wire::TriggerHookResponse>);
/// The reply of getTriggerToken and resetTriggerToken.
pub static TRIGGER_TOKEN_RESPONSE: Schema =
    Schema::given("trigger-token-response", schema_of::<wire::TriggerTokenResponse>);
/// The reply of listLastFires.
pub static LIST_LAST_FIRES_RESPONSE: Schema =
    Schema::given("list-lastFires-response", schema_of::<wire::LastFires>);
/// The message of the exchanges.
pub static HOOK_CHANGED_MESSAGE: Schema =
    Schema::given("pulse-hook-changed-message", schema_of::<wire::HookChanged>);

/// All of hooks.
pub static SCHEMAS: &[&Schema] = &[
    &CREATE_HOOK_REQUEST,
    &HOOK_DEFINITION,
    &LIST_HOOK_GROUPS_RESPONSE,
    &LIST_HOOKS_RESPONSE,
    &HOOK_STATUS,
    &TRIGGER_HOOK,
    &TRIGGER_HOOK_RESPONSE,
    &TRIGGER_TOKEN_RESPONSE,
    &LIST_LAST_FIRES_RESPONSE,
    &HOOK_CHANGED_MESSAGE,
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::taskcluster::described::SERVICES;

    #[test]
    fn every_schema_compiles() {
        for service in SERVICES {
            for schema in service.schemas {
                assert!(schema.validate(&Value::Null).is_ok(), "{}", schema.name);
                assert_eq!(schema.id(""), format!("{}#", service.schema_path(schema)));
            }
        }
    }

    #[test]
    fn a_hook_may_leave_out_what_has_defaults() {
        let check = |payload: Value| CREATE_HOOK_REQUEST.check(&payload).unwrap();
        let metadata = json!({"name": "n", "description": "d", "owner": "o"});
        assert_eq!(check(json!({"metadata": metadata, "task": {}})), Ok(()));
        let violations =
            check(json!({"metadata": {"zz": 1}, "task": [], "schedule": ["*", "*"]})).unwrap_err();
        assert_eq!(
            schema::listed(&violations),
            r#"  * data/metadata must have required property 'name'
  * data/metadata must have required property 'description'
  * data/metadata must have required property 'owner'
  * data/metadata must NOT have additional properties: "zz"
  * data/task must be object
  * data/schedule must NOT have duplicate items (items ## 1 and 0 are identical)"#
        );
    }
}
