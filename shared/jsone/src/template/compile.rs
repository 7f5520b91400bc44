//! Compiles templates, operators aside.

use serde_json::{Map, Value};

use super::{Code, Entry, Key, Node, Part};
use crate::error::Error;
use crate::expression::{Expression, parse, parse_interpolated};
use crate::limits::Limits;

/// Compiles a template: its root, and the mistakes in it.
pub(super) fn compile(template: &Value, limits: &Limits) -> Result<(Node, Vec<Error>), Error> {
    let mut compiler = Compiler { limits, depth: 0, place: Vec::new(), defects: Vec::new() };
    match compiler.node(template) {
        Ok(root) => Ok((root, compiler.defects)),
        Err(error) => Err(compiler.placed(error)),
    }
}

/// A template being compiled. Its methods fail for limits only, and leave `place` where that was.
pub(super) struct Compiler<'t, 'l> {
    limits: &'l Limits,
    depth: usize,
    place: Vec<Step<'t>>,
    defects: Vec<Error>,
}

#[derive(Clone, Copy)]
enum Step<'t> {
    Key(&'t str),
    Index(usize),
}

impl<'t> Compiler<'t, '_> {
    pub(super) fn node(&mut self, template: &'t Value) -> Result<Node, Error> {
        match template {
            Value::String(text) if text.contains("${") => Ok(Node::Text(self.parts(text)?)),
            Value::Array(items) => self.nested(|compiler| compiler.array(items)),
            Value::Object(object) => self.nested(|compiler| compiler.object(object)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Ok(Node::Literal(Box::new(template.clone())))
            }
        }
    }

    fn nested<T>(&mut self, compile: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == self.limits.template_depth {
            let deepest = self.limits.template_depth;
            return Err(Error::limit(format!("the template is nested more than {deepest} deep")));
        }
        self.depth += 1;
        let compiled = compile(self)?;
        self.depth -= 1;
        Ok(compiled)
    }

    /// An error if a part that isn't compiled is too deep.
    pub(super) fn check_depth(&mut self, part: &Value) -> Result<(), Error> {
        match part {
            Value::Array(items) => {
                self.nested(|inner| items.iter().try_for_each(|item| inner.check_depth(item)))
            }
            Value::Object(object) => {
                self.nested(|inner| object.values().try_for_each(|item| inner.check_depth(item)))
            }
            _ => Ok(()),
        }
    }

    fn array(&mut self, items: &'t [Value]) -> Result<Node, Error> {
        let mut nodes = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.place.push(Step::Index(index));
            nodes.push(self.node(item)?);
            self.place.pop();
        }
        if !nodes.iter().all(|node| matches!(node, Node::Literal(_))) {
            return Ok(Node::Array(nodes));
        }
        let literal = |node| if let Node::Literal(value) = node { Some(*value) } else { None };
        Ok(Node::Literal(Box::new(nodes.into_iter().filter_map(literal).collect())))
    }

    fn object(&mut self, object: &'t Map<String, Value>) -> Result<Node, Error> {
        match self.operator(object) {
            Some(node) => node,
            None => self.plain_object(object),
        }
    }

    fn plain_object(&mut self, object: &'t Map<String, Value>) -> Result<Node, Error> {
        let mut entries = Vec::with_capacity(object.len());
        for (name, value) in object {
            self.place.push(Step::Key(name));
            let value = self.node(value)?;
            self.place.pop();
            entries.push(Entry { key: self.key(name)?, name: name.as_str().into(), value });
        }
        let literal = |entry: &Entry| matches!((&entry.key, &entry.value), (Key::Name, Node::Literal(_)));
        if !entries.iter().all(literal) {
            return Ok(Node::Object(entries));
        }
        let literal = |entry: Entry| match entry.value {
            Node::Literal(value) => Some((entry.name.into(), *value)),
            _ => None,
        };
        Ok(Node::Literal(Box::new(Value::Object(entries.into_iter().filter_map(literal).collect()))))
    }

    fn key(&mut self, name: &str) -> Result<Key, Error> {
        Ok(match name.strip_prefix('$') {
            Some(rest) if rest.starts_with('$') => Key::Unescaped,
            Some(rest) if is_word(rest) => {
                Key::Defect(self.defect(Error::template("$<identifier> is reserved; use $$<identifier>")))
            }
            _ if name.contains("${") => Key::Interpolated(self.parts(name)?),
            _ => Key::Name,
        })
    }

    /// The pieces of a text: `$${` stands for `${`, and `${…}` for a value.
    fn parts(&mut self, text: &str) -> Result<Vec<Part>, Error> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(place) = rest.find("${") {
            let (before, after) = (&rest[..place], &rest[place + 2..]);
            if let Some(before) = before.strip_suffix('$') {
                plain.push_str(before);
                plain.push_str("${");
                rest = after;
                continue;
            }
            plain.push_str(before);
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain).into()));
            }
            match self.bounded(parse_interpolated(after, self.limits))? {
                Ok((expression, end)) => {
                    parts.push(Part::Code(expression, after[..end].into()));
                    rest = &after[end + 1..];
                }
                Err(error) => {
                    parts.push(Part::Defect(error));
                    return Ok(parts);
                }
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Ok(parts)
    }

    pub(super) fn code(&mut self, source: &str) -> Result<Code, Error> {
        let parsed: Result<Expression, Error> = parse(source, self.limits);
        self.bounded(parsed)
    }

    /// Errors of limits outside, those that wait for the rendering inside.
    fn bounded<T>(&mut self, parsed: Result<T, Error>) -> Result<Result<T, Error>, Error> {
        match parsed {
            Err(error) if error.kind() == crate::ErrorKind::Limit => Err(error),
            Err(error) => Ok(Err(self.defect(error))),
            Ok(parsed) => Ok(Ok(parsed)),
        }
    }

    /// Notes a mistake; the error for who renders it.
    pub(super) fn defect(&mut self, error: Error) -> Error {
        self.defects.push(self.placed(error.clone()));
        error
    }

    fn placed(&self, error: Error) -> Error {
        self.place.iter().rev().fold(error, |error, step| match step {
            Step::Key(key) => error.under_key(key),
            Step::Index(index) => error.under_index(*index),
        })
    }
}

/// Letters and digits, a letter first: what an operator's name can be.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}
