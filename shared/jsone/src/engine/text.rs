//! Functions of text, and values as text.

use super::Engine;
use crate::error::{Error, excerpt};
use crate::value::{Array, Text, Val, is_space};

impl<'v> Engine<'v> {
    /// A value as `${…}`, `str` and `join` write it: as JavaScript's `String` does.
    pub(super) fn display(&self, value: &Val<'v>) -> Result<String, Error> {
        let mut out = String::new();
        self.append(value, &mut out, 0)?;
        Ok(out)
    }

    /// The beginning of a value as text, for a message.
    pub(super) fn excerpt(&self, value: &Val<'v>) -> Result<String, Error> {
        self.display(value).map(|text| excerpt(&text))
    }

    fn append(&self, value: &Val<'v>, out: &mut String, depth: usize) -> Result<(), Error> {
        self.budget.step()?;
        match value {
            Val::Null => self.push(out, "null"),
            Val::Bool(true) => self.push(out, "true"),
            Val::Bool(false) => self.push(out, "false"),
            Val::Number(number) => self.push(out, &number.format()),
            Val::Text(text) => self.push(out, text),
            Val::Array(array) => self.append_joined(array, ",", out, depth + 1),
            Val::Object(_) => self.push(out, "[object Object]"),
            Val::Function(function) => self.push(out, function.name()),
        }
    }

    fn append_joined(
        &self,
        array: &Array<'v>,
        separator: &str,
        out: &mut String,
        depth: usize,
    ) -> Result<(), Error> {
        self.budget.depth(depth)?;
        for (index, item) in array.iter().enumerate() {
            if index > 0 {
                self.push(out, separator)?;
            }
            if !matches!(item, Val::Null) {
                self.append(&item, out, depth)?;
            }
        }
        Ok(())
    }

    /// Appends to a text in the making.
    pub(super) fn push(&self, out: &mut String, text: &str) -> Result<(), Error> {
        self.budget.bytes(text.len())?;
        out.push_str(text);
        Ok(())
    }

    /// The elements as text with a separator between them; null as nothing.
    pub(super) fn join(&self, array: &Array<'v>, separator: &str) -> Result<Val<'v>, Error> {
        let mut out = String::new();
        self.append_joined(array, separator, &mut out, 0)?;
        Ok(Val::text(out))
    }

    /// What is before, between and after the separators, empty texts included; without a separator, the characters.
    pub(super) fn split(&self, text: &Text<'v>, separator: &str) -> Result<Val<'v>, Error> {
        self.budget.scan(text.len())?;
        let mut items = Vec::new();
        let mut add = |start: usize, part: &str| {
            self.budget.items(1)?;
            items.push(self.part(text, start, start + part.len())?);
            Ok(())
        };
        if separator.is_empty() {
            text.char_indices().try_for_each(|(start, c)| add(start, &text[start..start + c.len_utf8()]))?;
        } else {
            let mut start = 0;
            text.split(separator).try_for_each(|part| {
                add(start, part)?;
                start += part.len() + separator.len();
                Ok(())
            })?;
        }
        self.array_of_paid(items)
    }

    pub(super) fn strip(&self, text: &Text<'v>, left: bool, right: bool) -> Result<Val<'v>, Error> {
        let end = if right { text.trim_end_matches(is_space).len() } else { text.len() };
        let start = if left { end - text[..end].trim_start_matches(is_space).len() } else { 0 };
        self.part(text, start, end)
    }

    pub(super) fn lowercase(&self, text: &str) -> Result<Val<'v>, Error> {
        self.budget.bytes(text.chars().flat_map(char::to_lowercase).map(char::len_utf8).sum())?;
        Ok(Val::text(text.to_lowercase()))
    }

    pub(super) fn uppercase(&self, text: &str) -> Result<Val<'v>, Error> {
        self.budget.bytes(text.chars().flat_map(char::to_uppercase).map(char::len_utf8).sum())?;
        Ok(Val::text(text.to_uppercase()))
    }
}
