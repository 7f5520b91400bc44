//! What is wrong with a value, in the words that clients of Ajv know.

use std::fmt;

/// One way in which a value doesn't match its schema. Names of properties and limits of the schema appear in it,
/// values never do: a payload may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where, as a JSON pointer into the value: `/metadata/name`, empty for the value itself.
    pub path: String,
    /// What, in Ajv 8's words: `must have required property 'name'`.
    pub message: String,
    /// The property that shouldn't be there, when that is what is wrong.
    pub additional_property: Option<String>,
}

impl Violation {
    /// A violation that isn't about an additional property.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        let (path, message) = (path.into(), message.into());
        Self { path, message, additional_property: None }
    }
}

/// `data/metadata must NOT have additional properties`.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data{} {}", self.path, self.message)
    }
}

/// All violations in one line, as a trigger payload's are told:
/// `data must have required property 'b'; data/a must be >= 3`.
pub fn joined(violations: &[Violation]) -> String {
    let texts: Vec<String> = violations.iter().map(Violation::to_string).collect();
    texts.join("; ")
}

/// A line each, as a request body's are told, here with the name of the additional property:
/// `  * data/metadata must NOT have additional properties: "zz"`.
pub fn listed(violations: &[Violation]) -> String {
    let lines: Vec<String> = violations.iter().map(line).collect();
    lines.join("\n")
}

fn line(violation: &Violation) -> String {
    match &violation.additional_property {
        Some(name) => format!("  * {violation}: {}", serde_json::Value::from(name.as_str())),
        None => format!("  * {violation}"),
    }
}
