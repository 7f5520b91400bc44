//! Updates of items.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::dynamodb::item::Item;

/// The update that gives an item these attributes, and takes those away that have no value; and its values.
pub(super) fn change<'a>(
    attributes: impl IntoIterator<Item = (&'a str, Option<AttributeValue>)>,
) -> (String, Item) {
    let (mut set, mut removed, mut values) = (Vec::new(), Vec::new(), Item::new());
    for (name, value) in attributes {
        match value {
            Some(value) => {
                set.push(format!("{name} = :{name}"));
                values.insert(format!(":{name}"), value);
            }
            None => removed.push(name),
        }
    }
    let mut clauses = Vec::new();
    for (verb, parts) in [("SET", set.join(", ")), ("REMOVE", removed.join(", "))] {
        if !parts.is_empty() {
            clauses.push(format!("{verb} {parts}"));
        }
    }
    (clauses.join(" "), values)
}
