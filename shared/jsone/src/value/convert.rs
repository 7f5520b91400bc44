//! From a rendered value to the JSON that the caller gets.

use serde_json::{Map, Value};

use super::Val;
use crate::engine::Budget;
use crate::error::Error;

/// A value as JSON. What isn't a finite number becomes null, as JavaScript's JSON has it.
pub(crate) fn to_json(value: Val<'_>, budget: &Budget) -> Result<Value, Error> {
    convert(value, budget, 0)
}

fn convert(value: Val<'_>, budget: &Budget, depth: usize) -> Result<Value, Error> {
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(value) => Value::Bool(value),
        Val::Number(number) => number.to_json().map_or(Value::Null, Value::Number),
        Val::Text(text) => {
            let (text, copied) = text.into_string();
            budget.bytes(copied)?;
            Value::String(text)
        }
        Val::Array(array) => {
            budget.depth(depth + 1)?;
            budget.items(array.len())?;
            let items = array.into_items().into_iter().map(|item| convert(item, budget, depth + 1));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Val::Object(object) => {
            budget.depth(depth + 1)?;
            budget.items(object.len())?;
            let mut map = Map::with_capacity(object.len());
            for (key, value) in object.into_entries() {
                let (key, copied) = key.into_string();
                budget.bytes(copied)?;
                map.insert(key, convert(value, budget, depth + 1)?);
            }
            Value::Object(map)
        }
        Val::Function(_) => return Err(Error::template("evaluated template contained uncalled functions")),
    })
}
