//! Names that a template gives to values: `$let`, and the loops' `each(…)`.

use super::Engine;
use crate::error::Error;
use crate::value::{Object, Text, Val};

/// Names within reach, the innermost first; the context is behind the outermost.
pub(crate) struct Scope<'s, 'v> {
    outer: Option<&'s Scope<'s, 'v>>,
    names: Names<'s, 'v>,
}

enum Names<'s, 'v> {
    None,
    Object(&'s Object<'v>),
    List(&'s [(&'v str, Val<'v>)]),
}

impl<'s, 'v> Scope<'s, 'v> {
    /// Only the context.
    pub(crate) fn root() -> Self {
        Self { outer: None, names: Names::None }
    }

    /// This scope, and an object's keys before it.
    pub(super) fn with_object(&'s self, object: &'s Object<'v>) -> Self {
        Self { outer: Some(self), names: Names::Object(object) }
    }

    /// This scope, and a few names before it.
    pub(super) fn with_names(&'s self, names: &'s [(&'v str, Val<'v>)]) -> Self {
        Self { outer: Some(self), names: Names::List(names) }
    }

    fn get(&self, name: &str) -> Option<Val<'v>> {
        match self.names {
            Names::None => None,
            Names::Object(object) => object.get(name),
            Names::List(names) => names.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone()),
        }
    }
}

impl<'v> Engine<'v> {
    /// The value of a name, functions aside.
    pub(super) fn lookup(&self, name: &str, scope: &Scope<'_, 'v>) -> Result<Option<Val<'v>>, Error> {
        let mut next = Some(scope);
        while let Some(scope) = next {
            self.budget.step()?;
            if let Some(value) = scope.get(name) {
                return Ok(Some(value));
            }
            next = scope.outer;
        }
        let own = self.context.get(name).map(Val::from);
        Ok(own.or_else(|| (name == "now").then(|| Val::Text(Text::Borrowed(self.context.now())))))
    }
}
