//! Trigger schemas: what a hook accepts as the payload of a trigger.
//!
//! A schema is checked once, when the hook is written: what Taskcluster's validator would choke on at each trigger is refused
//! here, with the place (`lint`), and so is what would take it too long (`cost`). Both look at the schema as
//! a `graph`. A payload then gets the `defaults` of the schema, and is validated by
//! [`crate::schema`].

mod components;
mod cost;
mod defaults;
mod error;
mod graph;
mod lint;
mod nesting;
mod plan;

use serde_json::{Value, json};

pub use error::{Finding, MAX_BYTES, MAX_DEPTH, MAX_SUBSCHEMAS, Problem, TriggerSchemaError};

use crate::schema::{
    BadPattern, Dialect, Pattern, Schema, SchemaError, Violation, count_patterns, metaschema_violations,
};
use defaults::Defaults;
use graph::Graph;
use nesting::is_deeper_than;

/// So many findings are told; more help nobody.
const TOLD: usize = 50;
/// The most memory that the validator's copies of a payload may take, when it tells what is wrong with it.
const MAX_COPIED: usize = 32 << 20;
/// From so many values in a payload on, or so many looks at them, only the first violation is told: the validator would
/// collect all of them, at half a kilobyte each.
const MANY_VALUES: usize = 20_000;
const MANY_CHECKS: usize = 1_000_000;
/// So many looks at values are the most that one payload may cost, a second's work; beyond, it isn't looked at.
const MAX_CHECKS: usize = 150_000_000;
/// The nesting of payloads up to which copying errors from level to level doesn't count.
const SHALLOW: usize = 16;

/// A hook's trigger schema, compiled: fills in the defaults of payloads and validates them. It can be shared between
/// threads, and kept as long as the hook doesn't change.
#[derive(Debug)]
pub struct TriggerSchema {
    schema: Schema,
    defaults: Option<Defaults>,
    /// How many subschemas may look at one value.
    subschemas: usize,
    /// How many of them may copy a payload into what they say is wrong with it.
    copying: usize,
}

/// What a hook without a trigger schema accepts: an object without any property.
pub fn default_trigger_schema() -> Value {
    json!({ "type": "object", "additionalProperties": false })
}

impl TriggerSchema {
    /// Checks and compiles a trigger schema.
    ///
    /// # Errors
    /// When it is not a schema, or one that can't be used safely: a client's mistake.
    pub fn compile(schema: &Value) -> Result<Self, TriggerSchemaError> {
        check_size(schema)?;
        let Some(dialect) = Dialect::of(schema) else {
            return Err(TriggerSchemaError::at("/$schema", Problem::UnknownDialect));
        };
        let graph = Graph::of(schema, dialect);
        let findings = lint::lint(&graph, dialect);
        if !findings.is_empty() {
            return Err(refusal(schema, dialect, findings));
        }
        let cost = cost::cost(&graph).map_err(|(node, problem)| {
            let pointer = graph.nodes.get(node).map_or("", |node| node.pointer.as_str());
            refusal(schema, dialect, vec![Finding { pointer: pointer.to_owned(), problem }])
        })?;
        let compiled = Schema::compile(schema).map_err(|error| uncompiled(schema, error, &graph))?;
        let defaults = Defaults::of(&graph, &compiled);
        let subschemas = usize::try_from(cost.subschemas).unwrap_or(usize::MAX);
        let copying = usize::try_from(cost.copying).unwrap_or(usize::MAX);
        Ok(Self { schema: compiled, defaults, subschemas, copying })
    }

    /// Fills in defaults, validates, and returns the payload that the template sees.
    ///
    /// # Errors
    /// What is wrong with the payload, in Ajv's words, at most 50 violations.
    pub fn apply(&self, mut payload: Value) -> Result<Value, Vec<Violation>> {
        if is_deeper_than(&payload, MAX_DEPTH) {
            let message = format!("must NOT nest deeper than {MAX_DEPTH} levels");
            return Err(vec![Violation::new("", message)]);
        }
        if let Some(defaults) = &self.defaults {
            defaults.fill(&mut payload).map_err(|violation| vec![violation])?;
        }
        let values = nesting::values(&payload);
        if self.subschemas.saturating_mul(values) > MAX_CHECKS {
            let most = MAX_CHECKS / self.subschemas;
            let message =
                format!("must have fewer values: {most} is the most that this large a schema can check");
            return Err(vec![Violation::new("", message)]);
        }
        if self.schema.is_valid(&payload) {
            return Ok(payload);
        }
        Err(self.violations(&payload, values))
    }

    fn violations(&self, payload: &Value, values: usize) -> Vec<Violation> {
        // Errors of branches are copied again at each level that they come through.
        let levels = if is_deeper_than(payload, SHALLOW) { MAX_DEPTH * MAX_DEPTH } else { 1 };
        let copies = self.copying.saturating_mul(levels);
        if copies > 0 && copies.saturating_mul(payload.to_string().len()) > MAX_COPIED {
            return vec![Violation::new(
                "",
                "must match the schema; it is too large to say where it doesn't",
            )];
        }
        if values > MANY_VALUES || self.subschemas.saturating_mul(values) > MANY_CHECKS {
            return self.schema.first_violation(payload);
        }
        self.schema.violations(payload)
    }
}

fn check_size(schema: &Value) -> Result<(), TriggerSchemaError> {
    if is_deeper_than(schema, MAX_DEPTH) {
        return Err(TriggerSchemaError::at("", Problem::TooDeep));
    }
    let bytes = schema.to_string().len();
    if bytes > MAX_BYTES {
        return Err(TriggerSchemaError::at("", Problem::TooLarge(bytes)));
    }
    Ok(())
}

/// What the metaschema has against a schema, if anything, and otherwise our own findings: those of a document that is
/// no schema at all say little.
fn refusal(schema: &Value, dialect: Dialect, mut findings: Vec<Finding>) -> TriggerSchemaError {
    let violations = metaschema_violations(schema, dialect);
    if !violations.is_empty() {
        return invalid(violations);
    }
    findings.truncate(TOLD);
    TriggerSchemaError { findings }
}

fn invalid(violations: Vec<Violation>) -> TriggerSchemaError {
    let finding = |violation: Violation| Finding {
        pointer: violation.path,
        problem: Problem::Metaschema(violation.message),
    };
    TriggerSchemaError { findings: violations.into_iter().map(finding).collect() }
}

/// Why a schema without findings doesn't compile: mostly a pattern.
fn uncompiled(schema: &Value, error: SchemaError, graph: &Graph<'_>) -> TriggerSchemaError {
    let (pointer, message) = match error {
        SchemaError::UnknownDialect => {
            return TriggerSchemaError::at("/$schema", Problem::UnknownDialect);
        }
        SchemaError::Invalid(violations) => return invalid(violations),
        SchemaError::Compile { pointer, message } => (pointer, message),
    };
    let count = count_patterns(schema);
    let bad = lint::patterns(graph).filter_map(|(pointer, pattern)| {
        let problem = match Pattern::compile(pattern, count).err()? {
            BadPattern::Backtracks => Problem::BacktrackingPattern(pattern.to_owned()),
            BadPattern::Malformed => Problem::BadPattern(pattern.to_owned()),
        };
        Some(Finding { pointer, problem })
    });
    let findings: Vec<Finding> = bad.take(TOLD).collect();
    if findings.is_empty() {
        return TriggerSchemaError::at(pointer, Problem::Refused(message));
    }
    TriggerSchemaError { findings }
}

#[cfg(test)]
mod tests;
