//! What functions are given and what they are allowed, as the template says it: each what it needs, none everything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::{Template, texts};
use super::{FUNCTION, QUEUE, TABLE, all, deployments};

/// The statements of a function's policies, those that others have as well included.
pub(super) fn statements(template: &Template, function: &Value) -> Vec<Value> {
    let managed: BTreeMap<_, _> = template.resources("AWS::IAM::ManagedPolicy").into_iter().collect();
    let policies = function["Properties"]["Policies"].as_array().into_iter().flatten();
    // What AWS itself has written is for AWS itself: Lambda reaches a cluster of MSK with it.
    let own = policies.filter(|policy| policy["Fn::Sub"].is_null());
    let statements = own.flat_map(|policy| match policy["Ref"].as_str() {
        Some(name) => managed[name]["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap(),
        None => policy["Statement"].as_array().unwrap(),
    });
    statements.cloned().collect()
}

/// The resources of the stack that a value speaks of, each once.
fn mentioned<'t>(template: &'t Template, value: &Value) -> BTreeSet<&'t str> {
    let kinds = [TABLE, QUEUE, "AWS::SecretsManager::Secret", "AWS::Events::EventBus"];
    let mut names = BTreeSet::new();
    for (name, _) in kinds.iter().flat_map(|kind| template.resources(kind)) {
        let is = |text: &str| {
            text == name || text.starts_with(&format!("{name}.")) || text.contains(&format!("${{{name}"))
        };
        if texts(value).into_iter().any(is) {
            names.insert(name);
        }
    }
    names
}

/// Who may use a resource is who is told of it, and who is woken by it.
#[test]
fn every_function_may_use_what_it_is_given() {
    for template in deployments() {
        for (name, function) in template.resources(FUNCTION) {
            let statements = statements(&template, &function);
            let mut given = mentioned(&template, &function["Properties"]["Environment"]);
            for (_, source) in template.resources("AWS::Lambda::EventSourceMapping") {
                if source["Properties"]["FunctionName"]["Ref"] == name {
                    given.extend(mentioned(&template, &source["Properties"]["EventSourceArn"]));
                }
            }
            let allowed: BTreeSet<_> = statements
                .iter()
                .flat_map(|statement| mentioned(&template, &statement["Resource"]))
                .collect();
            assert_eq!(allowed, given, "{name}");
        }
    }
}

#[test]
fn no_policy_allows_everything() {
    let template = all();
    let mut policies: Vec<_> = template
        .resources(FUNCTION)
        .iter()
        .map(|(name, function)| (name.to_string(), statements(&template, function)))
        .collect();
    for kind in ["AWS::IAM::ManagedPolicy", "AWS::SQS::QueuePolicy"] {
        for (name, policy) in template.resources(kind) {
            let statements = policy["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap().clone();
            policies.push((name.to_owned(), statements));
        }
    }
    for (name, statements) in policies {
        for statement in statements {
            assert_eq!(statement["Effect"], "Allow", "{name}");
            for action in texts(&statement["Action"]) {
                assert!(action.contains(':') && !action.contains('*'), "{name}: {action}");
            }
            let resources = texts(&statement["Resource"]);
            assert!(!resources.is_empty(), "{name}");
            for resource in resources {
                // Of one table's streams all may be listed.
                assert!(
                    !resource.contains('*') || resource == "${HooksTable.Arn}/stream/*",
                    "{name}: {resource}"
                );
            }
        }
    }
}
