//! What other versions, or other hands, wrote.

use aws_sdk_dynamodb::types::AttributeValue;
use treble_core::ports::{HookStore, StoreError};

use crate::support::{Stores, hook, updated};

#[tokio::test]
async fn attributes_of_later_versions_are_left_alone() {
    let stores = Stores::new().await;
    let hook = hook("g/h", &[]);
    stores.hooks.create(&hook).await.unwrap();
    set(&stores, "later", AttributeValue::Bool(true)).await;
    let new = updated(&hook, |hook| hook.definition.metadata.name = "Renamed".into());
    assert!(stores.hooks.replace(&hook, &new).await.unwrap());
    assert_eq!(stores.hooks.get(&hook.name).await.unwrap(), Some(new));
    let reply = stores.client.get_item().table_name(&stores.names.hooks);
    let reply = reply.key("pk", AttributeValue::S("hook#g".into())).key("sk", AttributeValue::S("h".into()));
    assert!(reply.send().await.unwrap().item.unwrap().contains_key("later"));
}

#[tokio::test]
async fn what_can_not_be_read_is_named() {
    let stores = Stores::new().await;
    let hook = hook("g/h", &[]);
    stores.hooks.create(&hook).await.unwrap();
    let cases = [
        ("revision", AttributeValue::N("-1".into())),
        ("created", AttributeValue::S("yesterday".into())),
        ("hookDefinition", AttributeValue::S("{".into())),
        ("tokenGeneration", AttributeValue::S("7".into())),
    ];
    for (attribute, value) in cases {
        set(&stores, attribute, value).await;
        let error = stores.hooks.get(&hook.name).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(attribute) && text.contains("\"hook#g\", \"h\""), "{text}");
        let definition = AttributeValue::S(serde_json::to_string(&*hook.definition).unwrap());
        set(&stores, "hookDefinition", definition).await;
        set(&stores, "revision", AttributeValue::N("1".into())).await;
        set(&stores, "created", AttributeValue::S(hook.created.to_string())).await;
    }
}

async fn set(stores: &Stores, attribute: &str, value: AttributeValue) {
    stores
        .client
        .update_item()
        .table_name(&stores.names.hooks)
        .key("pk", AttributeValue::S("hook#g".into()))
        .key("sk", AttributeValue::S("h".into()))
        .update_expression("SET #a = :a")
        .expression_attribute_names("#a", attribute)
        .expression_attribute_values(":a", value)
        .send()
        .await
        .unwrap();
}
