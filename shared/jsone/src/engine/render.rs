//! Renders the nodes of a template.

use super::{Engine, Scope};
use crate::error::Error;
use crate::template::{Entry, Key, Node, Part};
use crate::value::{Object, Record, Text, Val};

impl<'v> Engine<'v> {
    /// What a node renders to; none when it asks to be left out of what it is in.
    pub(crate) fn render(&self, node: &'v Node, scope: &Scope<'_, 'v>) -> Result<Option<Val<'v>>, Error> {
        self.budget.step()?;
        match node {
            Node::Literal(value) => Ok(Some(Val::from(&**value))),
            Node::Text(parts) => self.interpolate(parts, scope).map(|text| Some(Val::text(text))),
            Node::Array(items) => self.render_array(items, scope).map(Some),
            Node::Object(entries) => self.render_object(entries, scope).map(Some),
            Node::Operator(operator) => self.operate(operator, scope),
            Node::Defect(error) => Err(error.clone()),
        }
    }

    /// What an operator's operand renders to: an empty object when there is nothing.
    pub(super) fn operand(&self, node: &'v Node, scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let value = self.render(node, scope)?;
        Ok(value.unwrap_or_else(|| Val::Object(Object::new(Record::default()))))
    }

    fn render_array(&self, nodes: &'v [Node], scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let mut items = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            items.extend(self.render(node, scope).map_err(|error| error.under_index(index))?);
        }
        self.array(items)
    }

    fn render_object(&self, entries: &'v [Entry], scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let mut record = Record::with_capacity(entries.len());
        for entry in entries {
            let value = self.render(&entry.value, scope).map_err(|error| error.under_key(&entry.name))?;
            let Some(value) = value else { continue };
            let key = match &entry.key {
                Key::Name => Text::Borrowed(&entry.name),
                Key::Unescaped => Text::Borrowed(&entry.name[1..]),
                Key::Interpolated(parts) => Text::from(self.interpolate(parts, scope)?),
                Key::Defect(error) => return Err(error.clone()),
            };
            self.set(&mut record, key, value)?;
        }
        self.object(record)
    }

    fn interpolate(&self, parts: &'v [Part], scope: &Scope<'_, 'v>) -> Result<String, Error> {
        // A guess that saves most texts from growing in steps.
        let guess = |part: &Part| if let Part::Text(text) = part { text.len() } else { 16 };
        let mut out = String::with_capacity(parts.iter().map(guess).sum());
        for part in parts {
            match part {
                Part::Text(text) => self.push(&mut out, text)?,
                Part::Code(expression, source) => match self.evaluate(expression, scope)? {
                    Val::Null => {}
                    Val::Text(text) => self.push(&mut out, &text)?,
                    value @ (Val::Bool(_) | Val::Number(_)) => out.push_str(&self.display(&value)?),
                    Val::Function(_) => {
                        return Err(Error::template(format!(
                            "interpolation of '{source}' produced a function"
                        )));
                    }
                    Val::Array(_) | Val::Object(_) => {
                        let message = format!("interpolation of '{source}' produced an array or object");
                        return Err(Error::template(message));
                    }
                },
                Part::Defect(error) => return Err(error.clone()),
            }
        }
        Ok(out)
    }
}
