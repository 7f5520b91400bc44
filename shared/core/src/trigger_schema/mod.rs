//! Trigger schemas: what a hook accepts as the payload of a trigger.

use serde_json::{Value, json};
use thiserror::Error;

use crate::schema::{Schema, SchemaError, Violation};

/// A hook's trigger schema, compiled: validates payloads and fills in their defaults.
#[derive(Debug)]
pub struct TriggerSchema {
    schema: Schema,
}

/// Why a document can't be a trigger schema.
#[derive(Debug, Error)]
#[error("triggerSchema is not a valid JSON schema:\n * {0}")]
pub struct TriggerSchemaError(#[from] SchemaError);

/// What a hook without a trigger schema accepts: an object without any property.
pub fn default_trigger_schema() -> Value {
    json!({ "type": "object", "additionalProperties": false })
}

impl TriggerSchema {
    /// Checks and compiles a trigger schema.
    ///
    /// # Errors
    /// When it is not a schema, or one that can't be used safely.
    pub fn compile(schema: &Value) -> Result<Self, TriggerSchemaError> {
        let schema = Schema::compile(schema)?;
        Ok(Self { schema })
    }

    /// Fills in defaults, validates, and returns the payload that the template sees.
    ///
    /// # Errors
    /// What is wrong with the payload, in Ajv's words, at most 50 violations.
    pub fn apply(&self, payload: Value) -> Result<Value, Vec<Violation>> {
        self.schema.validate(&payload)?;
        Ok(payload)
    }
}

#[cfg(test)]
mod tests;
