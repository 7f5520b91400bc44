//! What can go wrong, where in the template, and whose rule it broke.

use std::fmt;

/// Why a template didn't compile or render.
///
/// Its [`Display`](fmt::Display) form is the one of JSON-e's own implementations:
/// `InterpreterError at template.payload.env[2]: unknown context value nope`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    message: String,
    /// Innermost first: steps are added while the error travels outwards.
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// The family of an [`Error`], as JSON-e names them; [`Limit`](ErrorKind::Limit) is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An expression that is not well-formed.
    Syntax,
    /// An expression that can't be evaluated: an unknown name, operands of the wrong type.
    Interpreter,
    /// An operator (`$map`, `$let`, …) used against its rules, or a context that isn't one.
    Template,
    /// A function called with arguments it doesn't take.
    Builtin,
    /// One of the [`Limits`](crate::Limits) was reached.
    Limit,
}

impl ErrorKind {
    /// The name that messages begin with, such as `SyntaxError`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "SyntaxError",
            Self::Interpreter => "InterpreterError",
            Self::Template => "TemplateError",
            Self::Builtin => "BuiltinError",
            Self::Limit => "LimitError",
        }
    }
}

impl Error {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), steps: Vec::new() }))
    }

    pub(crate) fn syntax(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Syntax, message)
    }

    pub(crate) fn interpreter(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Interpreter, message)
    }

    pub(crate) fn template(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Template, message)
    }

    pub(crate) fn builtin(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Builtin, message)
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Limit, message)
    }

    /// The error, seen from the object that holds its place under `key`.
    pub(crate) fn under_key(mut self, key: &str) -> Self {
        self.0.steps.push(Step::Key(key.to_owned()));
        self
    }

    /// The error, seen from the array that holds its place at `index`.
    pub(crate) fn under_index(mut self, index: usize) -> Self {
        self.0.steps.push(Step::Index(index));
        self
    }

    /// The error's family.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was wrong, without kind or place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it was, such as `template.payload.env[2]`; `template` alone for the whole of it.
    /// As in other implementations, operators (`$if`, `then`, …) are not part of a place.
    pub fn place(&self) -> String {
        let mut place = String::from("template");
        for step in self.0.steps.iter().rev() {
            match step {
                Step::Index(index) => place.push_str(&format!("[{index}]")),
                Step::Key(key) if is_plain(key) => place.push_str(&format!(".{key}")),
                Step::Key(key) => place.push_str(&format!("[{}]", serde_json::Value::from(key.as_str()))),
            }
        }
        place
    }
}

/// As much of a text as belongs in a message.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether a key reads well after a dot.
fn is_plain(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.bytes().all(|b| b.is_ascii_alphanumeric())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.name())?;
        if !self.0.steps.is_empty() {
            write!(f, " at {}", self.place())?;
        }
        write!(f, ": {}", self.0.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_other_implementations() {
        let error = Error::interpreter("unknown context value x");
        assert_eq!(error.to_string(), "InterpreterError: unknown context value x");
        let error = error.under_index(2).under_key("env").under_key("a b");
        assert_eq!(
            error.to_string(),
            r#"InterpreterError at template["a b"].env[2]: unknown context value x"#
        );
        assert_eq!(error.place(), r#"template["a b"].env[2]"#);
    }
}
