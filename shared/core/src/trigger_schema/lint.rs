//! What Ajv's strict mode refuses, and what we do: told when a hook is written, not at each of its triggers.

use serde_json::Value;

use super::error::{Finding, MAX_PATTERNS, Problem};
use super::graph::{Graph, Node};
use crate::schema::{Dangling, Dialect, holds, is_known_format};

/// What is wrong with the subschemas one by one.
pub(super) fn lint(graph: &Graph<'_>, dialect: Dialect) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let mut report = |below: &str, problem| {
            findings.push(Finding { pointer: format!("{}{below}", node.pointer), problem });
        };
        lint_node(node, dialect, index == 0, &mut report);
    }
    for (node, keyword, reference, why) in &graph.dangling {
        let holder = graph.nodes.get(*node).map_or("", |node| node.pointer.as_str());
        let problem = match why {
            Dangling::Remote => Problem::RemoteReference((*reference).to_owned()),
            Dangling::Missing => Problem::DanglingReference((*reference).to_owned()),
        };
        findings.push(Finding { pointer: format!("{holder}/{keyword}"), problem });
    }
    if patterns(graph).count() > MAX_PATTERNS {
        findings.push(Finding { pointer: String::new(), problem: Problem::TooManyPatterns });
    }
    findings
}

/// The regular expressions of a schema, and where they stand.
pub(super) fn patterns<'g>(graph: &'g Graph<'_>) -> impl Iterator<Item = (String, &'g str)> {
    graph.nodes.iter().flat_map(|node| {
        let own = node.schema.get("pattern").and_then(Value::as_str);
        let own = own.map(|pattern| (format!("{}/pattern", node.pointer), pattern));
        let keys = node.schema.get("patternProperties").and_then(Value::as_object);
        let keys = keys.into_iter().flat_map(|map| map.keys());
        let keys = keys.map(|key| (format!("{}/patternProperties", node.pointer), key.as_str()));
        own.into_iter().chain(keys)
    })
}

fn lint_node(node: &Node<'_>, dialect: Dialect, is_root: bool, report: &mut impl FnMut(&str, Problem)) {
    let Some(schema) = node.schema.as_object() else {
        if !node.schema.is_boolean() {
            report("", Problem::Metaschema("must be boolean or object".to_owned()));
        }
        return;
    };
    for keyword in schema.keys().filter(|keyword| holds(dialect, keyword).is_none()) {
        report("", Problem::UnknownKeyword(keyword.clone()));
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str)
        && !is_known_format(format)
    {
        report("/format", Problem::UnknownFormat(format.to_owned()));
    }
    if schema.get("enum").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        report("/enum", Problem::EmptyEnum);
    }
    let id_keyword = dialect.id_keyword();
    if let Some(id) = schema.get(id_keyword).and_then(Value::as_str)
        && !is_root
        && !(id.starts_with('#') && dialect < Dialect::Draft201909)
    {
        report(&format!("/{id_keyword}"), Problem::NestedId);
    }
}
