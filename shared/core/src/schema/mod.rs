//! JSON Schema as clients of Ajv know it.
//!
//! Taskcluster's services validate with [Ajv 8](https://ajv.js.org), and its error texts are part of what their clients and
//! people know. Here the crate `jsonschema` validates, in linear time per pattern and without ever fetching anything;
//! around it stand Ajv's reading of a schema (`normalize`), the formats it knows (`formats`), and its words and their order
//! (`ajv`, `text`, `trace`).

mod ajv;
mod dialect;
mod formats;
mod keyword;
mod normalize;
mod pattern;
mod reference;
mod text;
mod trace;
mod violation;

use jsonschema::{Registry, ValidationError, Validator};
use percent_encoding::{AsciiSet, CONTROLS};
use serde_json::{Value, json};
use thiserror::Error;

pub use dialect::Dialect;
pub(crate) use formats::is_known as is_known_format;
pub(crate) use keyword::{Child, Member, children, holds};
pub(crate) use pattern::{BadPattern, Pattern, count as count_patterns};
pub(crate) use reference::{Dangling, Place, resolve};
pub use violation::{Violation, joined, listed};

/// How a schema is called where another one refers to it.
const WHOLE: &str = "urn:treble:whole";
/// What a JSON pointer in a fragment has to escape.
const IN_FRAGMENTS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// So many violations are told; more help nobody.
const TOLD: usize = 50;

/// A compiled schema. Cheap to share between threads; compiling takes tens of microseconds, validating about one.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    /// What the validator was built from: errors are traced through it.
    source: Value,
    dialect: Dialect,
    patterns: usize,
}

/// Why a document can't be used as a schema.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// `$schema` names no dialect that is known here.
    #[error(
        "$schema must be draft-04, draft-06, draft-07, 2019-09 or 2020-12 of json-schema.org (draft-07 when absent)"
    )]
    UnknownDialect,
    /// It isn't a schema of its dialect; paths lead into the schema.
    #[error("{}", joined(.0))]
    Invalid(Vec<Violation>),
    /// It is a schema, but can't be compiled: a reference that leads nowhere, a pattern that can't be matched in linear time.
    #[error("{message} at {pointer:?}")]
    Compile {
        /// Where in the schema, as a JSON pointer.
        pointer: String,
        /// What.
        message: String,
    },
}

impl Schema {
    /// Compiles a schema of the dialect that its `$schema` names, draft-07 when it names none.
    ///
    /// # Errors
    /// When it is not a schema; see [`SchemaError`].
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let dialect = Dialect::of(schema).ok_or(SchemaError::UnknownDialect)?;
        let source = normalize::normalize(schema, dialect);
        let patterns = pattern::count(&source);
        match options(dialect, patterns).build(&source) {
            Ok(validator) => Ok(Self { validator, source, dialect, patterns }),
            Err(error) => Err(refusal(schema, dialect, &error)),
        }
    }

    /// Whether a value matches.
    pub fn is_valid(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Validates a value.
    ///
    /// # Errors
    /// What is wrong with it, in Ajv's words and order, at most 50 violations.
    pub fn validate(&self, value: &Value) -> Result<(), Vec<Violation>> {
        if self.is_valid(value) { Ok(()) } else { Err(self.violations(value)) }
    }

    /// What is wrong with a value; nothing when it matches.
    pub(crate) fn violations(&self, value: &Value) -> Vec<Violation> {
        let mut findings = ajv::Findings::new(&self.source, self.dialect, value);
        self.validator.iter_errors(value).for_each(|error| findings.add(&error));
        findings.into_violations(TOLD)
    }

    /// The first thing that is found wrong with a value, without looking for others.
    pub(crate) fn first_violation(&self, value: &Value) -> Vec<Violation> {
        let mut findings = ajv::Findings::new(&self.source, self.dialect, value);
        if let Err(error) = self.validator.validate(value) {
            findings.add(&error);
        }
        findings.into_violations(TOLD)
    }

    /// The subschema at a JSON pointer, as a validator of its own.
    pub(crate) fn part(&self, pointer: &str) -> Option<Validator> {
        let fragment = percent_encoding::utf8_percent_encode(pointer, IN_FRAGMENTS);
        let part = json!({ "$ref": format!("{WHOLE}#{fragment}") });
        let resource = self.dialect.draft().create_resource_ref(&self.source);
        let registry = Registry::new().add(WHOLE, resource).ok()?.prepare().ok()?;
        options(self.dialect, self.patterns).with_registry(&registry).build(&part).ok()
    }

    /// A pattern of this schema, compiled.
    pub(crate) fn pattern(&self, pattern: &str) -> Option<Pattern> {
        Pattern::compile(pattern, self.patterns).ok()
    }

    /// The dialect that the schema is written in.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }
}

/// What the metaschema of its dialect has against a schema.
pub(crate) fn metaschema_violations(schema: &Value, dialect: Dialect) -> Vec<Violation> {
    let metaschema = dialect.metaschema();
    let violation =
        |error: ValidationError<'_>| Violation::new(error.instance_path().as_str(), text::untraced(&error));
    metaschema.iter_errors(schema).take(TOLD).map(violation).collect()
}

fn options<'i>(dialect: Dialect, patterns: usize) -> jsonschema::ValidationOptions<'i> {
    let options = jsonschema::options()
        .with_draft(dialect.draft())
        .offline()
        .should_validate_formats(true)
        .with_pattern_options(pattern::options(patterns));
    formats::register(options)
}

fn refusal(schema: &Value, dialect: Dialect, error: &ValidationError<'_>) -> SchemaError {
    let violations = metaschema_violations(schema, dialect);
    if !violations.is_empty() {
        return SchemaError::Invalid(violations);
    }
    SchemaError::Compile {
        pointer: error.schema_path().as_str().to_owned(),
        message: error.masked().to_string(),
    }
}

#[cfg(test)]
mod tests;
