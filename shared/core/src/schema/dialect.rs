//! Which JSON Schema a document is written in.

use jsonschema::Draft;
use serde_json::Value;

/// A version of JSON Schema, as far as versions differ for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// Draft-04: `id`, boolean `exclusiveMaximum`.
    Draft04,
    /// Draft-07, and draft-06, which it only adds to.
    Draft07,
    /// 2019-09: `$anchor`, `dependentRequired`, `unevaluatedProperties`.
    Draft201909,
    /// 2020-12: `prefixItems`, `$dynamicRef`.
    Draft202012,
}

impl Dialect {
    /// The dialect that `$schema` names, draft-07 when there is none (Ajv 8's default), or `None` when it is
    /// one that nobody here knows.
    pub fn of(schema: &Value) -> Option<Self> {
        let Some(name) = schema.get("$schema") else {
            return Some(Self::Draft07);
        };
        match Draft::from_schema_uri(name.as_str()?) {
            Draft::Draft4 => Some(Self::Draft04),
            Draft::Draft6 | Draft::Draft7 => Some(Self::Draft07),
            Draft::Draft201909 => Some(Self::Draft201909),
            Draft::Draft202012 => Some(Self::Draft202012),
            _ => None,
        }
    }

    pub(super) fn draft(self) -> Draft {
        match self {
            Self::Draft04 => Draft::Draft4,
            Self::Draft07 => Draft::Draft7,
            Self::Draft201909 => Draft::Draft201909,
            Self::Draft202012 => Draft::Draft202012,
        }
    }

    /// The schema that schemas of this dialect must match.
    pub(super) fn metaschema(self) -> jsonschema::meta::MetaValidator<'static> {
        match self {
            Self::Draft04 => jsonschema::draft4::meta::validator(),
            Self::Draft07 => jsonschema::draft7::meta::validator(),
            Self::Draft201909 => jsonschema::draft201909::meta::validator(),
            Self::Draft202012 => jsonschema::draft202012::meta::validator(),
        }
    }

    /// The keyword under which this dialect names a schema.
    pub(crate) fn id_keyword(self) -> &'static str {
        match self {
            Self::Draft04 => "id",
            _ => "$id",
        }
    }
}
