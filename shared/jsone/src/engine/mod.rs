//! Rendering: a walk over the compiled template, counting what it costs.

mod access;
mod budget;
mod equality;
mod evaluate;
mod functions;
mod loops;
mod merge;
mod operators;
mod render;
mod scope;
mod sort;
mod text;
mod time;

pub(crate) use budget::Budget;
pub(crate) use functions::Function;
pub(crate) use scope::Scope;

use crate::context::Context;
use crate::error::Error;
use crate::limits::Limits;
use crate::value::{Array, Object, Record, Text, Val};

/// One rendering of one template. `'v` is how long the template and the context live.
pub(crate) struct Engine<'v> {
    context: &'v Context<'v>,
    pub(crate) budget: Budget,
}

impl<'v> Engine<'v> {
    pub(crate) fn new(context: &'v Context<'v>, limits: &Limits) -> Self {
        Self { context, budget: Budget::new(limits) }
    }

    /// An array of elements that are not accounted for yet.
    fn array(&self, items: Vec<Val<'v>>) -> Result<Val<'v>, Error> {
        self.budget.items(items.len())?;
        self.array_of_paid(items)
    }

    /// An array of elements that are accounted for.
    fn array_of_paid(&self, items: Vec<Val<'v>>) -> Result<Val<'v>, Error> {
        let array = Val::Array(Array::new(items));
        self.budget.depth(array.depth())?;
        Ok(array)
    }

    /// An object of entries that are accounted for.
    fn object(&self, record: Record<'v>) -> Result<Val<'v>, Error> {
        self.budget.depth(record.depth())?;
        Ok(Val::Object(Object::new(record)))
    }

    /// Sets a key of an object in the making.
    fn set(&self, record: &mut Record<'v>, key: Text<'v>, value: Val<'v>) -> Result<(), Error> {
        self.budget.items(1)?;
        self.budget.scan(key.len())?;
        record.set(key, value);
        Ok(())
    }

    /// Part of a text, from byte `start` to byte `end`: borrowed where the text is.
    fn part(&self, text: &Text<'v>, start: usize, end: usize) -> Result<Val<'v>, Error> {
        match text {
            Text::Borrowed(text) => Ok(Val::Text(Text::Borrowed(&text[start..end]))),
            Text::Shared(text) => {
                self.budget.bytes(end - start)?;
                Ok(Val::text(text[start..end].to_owned()))
            }
        }
    }
}
