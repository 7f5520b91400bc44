//! A hook's definition as it is fired from: shared between those who read it, and compiled once.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use treble_jsone::Template;

use crate::hook::Hook;
use crate::schema::count_patterns;
use crate::template::{self, TemplateError};
use crate::trigger_schema::{TriggerSchema, TriggerSchemaError};

/// What a compiled pattern counts for in [`Definition::weight`], in bytes: few take more, and most take less.
const PATTERN_BYTES: usize = 32 * 1024;

/// A hook's definition, with its template and its trigger schema compiled when they are first asked for. A clone is the same
/// one; changing it makes another.
#[derive(Clone)]
pub struct Definition {
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    hook: Hook,
    template: OnceLock<Template>,
    trigger_schema: OnceLock<Arc<TriggerSchema>>,
}

impl Definition {
    /// The hook's `task`, compiled.
    ///
    /// # Errors
    /// When it is larger than a template may be.
    pub fn template(&self) -> Result<&Template, TemplateError> {
        if let Some(template) = self.shared.template.get() {
            return Ok(template);
        }
        let template = template::compile(&self.task)?;
        Ok(self.shared.template.get_or_init(|| template))
    }

    /// The hook's `triggerSchema`, compiled.
    ///
    /// # Errors
    /// When it is none that hooks may have.
    pub fn trigger_schema(&self) -> Result<&TriggerSchema, TriggerSchemaError> {
        if let Some(schema) = self.shared.trigger_schema.get() {
            return Ok(schema);
        }
        let schema = Arc::new(TriggerSchema::compile(&self.trigger_schema)?);
        Ok(self.shared.trigger_schema.get_or_init(|| schema))
    }

    /// What keeping it takes, for who keeps many: in bytes of its JSON, of which there are so many, with what its
    /// patterns take beside.
    pub fn weight(&self, json_bytes: usize) -> usize {
        json_bytes + count_patterns(&self.trigger_schema) * PATTERN_BYTES
    }
}

impl From<Hook> for Definition {
    fn from(hook: Hook) -> Self {
        let (template, trigger_schema) = (OnceLock::new(), OnceLock::new());
        Self { shared: Arc::new(Shared { hook, template, trigger_schema }) }
    }
}

impl Deref for Definition {
    type Target = Hook;

    fn deref(&self) -> &Hook {
        &self.shared.hook
    }
}

impl DerefMut for Definition {
    fn deref_mut(&mut self) -> &mut Hook {
        let shared = Arc::make_mut(&mut self.shared);
        (shared.template, shared.trigger_schema) = (OnceLock::new(), OnceLock::new());
        &mut shared.hook
    }
}

impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared) || **self == **other
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition() -> Definition {
        let hook = json!({
            "hookId": "h", "hookGroupId": "g", "task": {"by": "${firedBy}"},
            "metadata": {"name": "n", "description": "d", "owner": "o"},
            "triggerSchema": {"type": "object", "properties": {"a": {"pattern": "^x"}}, "required": ["a"]},
        });
        serde_json::from_value::<Hook>(hook).unwrap().into()
    }

    #[test]
    fn it_is_compiled_once_for_all_clones() {
        let definition = definition();
        let clone = definition.clone();
        assert!(std::ptr::eq(definition.template().unwrap(), clone.template().unwrap()));
        assert!(std::ptr::eq(definition.trigger_schema().unwrap(), clone.trigger_schema().unwrap()));
    }

    #[test]
    fn a_changed_definition_is_another() {
        let definition = definition();
        let takes_nothing = |of: &Definition| of.trigger_schema().unwrap().apply(json!({})).is_ok();
        assert!(!takes_nothing(&definition));
        let mut changed = definition.clone();
        changed.trigger_schema = json!({});
        assert!(takes_nothing(&changed) && !takes_nothing(&definition));
        assert_ne!(changed, definition);
        changed.trigger_schema = definition.trigger_schema.clone();
        assert_eq!(changed, definition);
    }

    #[test]
    fn what_does_not_compile_is_told_each_time() {
        let mut definition = definition();
        definition.trigger_schema = json!({"type": "nothing"});
        assert!(definition.trigger_schema().is_err() && definition.trigger_schema().is_err());
    }

    #[test]
    fn patterns_weigh() {
        let mut definition = definition();
        assert_eq!(definition.weight(7), 7 + PATTERN_BYTES);
        definition.trigger_schema = json!({});
        assert_eq!(definition.weight(7), 7);
    }
}
