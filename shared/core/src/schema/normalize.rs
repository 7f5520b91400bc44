//! Ajv's reading of a schema, spelled so that the validator reads it the same way.

use serde_json::{Map, Value, json};

use super::dialect::Dialect;
use super::formats;
use super::keyword::{Holds, holds};

/// Keeps the `type` as its author wrote it, where `nullable` added to it. Messages name this one.
pub(super) const WRITTEN_TYPE: &str = "treble:writtenType";

/// Marks a reference that was moved into `allOf`. Beside a `$ref`, it means nothing to the validator.
pub(super) const MOVED: &str = "treble:moved";

/// Rewrites a schema where Ajv and the validator differ in what it means. Pointers into it keep their meaning.
///
/// - Before 2019-09 the standard has `$ref` hide its neighbours; Ajv 8 evaluates them, so the reference moves into `allOf`.
/// - `nullable: true` (OpenAPI's) adds `null` to `type`.
/// - Formats about numbers get a keyword of their own.
/// - `contentEncoding` and `contentMediaType` are annotations.
/// - `$schema` goes: the dialect is told to the validator.
pub(super) fn normalize(schema: &Value, dialect: Dialect) -> Value {
    let mut copy = schema.clone();
    rewrite(&mut copy, dialect);
    if let Some(root) = copy.as_object_mut() {
        root.shift_remove("$schema");
    }
    copy
}

fn rewrite(schema: &mut Value, dialect: Dialect) {
    let Some(object) = schema.as_object_mut() else { return };
    for (keyword, value) in object.iter_mut() {
        match (holds(dialect, keyword), value) {
            (None | Some(Holds::Data), _) => {}
            (Some(Holds::Schemas | Holds::SchemaOrSchemas), Value::Array(schemas)) => {
                schemas.iter_mut().for_each(|schema| rewrite(schema, dialect));
            }
            (Some(Holds::SchemaMap | Holds::Dependencies), Value::Object(schemas)) => {
                schemas.values_mut().for_each(|schema| rewrite(schema, dialect));
            }
            (Some(_), schema) => rewrite(schema, dialect),
        }
    }
    make_nullable(object);
    move_number_format(object);
    if dialect < Dialect::Draft201909 {
        object.shift_remove("contentEncoding");
        object.shift_remove("contentMediaType");
        free_neighbours_of_ref(object);
    }
}

fn make_nullable(schema: &mut Map<String, Value>) {
    if schema.shift_remove("nullable") != Some(Value::Bool(true)) {
        return;
    }
    let Some(written) = schema.get("type").cloned() else { return };
    let mut types = match &written {
        Value::Array(types) => types.clone(),
        single => vec![single.clone()],
    };
    if !types.contains(&json!("null")) {
        types.push(json!("null"));
        schema.insert("type".to_owned(), Value::Array(types));
        schema.insert(WRITTEN_TYPE.to_owned(), written);
    }
}

fn move_number_format(schema: &mut Map<String, Value>) {
    let format = schema.get("format").and_then(Value::as_str);
    if !format.is_some_and(formats::is_about_numbers) {
        return;
    }
    if let Some(format) = schema.shift_remove("format")
        && matches!(format.as_str(), Some("int32" | "int64"))
    {
        schema.insert(formats::NUMBER_FORMAT.to_owned(), format);
    }
}

fn free_neighbours_of_ref(schema: &mut Map<String, Value>) {
    if schema.len() < 2 || !schema.get("$ref").is_some_and(Value::is_string) {
        return;
    }
    if schema.get("allOf").is_some_and(|all| !all.is_array()) {
        return; // not a valid schema: its validation says so
    }
    if let Some(reference) = schema.shift_remove("$ref") {
        let all = schema.entry("allOf").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.push(json!({ "$ref": reference, MOVED: true }));
        }
    }
}
