//! JSON as texts by name: what a workflow gets of a document.
//!
//! As go-dump does it, with which CDS does: the names on the way to a value are joined by `.`, in lower case, spaces, `/` and
//! `:` as `_`. An element of an array is called like the array and its index: `{"a": [1, [2]]}` is `a.a0` = 1 and `a.a1.a10` = 2;
//! of an array at the top `0`, `1`, …. A null is an empty text, an empty name leads nowhere, and objects and arrays have no
//! entries of their own, of types and lengths neither. Numbers are as JSON writes them. Of names that become the same the first counts.

use std::collections::BTreeMap;

use serde_json::Value;

/// How many values a document may have, nested ones and what is nested in each included.
pub(super) const MAX_VALUES: usize = 20_000;

/// How long all names and values may be together, with what it takes to make them.
pub(super) const MAX_BYTES: usize = 4 << 20;

/// How deep values may be in each other: what a JSON text may have too.
pub(super) const MAX_DEPTH: usize = 128;

/// What becomes of a text in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// It stays.
    Stay,
    /// One that is a JSON object or array is flattened too, as CDS does with messages.
    AreRead,
}

/// A document is more than a workflow is to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TooLarge {
    /// Too many values.
    #[error("it has more than {MAX_VALUES} values")]
    Values,
    /// Too long.
    #[error("its names and values are longer than {MAX_BYTES} bytes when flattened")]
    Bytes,
    /// Too deep.
    #[error("it is nested more than {MAX_DEPTH} deep")]
    Depth,
}

/// The texts of a document, by name. One that is neither an object nor an array has none.
pub(super) fn flatten(document: &Value, texts: Texts) -> Result<BTreeMap<String, String>, TooLarge> {
    let mut flattening =
        Flattening { found: BTreeMap::new(), name: String::new(), texts, values: 0, bytes: 0 };
    flattening.value(document, 0, 0)?;
    Ok(flattening.found)
}

struct Flattening {
    found: BTreeMap<String, String>,
    /// Of the value that is looked at.
    name: String,
    texts: Texts,
    values: usize,
    bytes: usize,
}

impl Flattening {
    /// `last` is where the last part of its name begins.
    fn value(&mut self, value: &Value, last: usize, depth: usize) -> Result<(), TooLarge> {
        if depth > MAX_DEPTH {
            return Err(TooLarge::Depth);
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter().filter(|(name, _)| !name.is_empty()) {
                    self.inner(&formatted(name), member, depth)?;
                }
                Ok(())
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    let name = format!("{}{index}", &self.name[last..]);
                    self.inner(&name, element, depth)?;
                }
                Ok(())
            }
            Value::String(text) => match self.document_in(text) {
                Some(document) => self.value(&document, last, depth + 1),
                None => self.found(text),
            },
            Value::Null => self.found(""),
            Value::Bool(_) | Value::Number(_) => self.found(&value.to_string()),
        }
    }

    fn inner(&mut self, name: &str, value: &Value, depth: usize) -> Result<(), TooLarge> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(TooLarge::Values);
        }
        self.spend(name.len())?;
        let end = self.name.len();
        if end > 0 {
            self.name.push('.');
        }
        let last = self.name.len();
        self.name.push_str(name);
        self.value(value, last, depth + 1)?;
        self.name.truncate(end);
        Ok(())
    }

    fn document_in(&self, text: &str) -> Option<Value> {
        let read = self.texts == Texts::AreRead && text.trim_start().starts_with(['{', '[']);
        if read { serde_json::from_str(text).ok() } else { None }
    }

    fn found(&mut self, text: &str) -> Result<(), TooLarge> {
        if self.name.is_empty() {
            return Ok(());
        }
        self.spend(self.name.len() + text.len())?;
        if !self.found.contains_key(&self.name) {
            self.found.insert(self.name.clone(), text.to_owned());
        }
        Ok(())
    }

    /// Counts also what comes to nothing: names are as long as they are repeated often in short documents.
    fn spend(&mut self, bytes: usize) -> Result<(), TooLarge> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES { Err(TooLarge::Bytes) } else { Ok(()) }
    }
}

/// Letter by letter, as Go does.
fn formatted(name: &str) -> String {
    name.chars()
        .flat_map(char::to_lowercase)
        .map(|c| if matches!(c, ' ' | '/' | ':') { '_' } else { c })
        .collect()
}
