//! Takes things from values: `.field`, `[index]`, `[from:to]`, and calls.

use super::{Engine, Scope};
use crate::error::Error;
use crate::expression::{Access, Expression};
use crate::value::{Array, Text, Val};

impl<'v> Engine<'v> {
    pub(super) fn path(
        &self,
        base: &'v Expression,
        accesses: &'v [Access],
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let mut value = self.evaluate(base, scope)?;
        for access in accesses {
            self.budget.step()?;
            value = match access {
                Access::Field(name) => field(&value, name)?,
                Access::Index(index) => {
                    let index = self.evaluate(index, scope)?;
                    self.index(&value, &index)?
                }
                Access::Slice(from, to) => {
                    let from = from.as_ref().map(|from| self.evaluate(from, scope)).transpose()?;
                    let to = to.as_ref().map(|to| self.evaluate(to, scope)).transpose()?;
                    self.slice(&value, from.unwrap_or(Val::number(0.0)), to.unwrap_or(Val::Null))?
                }
                Access::Call(arguments) => self.call_value(&value, arguments, scope)?,
            };
        }
        Ok(value)
    }

    fn call_value(
        &self,
        callee: &Val<'v>,
        arguments: &'v [Expression],
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let Val::Function(function) = callee else {
            return Err(Error::interpreter(format!("{} is not callable", self.excerpt(callee)?)));
        };
        let arguments = self.evaluate_all(arguments, scope)?;
        self.call(*function, arguments, scope)
    }

    fn index(&self, value: &Val<'v>, index: &Val<'v>) -> Result<Val<'v>, Error> {
        match (value, index) {
            (Val::Object(object), Val::Text(key)) => {
                self.budget.scan(key.len())?;
                Ok(object.get(key).unwrap_or(Val::Null))
            }
            (Val::Object(_), _) => Err(Error::interpreter("object keys must be strings")),
            (Val::Array(array), _) => array.get(position(index, array.len())?).ok_or_else(out_of_bounds),
            (Val::Text(text), _) => {
                let length = self.text_length(text)?;
                let position = position(index, length)?;
                if position >= length {
                    return Err(out_of_bounds());
                }
                self.text_slice(text, position, position + 1)
            }
            _ => Err(not_indexable()),
        }
    }

    /// From `from` up to `to`; null for the end.
    fn slice(&self, value: &Val<'v>, from: Val<'v>, to: Val<'v>) -> Result<Val<'v>, Error> {
        match value {
            Val::Array(array) => {
                let (start, end) = interval(&from, &to, array.len())?;
                if let Array::Borrowed(items) = array {
                    return Ok(Val::Array(Array::Borrowed(&items[start..end])));
                }
                self.array(array.iter().take(end).skip(start).collect())
            }
            Val::Text(text) => {
                let (start, end) = interval(&from, &to, self.text_length(text)?)?;
                self.text_slice(text, start, end)
            }
            Val::Object(_) => Err(Error::interpreter("object keys must be strings")),
            _ => Err(not_indexable()),
        }
    }

    /// How many characters (code points) a text has.
    pub(super) fn text_length(&self, text: &str) -> Result<usize, Error> {
        self.budget.scan(text.len())?;
        Ok(if text.is_ascii() { text.len() } else { text.chars().count() })
    }

    /// Part of a text, from one character to another.
    fn text_slice(&self, text: &Text<'v>, start: usize, end: usize) -> Result<Val<'v>, Error> {
        if text.is_ascii() {
            return self.part(text, start, end);
        }
        let byte = |position| text.char_indices().nth(position).map_or(text.len(), |(byte, _)| byte);
        self.part(text, byte(start), byte(end))
    }
}

fn field<'v>(value: &Val<'v>, name: &str) -> Result<Val<'v>, Error> {
    let Val::Object(object) = value else {
        return Err(Error::interpreter("infix: . expects objects"));
    };
    let missing = || Error::interpreter(format!("object has no property \"{name}\""));
    object.get(name).ok_or_else(missing)
}

/// A place in something of `length`, counted from its end when negative; never before its beginning.
fn from_end(index: f64, length: usize) -> f64 {
    if index < 0.0 { (length as f64 + index).max(0.0) } else { index }
}

fn position(index: &Val<'_>, length: usize) -> Result<usize, Error> {
    match index {
        Val::Number(index) if from_end(index.float(), length).fract() == 0.0 => {
            Ok(from_end(index.float(), length) as usize)
        }
        _ => Err(Error::interpreter("should only use integers to access arrays or strings")),
    }
}

/// Where a slice starts and ends, both within `length`, in order.
fn interval(from: &Val<'_>, to: &Val<'_>, length: usize) -> Result<(usize, usize), Error> {
    let place = |value: &Val<'_>| match value {
        Val::Number(number) => Some(from_end(number.float(), length)),
        _ => None,
    };
    let end = if matches!(to, Val::Null) { Some(length as f64) } else { place(to) };
    if let (Some(start), Some(end)) = (place(from), end) {
        // Before looking whether it is an integer, as JavaScript's implementation does.
        let start = if start > end { end } else { start };
        if start.fract() == 0.0 && end.fract() == 0.0 {
            return Ok(((start as usize).min(length), (end as usize).min(length)));
        }
    }
    Err(Error::interpreter("cannot perform interval access with non-integers"))
}

fn out_of_bounds() -> Error {
    Error::interpreter("index out of bounds")
}

fn not_indexable() -> Error {
    Error::interpreter("infix: \"[..]\" expects object, array, or string")
}
