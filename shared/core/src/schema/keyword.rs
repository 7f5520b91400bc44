//! The vocabulary: which keywords there are, what they hold, and the order in which Ajv looks at them.

use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::reference;

/// What stands below a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// No schema: a limit, a list of names, an annotation.
    Data,
    /// One schema.
    Schema,
    /// An array of schemas.
    Schemas,
    /// An object whose values are schemas.
    SchemaMap,
    /// One schema or an array of them (`items` before 2020-12).
    SchemaOrSchemas,
    /// An object whose values are schemas or arrays of property names (`dependencies`).
    Dependencies,
}

/// What `keyword` holds in this dialect, or `None` when the dialect has no such keyword.
///
/// The guide is Ajv 8's strict mode, which refuses a schema with a keyword outside of its vocabulary.
pub(crate) fn holds(dialect: Dialect, keyword: &str) -> Option<Holds> {
    let since = |first: Dialect, holds| (dialect >= first).then_some(holds);
    match keyword {
        "$schema" | "$ref" | "$comment" | "$vocabulary" | "title" | "description" | "default"
        | "deprecated" | "readOnly" | "writeOnly" | "examples" | "contentMediaType" | "contentEncoding"
        | "contentSchema" | "type" | "nullable" | "enum" | "format" | "maximum" | "minimum"
        | "exclusiveMaximum" | "exclusiveMinimum" | "multipleOf" | "maxLength" | "minLength" | "pattern"
        | "maxItems" | "minItems" | "uniqueItems" | "maxProperties" | "minProperties" | "required" => {
            Some(Holds::Data)
        }
        "id" => (dialect == Dialect::Draft04).then_some(Holds::Data),
        "$id" | "const" => since(Dialect::Draft07, Holds::Data),
        "$anchor" | "minContains" | "maxContains" | "dependentRequired" => {
            since(Dialect::Draft201909, Holds::Data)
        }
        "$recursiveRef" | "$recursiveAnchor" => (dialect == Dialect::Draft201909).then_some(Holds::Data),
        "$dynamicRef" | "$dynamicAnchor" => since(Dialect::Draft202012, Holds::Data),
        "not" | "additionalProperties" => Some(Holds::Schema),
        "if" | "then" | "else" | "contains" | "propertyNames" => since(Dialect::Draft07, Holds::Schema),
        "unevaluatedItems" | "unevaluatedProperties" => since(Dialect::Draft201909, Holds::Schema),
        "additionalItems" => (dialect < Dialect::Draft202012).then_some(Holds::Schema),
        "items" if dialect < Dialect::Draft202012 => Some(Holds::SchemaOrSchemas),
        "items" => Some(Holds::Schema),
        "prefixItems" => since(Dialect::Draft202012, Holds::Schemas),
        "allOf" | "anyOf" | "oneOf" => Some(Holds::Schemas),
        "properties" | "patternProperties" | "definitions" | "$defs" => Some(Holds::SchemaMap),
        "dependentSchemas" => since(Dialect::Draft201909, Holds::SchemaMap),
        "dependencies" => Some(Holds::Dependencies),
        _ => None,
    }
}

/// A schema directly inside another one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child<'a> {
    /// The keyword that holds it.
    pub keyword: &'a str,
    /// Its place below the keyword, when that holds several.
    pub member: Member<'a>,
    /// The schema.
    pub schema: &'a Value,
}

/// A place below a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member<'a> {
    /// The keyword holds one schema.
    Only,
    /// An object's.
    Key(&'a str),
    /// An array's.
    Index(usize),
}

impl Child<'_> {
    /// The pointer of the child of the schema at `parent`.
    pub(crate) fn pointer(&self, parent: &str) -> String {
        let mut pointer = parent.to_owned();
        reference::push(&mut pointer, self.keyword);
        match self.member {
            Member::Only => {}
            Member::Key(key) => reference::push(&mut pointer, key),
            Member::Index(index) => reference::push(&mut pointer, &index.to_string()),
        }
        pointer
    }
}

/// The schemas directly inside a schema, definitions included.
pub(crate) fn children(dialect: Dialect, schema: &Map<String, Value>) -> Vec<Child<'_>> {
    let mut children = Vec::new();
    for (keyword, value) in schema {
        let child = |member, schema| Child { keyword, member, schema };
        match (holds(dialect, keyword), value) {
            (None | Some(Holds::Data), _) => {}
            (Some(Holds::Schemas | Holds::SchemaOrSchemas), Value::Array(list)) => {
                let indexed = list.iter().enumerate();
                children.extend(indexed.map(|(i, schema)| child(Member::Index(i), schema)));
            }
            (Some(Holds::SchemaMap | Holds::Dependencies), Value::Object(map)) => {
                let schemas = map.iter().filter(|(_, schema)| !schema.is_array());
                children.extend(schemas.map(|(key, schema)| child(Member::Key(key), schema)));
            }
            (Some(_), schema) => children.push(child(Member::Only, schema)),
        }
    }
    children
}

/// The keywords in the order in which Ajv 8 evaluates them, by the type of value they are about.
const TYPELESS: &[&str] =
    &["$dynamicRef", "$recursiveRef", "$ref", "const", "enum", "not", "anyOf", "oneOf", "allOf", "if"];
const NUMBER: &[&str] = &[
    "maximum",
    "minimum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "multipleOf",
    super::formats::NUMBER_FORMAT,
];
const STRING: &[&str] = &["maxLength", "minLength", "pattern", "format"];
const ARRAY: &[&str] = &[
    "maxItems",
    "minItems",
    "prefixItems",
    "additionalItems",
    "items",
    "contains",
    "uniqueItems",
    "unevaluatedItems",
];
const OBJECT: &[&str] = &[
    "maxProperties",
    "minProperties",
    "required",
    "propertyNames",
    "additionalProperties",
    "dependencies",
    "properties",
    "patternProperties",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
];
const GROUPS: [&[&str]; 5] = [TYPELESS, NUMBER, STRING, ARRAY, OBJECT];
/// Room for one group's keywords in a rank.
const GROUP: u16 = 32;

/// The place of a keyword's errors among those of its schema.
pub(super) fn rank(keyword: &str) -> u16 {
    let keyword = match keyword {
        "then" | "else" => "if",
        "minContains" | "maxContains" => "contains",
        other => other,
    };
    for (group, keywords) in (1..).zip(GROUPS) {
        if let Some(place) = (0..).zip(keywords).find(|(_, k)| **k == keyword) {
            return group * GROUP + place.0;
        }
    }
    u16::MAX
}

/// The place of a `type` error: Ajv reports a single type after the keywords that are about values of this
/// type, if the schema has any, and otherwise before everything else.
pub(super) fn type_rank(single_type: Option<&str>, has: impl Fn(&str) -> bool) -> u16 {
    let group = match single_type {
        Some("number") => 2,
        Some("string") => 3,
        Some("array") => 4,
        Some("object") => 5,
        _ => return 0,
    };
    let keywords = GROUPS[usize::from(group) - 1];
    if keywords.iter().any(|keyword| has(keyword)) { group * GROUP + GROUP - 1 } else { 0 }
}
