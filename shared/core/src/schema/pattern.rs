//! Regular expressions as the validator reads them: ECMA-262's syntax, matched in linear time.

use jsonschema::{PatternOptions, Validator};
use serde_json::{Value, json};

/// The most bytes that all compiled patterns of a schema may take together: `^.{1,1000}$` takes 900 kB.
const ALL_BYTES: usize = 16 << 20;
/// The most bytes that one may take.
const MAX_BYTES: usize = 4 << 20;
/// The most bytes that matching with one may cache.
const MAX_CACHE: usize = 1 << 20;

/// How the validator treats the patterns of a schema with so many of them.
pub(super) fn options(count: usize) -> PatternOptions<jsonschema::Regex> {
    let bytes = MAX_BYTES.min(ALL_BYTES / count.max(1));
    PatternOptions::regex().size_limit(bytes).dfa_size_limit(bytes.min(MAX_CACHE))
}

/// How many patterns a schema has, at most.
pub(crate) fn count(schema: &Value) -> usize {
    match schema {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.iter().map(|(key, value)| own(key, value) + count(value)).sum(),
        _ => 0,
    }
}

fn own(keyword: &str, value: &Value) -> usize {
    match (keyword, value) {
        ("pattern", Value::String(_)) => 1,
        ("patternProperties", Value::Object(patterns)) => patterns.len(),
        _ => 0,
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern(Validator);

/// Why a pattern can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadPattern {
    /// It needs backtracking.
    Backtracks,
    /// It isn't one, or too large a one.
    Malformed,
}

impl Pattern {
    /// Compiles a pattern that is one of so many in a schema.
    pub(crate) fn compile(pattern: &str, count: usize) -> Result<Self, BadPattern> {
        let options = jsonschema::options().offline().with_pattern_options(options(count));
        let validator = options.build(&json!({ "pattern": pattern }));
        validator.map(Self).map_err(|_| reason(pattern))
    }

    /// Whether some part of the text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.is_valid(&Value::from(text))
    }
}

/// The likely reason why a pattern was refused.
fn reason(pattern: &str) -> BadPattern {
    let looks_around = ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|start| pattern.contains(start));
    let mut escapes = pattern.split('\\').skip(1);
    let refers_back = escapes.any(|rest| rest.starts_with(|c: char| matches!(c, '1'..='9' | 'k')));
    if looks_around || refers_back { BadPattern::Backtracks } else { BadPattern::Malformed }
}
