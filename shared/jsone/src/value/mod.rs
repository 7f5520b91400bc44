//! Values while rendering: they borrow from the template and the context where they can, and share
//! what was made on the way, so that passing one around costs nothing.

mod convert;
mod json;
mod number;
mod object;

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use serde_json::Value;

use crate::engine::Function;

pub(crate) use convert::to_json;
pub(crate) use json::write_json;
pub(crate) use number::{Number, parse_number};
pub(crate) use object::{Object, Record};

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Val<'v> {
    Null,
    Bool(bool),
    Number(Number<'v>),
    Text(Text<'v>),
    Array(Array<'v>),
    Object(Object<'v>),
    /// A function, not called.
    Function(Function),
}

impl<'v> Val<'v> {
    /// A number from arithmetic.
    pub(crate) fn number(number: f64) -> Self {
        Self::Number(Number::Float(number))
    }

    /// A text made on the way; its bytes are accounted for by who made it.
    pub(crate) fn text(text: String) -> Self {
        Self::Text(text.into())
    }

    /// Whether a condition takes it for true: everything but null, false, zero and what is empty.
    pub(crate) fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(number) => number.float() != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Array(array) => array.len() > 0,
            Self::Object(object) => !object.is_empty(),
            Self::Function(_) => true,
        }
    }

    /// Its type, as `typeof` calls it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Function(_) => "function",
        }
    }

    /// Levels of arrays and objects made on the way: what dropping it recurses through.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Array(Array::Shared(list)) => list.depth,
            Self::Object(Object::Shared(record)) => record.depth(),
            _ => 0,
        }
    }
}

impl<'v> From<&'v Value> for Val<'v> {
    fn from(value: &'v Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(Number::from(number)),
            Value::String(text) => Self::Text(Text::Borrowed(text)),
            Value::Array(items) => Self::Array(Array::Borrowed(items)),
            Value::Object(map) => Self::Object(Object::Borrowed(map)),
        }
    }
}

/// A text.
#[derive(Clone, Debug)]
pub(crate) enum Text<'v> {
    Borrowed(&'v str),
    Shared(Rc<String>),
}

impl Text<'_> {
    /// The text as a string of its own, and the bytes that had to be copied for it.
    pub(crate) fn into_string(self) -> (String, usize) {
        match self {
            Self::Borrowed(text) => (text.to_owned(), text.len()),
            Self::Shared(text) => match Rc::try_unwrap(text) {
                Ok(own) => (own, 0),
                Err(shared) => (String::clone(&shared), shared.len()),
            },
        }
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self::Shared(Rc::new(text))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl std::borrow::Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

/// An array.
#[derive(Clone, Debug)]
pub(crate) enum Array<'v> {
    Borrowed(&'v [Value]),
    Shared(Rc<List<'v>>),
}

/// The elements of an array made on the way, and how deep they go.
#[derive(Debug)]
pub(crate) struct List<'v> {
    items: Vec<Val<'v>>,
    depth: usize,
}

impl<'v> Array<'v> {
    pub(crate) fn new(items: Vec<Val<'v>>) -> Self {
        let depth = 1 + items.iter().map(Val::depth).max().unwrap_or(0);
        Self::Shared(Rc::new(List { items, depth }))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Borrowed(items) => items.len(),
            Self::Shared(list) => list.items.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Val<'v>> {
        match self {
            Self::Borrowed(items) => items.get(index).map(Val::from),
            Self::Shared(list) => list.items.get(index).cloned(),
        }
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Val<'v>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Its elements, moved out where nothing else holds them.
    pub(crate) fn into_items(self) -> Vec<Val<'v>> {
        match self {
            Self::Borrowed(items) => items.iter().map(Val::from).collect(),
            Self::Shared(list) => match Rc::try_unwrap(list) {
                Ok(own) => own.items,
                Err(shared) => shared.items.clone(),
            },
        }
    }
}

/// What trimming and the language's own blanks go by: JavaScript's white space, which has U+FEFF, not U+0085.
pub(crate) fn is_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_on_the_way_has_depth() {
        let borrowed = serde_json::json!([[[1]]]);
        assert_eq!(Val::from(&borrowed).depth(), 0);
        let made = Val::Array(Array::new(vec![Val::Null, Val::from(&borrowed)]));
        assert_eq!(made.depth(), 1);
        assert_eq!(Val::Array(Array::new(vec![made.clone(), made])).depth(), 2);
    }

    #[test]
    fn space_is_javascripts() {
        assert!(
            "\t\n\u{b}\u{c}\r \u{a0}\u{1680}\u{2003}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}"
                .chars()
                .all(is_space)
        );
        assert!(!"\u{85}\u{180e}\u{200b}x".chars().any(is_space));
    }
}
