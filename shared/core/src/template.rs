//! A hook's task template: JSON-e over what is known of a firing.

use serde_json::{Map, Value};
use treble_jsone::{Context, Limits, Template};

use crate::firing::Firing;
use crate::task::iso;

/// Why a template gave no definition of a task.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TemplateError {
    /// JSON-e refused the template or stopped rendering it.
    #[error(transparent)]
    JsonE(#[from] treble_jsone::Error),
    /// It rendered to something that can't be a task.
    #[error("the template rendered to {0}: it must render to an object, or to null to create no task")]
    NotAnObject(&'static str),
    /// The definition has a `scopes` that is not an array of strings.
    #[error("the template rendered to a task whose scopes are not an array of strings")]
    Scopes,
}

/// Whether a hook's `task` has mistakes that don't depend on what it is rendered with.
///
/// # Errors
/// The first of them: in an operator, an expression, or beyond the limits.
pub fn check(task: &Value) -> Result<(), TemplateError> {
    match compile(task)?.defects().first() {
        Some(defect) => Err(defect.clone().into()),
        None => Ok(()),
    }
}

/// Compiles a hook's `task`, to be rendered at each of its firings.
///
/// # Errors
/// When it is larger than a template may be. Whatever else is wrong with it, rendering tells.
pub fn compile(task: &Value) -> Result<Template, TemplateError> {
    Ok(Template::compile_with(task, &Limits::default())?)
}

/// Renders a hook's compiled `task` for a firing: the definition of the task to create, without defaults. None
/// when it rendered to nothing: `null`, or any other value that JavaScript takes for false.
///
/// The context has `firedBy`, `taskId` and `now`, and, where the firing has them, `payload` and `clientId`.
pub fn render(template: &Template, firing: &Firing) -> Result<Option<Map<String, Value>>, TemplateError> {
    let fired_by = Value::from(firing.fired_by.as_str());
    let task_id = Value::from(firing.task_id.to_string());
    let client_id = firing.client_id.as_deref().map(Value::from);
    let now = iso(firing.created);
    let mut context = Context::new(&now).with("firedBy", &fired_by).with("taskId", &task_id);
    if let Some(payload) = &firing.payload {
        context = context.with("payload", payload);
    }
    if let Some(client_id) = &client_id {
        context = context.with("clientId", client_id);
    }
    match template.render(&context, &Limits::default())? {
        None => Ok(None),
        Some(Value::Object(definition)) => Ok(Some(definition)),
        Some(value) if crate::task::is_falsy(&value) => Ok(None),
        Some(value) => Err(TemplateError::NotAnObject(kind(&value))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
