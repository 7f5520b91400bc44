//! Why a document can't be a trigger schema.

use std::fmt;

use thiserror::Error;

/// The most bytes of a serialized trigger schema.
pub const MAX_BYTES: usize = 64 * 1024;
/// The deepest nesting of arrays and objects, of trigger schemas and of payloads.
pub const MAX_DEPTH: usize = 128;
/// The most subschemas, each counted as often as references repeat it.
pub const MAX_SUBSCHEMAS: u64 = 10_000;
/// The longest chain of references, `allOf` and the like at one place of the payload.
pub(super) const MAX_CHAIN: usize = 16;
/// The most regular expressions.
pub(super) const MAX_PATTERNS: usize = 100;

/// Why a document can't be a trigger schema: a client's mistake, in words for its author.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct TriggerSchemaError {
    /// What is wrong and where, at least one and at most 50 entries.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong with a trigger schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where, as a JSON pointer into the schema; empty for the schema itself.
    pub pointer: String,
    /// What.
    pub problem: Problem,
}

/// What can be wrong with a trigger schema.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// The metaschema of its dialect refuses it.
    #[error("{0}")]
    Metaschema(String),
    /// `$schema` names something else than a version of JSON Schema.
    #[error(
        "must be the address of JSON Schema's draft-04, draft-06, draft-07, 2019-09 or 2020-12 (or absent: draft-07)"
    )]
    UnknownDialect,
    /// A keyword outside of the dialect's vocabulary: mostly a typo, or another dialect's.
    #[error("unknown keyword \"{0}\"")]
    UnknownKeyword(String),
    /// A format that can't be checked.
    #[error("unknown format \"{0}\"")]
    UnknownFormat(String),
    /// Not a regular expression.
    #[error("\"{0}\" is not a regular expression, or too large a one")]
    BadPattern(String),
    /// Look-around or a back-reference.
    #[error(
        "\"{0}\" uses look-around or a back-reference; patterns are matched in linear time, without those"
    )]
    BacktrackingPattern(String),
    /// A reference into another document.
    #[error("\"{0}\" is not a reference into this schema; no other is ever fetched")]
    RemoteReference(String),
    /// A reference to nothing.
    #[error("\"{0}\" refers to nothing in this schema")]
    DanglingReference(String),
    /// A subschema with an id, which would change what the references in it mean.
    #[error("only the whole schema can have an id; refer to this one by its place or an anchor")]
    NestedId,
    /// Nothing can match.
    #[error("must have at least one allowed value")]
    EmptyEnum,
    /// A reference that leads back to itself without going into the payload.
    #[error("refers to itself at the same place of the payload, without end")]
    EndlessReference,
    /// A recursion that looks at each part of the payload ever more often.
    #[error(
        "refers to itself more than once for the same part of the payload: checking would take exponential time"
    )]
    BranchingRecursion,
    /// Too long a chain of references and combinations at one place.
    #[error(
        "has more than {MAX_CHAIN} references and combinations inside each other at one place of the payload"
    )]
    LongChain,
    /// Too many subschemas.
    #[error("has more than {MAX_SUBSCHEMAS} subschemas once its references are expanded")]
    TooManySubschemas,
    /// Too many patterns.
    #[error("has more than {MAX_PATTERNS} regular expressions")]
    TooManyPatterns,
    /// Too many bytes.
    #[error("has {0} bytes; at most {MAX_BYTES} are allowed")]
    TooLarge(usize),
    /// Too deep.
    #[error("nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The validator refuses it for another reason.
    #[error("can't be compiled: {0}")]
    Refused(String),
}

impl TriggerSchemaError {
    /// One problem at one place.
    pub(super) fn at(pointer: impl Into<String>, problem: Problem) -> Self {
        Self { findings: vec![Finding { pointer: pointer.into(), problem }] }
    }
}

impl fmt::Display for TriggerSchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("triggerSchema is not a valid JSON schema:")?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n * {finding}"))
    }
}

/// `triggerSchema/properties/a: unknown keyword "foo"`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "triggerSchema{}: {}", self.pointer, self.problem)
    }
}
