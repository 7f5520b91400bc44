use serde_json::json;

use super::{TriggerSchema, default_trigger_schema};
use crate::schema::joined;

#[test]
fn default_schema_takes_the_empty_object_only() {
    let schema = TriggerSchema::compile(&default_trigger_schema()).unwrap();
    assert_eq!(schema.apply(json!({})), Ok(json!({})));
    let violations = schema.apply(json!({"a": "secret"})).unwrap_err();
    assert_eq!(joined(&violations), "data must NOT have additional properties");
}
