//! Fills in what a payload leaves out, where Ajv's `useDefaults` would.
//!
//! A missing property takes the `default` of its schema in `properties`, and a missing item that of its schema in an
//! array of `items`, before the rest of the subschema looks at the value. That goes on below `properties`,
//! `patternProperties`, `additionalProperties` and `items`, and through `$ref`, `allOf`, `dependencies`, `then` and `else`; but
//! not where a subschema only asks (`anyOf`, `oneOf`, `not`, `if`, `contains`, `propertyNames`). `null` is a value, not a gap.

use serde_json::{Map, Value};

use super::error::MAX_DEPTH;
use super::graph::Graph;
use super::plan::{PlanNode, plan};
use crate::schema::{Schema, Violation};

/// The most bytes that defaults may add to a payload.
const MAX_ADDED: usize = 1 << 20;

/// The defaults of a schema, and where they go.
#[derive(Debug)]
pub(super) struct Defaults {
    nodes: Vec<PlanNode>,
}

impl Defaults {
    /// Those of a schema; `None` when it has none, so that most payloads are not walked at all.
    pub(super) fn of(graph: &Graph<'_>, schema: &Schema) -> Option<Self> {
        plan(graph, schema).map(|nodes| Self { nodes })
    }

    /// Fills a payload.
    ///
    /// # Errors
    /// When defaults nest without end or add too much.
    pub(super) fn fill(&self, payload: &mut Value) -> Result<(), Violation> {
        Filling { defaults: self, left: MAX_ADDED }.fill(0, payload, 0)
    }
}

struct Filling<'a> {
    defaults: &'a Defaults,
    /// How many bytes may still be added.
    left: usize,
}

impl Filling<'_> {
    fn fill(&mut self, node: usize, value: &mut Value, depth: usize) -> Result<(), Violation> {
        let defaults = self.defaults;
        let Some(node) = defaults.nodes.get(node) else { return Ok(()) };
        self.add_missing(node, value)?;
        for same in &node.same {
            self.fill(*same, value, depth)?;
        }
        if let Some(condition) = &node.condition
            && let Some(clause) = condition.clause(value)
        {
            self.fill(clause, value, depth)?;
        }
        for (property, dependent) in &node.dependent {
            if value.get(property).is_some() {
                self.fill(*dependent, value, depth)?;
            }
        }
        if depth == MAX_DEPTH && node.goes_deeper() && (value.is_object() || value.is_array()) {
            let message = format!("must NOT nest deeper than {MAX_DEPTH} levels with its defaults");
            return Err(Violation::new("", message));
        }
        match value {
            Value::Object(object) => self.fill_properties(node, object, depth + 1),
            Value::Array(items) => items
                .iter_mut()
                .enumerate()
                .filter_map(|(index, item)| Some((node.item(index)?, item)))
                .try_for_each(|(below, item)| self.fill(below, item, depth + 1)),
            _ => Ok(()),
        }
    }

    fn add_missing(&mut self, node: &PlanNode, value: &mut Value) -> Result<(), Violation> {
        match value {
            Value::Object(object) => {
                for (property, default) in &node.property_defaults {
                    if !object.contains_key(property) {
                        self.spend(default.bytes + property.len())?;
                        object.insert(property.clone(), default.value.clone());
                    }
                }
            }
            Value::Array(items) => {
                // Only at the end: JSON has no arrays with gaps.
                for default in node.item_defaults.iter().skip(items.len()).map_while(Option::as_ref) {
                    self.spend(default.bytes)?;
                    items.push(default.value.clone());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Violation> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            Violation::new("", format!("must NOT have more than {MAX_ADDED} bytes of defaults added"))
        })?;
        Ok(())
    }

    fn fill_properties(
        &mut self,
        node: &PlanNode,
        object: &mut Map<String, Value>,
        depth: usize,
    ) -> Result<(), Violation> {
        for (property, below) in &node.properties {
            if let Some(value) = object.get_mut(property) {
                self.fill(*below, value, depth)?;
            }
        }
        if node.patterns.is_empty() && node.additional.is_none() {
            return Ok(());
        }
        for (property, value) in object.iter_mut() {
            let mut is_additional = !node.named.contains(property);
            for (pattern, below) in &node.patterns {
                if pattern.matches(property) {
                    is_additional = false;
                    below.map_or(Ok(()), |below| self.fill(below, value, depth))?;
                }
            }
            if let Some(below) = node.additional.filter(|_| is_additional) {
                self.fill(below, value, depth)?;
            }
        }
        Ok(())
    }
}
