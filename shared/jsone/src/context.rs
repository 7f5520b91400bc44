//! What a template's expressions can refer to by name.

use serde_json::{Map, Value};

use crate::error::Error;

/// The names and values a template is rendered with. It borrows them: rendering clones only what
/// becomes part of the result.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    now: &'a str,
    objects: Vec<&'a Map<String, Value>>,
    names: Vec<(&'a str, &'a Value)>,
}

impl<'a> Context<'a> {
    /// A context of one name, `now`: an ISO 8601 instant (`2017-01-19T16:27:20.974Z`), which `$fromNow` and
    /// `fromNow` count from when they are given no other. There is no clock here.
    pub fn new(now: &'a str) -> Self {
        Self { now, objects: Vec::new(), names: Vec::new() }
    }

    /// With `name` for `value`, instead of what the name stood for, be it `now` or a function.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: &'a Value) -> Self {
        self.names.push((name, value));
        self
    }

    /// With a name for each key of `object`; names given to [`with`](Self::with) go before these.
    #[must_use]
    pub fn with_object(mut self, object: &'a Map<String, Value>) -> Self {
        self.objects.push(object);
        self
    }

    /// The caller's instant.
    pub(crate) fn now(&self) -> &'a str {
        self.now
    }

    /// The value of a name; `now` and functions aside.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        let named = self.names.iter().rev().find(|(own, _)| *own == name).map(|(_, value)| *value);
        named.or_else(|| self.objects.iter().rev().find_map(|object| object.get(name)))
    }

    /// An error unless each name can be written in an expression.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut names = self.names.iter().map(|(name, _)| *name);
        let mut keys = self.objects.iter().flat_map(|object| object.keys());
        if names.all(is_identifier) && keys.all(|key| is_identifier(key)) {
            return Ok(());
        }
        Err(Error::template("top level keys of context must follow /[a-zA-Z_][a-zA-Z0-9_]*/"))
    }
}

/// Whether an expression can name it: letters, digits and `_`, not beginning with a digit.
pub(crate) fn is_identifier(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
