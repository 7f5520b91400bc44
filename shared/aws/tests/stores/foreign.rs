//! What other versions, or other hands, wrote.

use aws_sdk_dynamodb::types::AttributeValue;
use treble_aws::dynamodb::inspect::{Table, inspect};
use treble_core::ports::{HookStore, PageRequest, StoreError};

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

/// An item of a later format is refused with its version, not misread; and one that is only larger is read.
#[tokio::test]
async fn items_of_a_later_format_are_named() {
    let stores = Stores::new().await;
    let hook = hook("g/h", &[]);
    stores.hooks.create(&hook).await.unwrap();
    set(&stores, "later", AttributeValue::M([("a".to_owned(), AttributeValue::Null(true))].into())).await;
    assert_eq!(stores.hooks.get(&hook.name).await.unwrap(), Some(hook.clone()));
    for (version, told) in [
        (AttributeValue::N("2".into()), "is 2, and this release of Treble reads up to 1"),
        (AttributeValue::S("new".into()), "is ?, and this release"),
    ] {
        set(&stores, "v", version).await;
        let errors = [
            stores.hooks.get(&hook.name).await.unwrap_err(),
            stores.hooks.list("g", &PageRequest::default()).await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
            assert!(error.to_string().contains(told), "{error}");
        }
    }
}

#[tokio::test]
async fn a_table_is_inspected() {
    let stores = Stores::new().await;
    let inspected = async |table, name: &str| inspect(&stores.client, name, table).await;
    let found = inspected(Table::Hooks, &stores.names.hooks).await.unwrap();
    assert_eq!((found.status.as_str(), found.format, &found.problems[..]), ("ACTIVE", None, &[][..]));
    stores.hooks.create(&hook("g/h", &[])).await.unwrap();
    assert_eq!(inspected(Table::Hooks, &stores.names.hooks).await.unwrap().format, Some(1));
    for (table, name) in [
        (Table::Fires, &stores.names.fires),
        (Table::Gates, &stores.names.gates),
        (Table::Auth, &stores.names.auth),
    ] {
        assert_eq!(inspected(table, name).await.unwrap().problems, [""; 0], "{name}");
    }
    let wrong = inspected(Table::Hooks, &stores.names.auth).await.unwrap().problems;
    assert!(wrong.len() == 1 && wrong[0].contains("no index due"), "{wrong:?}");
    let wrong = inspected(Table::Fires, &stores.names.auth).await.unwrap().problems;
    assert!(wrong.len() == 1 && wrong[0].contains("TTL"), "{wrong:?}");
    let absent = inspected(Table::Auth, "none").await.unwrap_err();
    assert!(absent.to_string().contains("none"), "{absent}");

    let later = stores.client.update_item().table_name(&stores.names.hooks);
    let later = later.key("pk", AttributeValue::S("groups".into())).key("sk", AttributeValue::S("g".into()));
    let later = later
        .update_expression("SET v = :v")
        .expression_attribute_values(":v", AttributeValue::N("2".into()));
    later.send().await.unwrap();
    let found = inspected(Table::Hooks, &stores.names.hooks).await.unwrap();
    assert!(found.format == Some(2) && found.problems[0].contains("format 2"), "{found:?}");
}
