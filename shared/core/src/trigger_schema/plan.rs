//! Where the defaults of a schema go: its graph, reduced to what leads to one.

use std::collections::HashSet;

use jsonschema::Validator;
use serde_json::Value;

use super::graph::{Edge, Graph, Node};
use crate::schema::{Member, Pattern, Schema};

/// A `default` and how many bytes it adds.
#[derive(Debug)]
pub(super) struct Addition {
    pub value: Value,
    pub bytes: usize,
}

/// What one subschema fills in, and through which others it goes on. Numbers are places in the plan.
#[derive(Debug, Default)]
pub(super) struct PlanNode {
    pub property_defaults: Vec<(String, Addition)>,
    /// By index; `None` where the item has no default.
    pub item_defaults: Vec<Option<Addition>>,
    /// `$ref` and `allOf`.
    pub same: Vec<usize>,
    /// `dependencies` and `dependentSchemas`, by the property that they depend on.
    pub dependent: Vec<(String, usize)>,
    pub condition: Option<Condition>,
    pub properties: Vec<(String, usize)>,
    /// All that `properties` names.
    pub named: HashSet<String>,
    /// All of `patternProperties`: also those that lead to no default tell which properties aren't additional.
    pub patterns: Vec<(Pattern, Option<usize>)>,
    pub additional: Option<usize>,
    /// An array of `items`, or `prefixItems`.
    prefix: Vec<Option<usize>>,
    /// The items behind the prefix.
    rest: Option<usize>,
}

/// An `if` with what follows from it.
#[derive(Debug)]
pub(super) struct Condition {
    pub asks: Validator,
    pub then: Option<usize>,
    pub otherwise: Option<usize>,
}

impl Condition {
    /// Which of the clauses comes into play for a value.
    pub(super) fn clause(&self, value: &Value) -> Option<usize> {
        if self.asks.is_valid(value) { self.then } else { self.otherwise }
    }
}

impl PlanNode {
    /// What goes on at an item.
    pub(super) fn item(&self, index: usize) -> Option<usize> {
        match self.prefix.get(index) {
            Some(place) => *place,
            None => self.rest,
        }
    }

    /// Whether anything goes on below the value.
    pub(super) fn goes_deeper(&self) -> bool {
        let below_pattern = self.patterns.iter().any(|(_, below)| below.is_some());
        let below_item = self.rest.is_some() || self.prefix.iter().any(Option::is_some);
        !self.properties.is_empty() || below_pattern || self.additional.is_some() || below_item
    }
}

/// The plan of a schema, the whole schema first; `None` when no default can come into play.
pub(super) fn plan(graph: &Graph<'_>, schema: &Schema) -> Option<Vec<PlanNode>> {
    let places = places(graph);
    places.first().copied().flatten()?;
    let kept = graph.nodes.iter().zip(&places).filter(|(_, place)| place.is_some());
    Some(kept.map(|(node, _)| plan_node(node, &places, schema)).collect())
}

/// Numbers the subschemas that have defaults or lead to them.
fn places(graph: &Graph<'_>) -> Vec<Option<usize>> {
    let mut led_to_by = vec![Vec::new(); graph.nodes.len()];
    for (from, node) in graph.nodes.iter().enumerate() {
        for edge in node.edges.iter().filter(|edge| carries_defaults(edge)) {
            if let Some(holders) = led_to_by.get_mut(edge.to) {
                holders.push(from);
            }
        }
    }
    let mut kept = vec![false; graph.nodes.len()];
    let with_own = graph.nodes.iter().enumerate().filter(|(_, node)| has_own(node));
    let mut ahead: Vec<usize> = with_own.map(|(index, _)| index).collect();
    while let Some(next) = ahead.pop() {
        if let Some(kept) = kept.get_mut(next).filter(|kept| !**kept) {
            *kept = true;
            ahead.extend(led_to_by.get(next).into_iter().flatten());
        }
    }
    let mut count = 0;
    let number = |kept: bool| {
        count += usize::from(kept);
        kept.then(|| count - 1)
    };
    kept.into_iter().map(number).collect()
}

fn carries_defaults(edge: &Edge<'_>) -> bool {
    matches!(
        edge.keyword,
        "$ref"
            | "$recursiveRef"
            | "$dynamicRef"
            | "allOf"
            | "then"
            | "else"
            | "dependencies"
            | "dependentSchemas"
            | "properties"
            | "patternProperties"
            | "additionalProperties"
            | "items"
            | "prefixItems"
            | "additionalItems"
    )
}

fn has_own(node: &Node<'_>) -> bool {
    !property_defaults(node).is_empty() || item_defaults(node).iter().any(Option::is_some)
}

fn property_defaults(node: &Node<'_>) -> Vec<(String, Addition)> {
    let properties = node.schema.get("properties").and_then(Value::as_object);
    let entries = properties.into_iter().flatten();
    entries.filter_map(|(name, schema)| Some((name.clone(), addition(schema)?))).collect()
}

fn item_defaults(node: &Node<'_>) -> Vec<Option<Addition>> {
    let items = node.schema.get("items").and_then(Value::as_array);
    items.into_iter().flatten().map(addition).collect()
}

fn addition(schema: &Value) -> Option<Addition> {
    let value = schema.get("default")?.clone();
    let bytes = value.to_string().len();
    Some(Addition { value, bytes })
}

fn plan_node(node: &Node<'_>, places: &[Option<usize>], schema: &Schema) -> PlanNode {
    let mut plan = PlanNode {
        property_defaults: property_defaults(node),
        item_defaults: item_defaults(node),
        ..PlanNode::default()
    };
    let properties = node.schema.get("properties").and_then(Value::as_object);
    plan.named = properties.into_iter().flatten().map(|(name, _)| name.clone()).collect();
    for edge in &node.edges {
        let place = places.get(edge.to).copied().flatten().filter(|_| carries_defaults(edge));
        add_edge(&mut plan, edge, place, schema);
    }
    plan.condition = condition(node, places, schema);
    plan
}

fn add_edge(plan: &mut PlanNode, edge: &Edge<'_>, place: Option<usize>, schema: &Schema) {
    match (edge.keyword, edge.member) {
        ("$ref" | "$recursiveRef" | "$dynamicRef" | "allOf", _) => plan.same.extend(place),
        ("dependencies" | "dependentSchemas", Member::Key(key)) => {
            plan.dependent.extend(place.map(|place| (key.to_owned(), place)));
        }
        ("properties", Member::Key(key)) => {
            plan.properties.extend(place.map(|place| (key.to_owned(), place)));
        }
        ("patternProperties", Member::Key(key)) => {
            plan.patterns.extend(schema.pattern(key).map(|pattern| (pattern, place)));
        }
        ("additionalProperties", _) => plan.additional = place,
        ("items" | "prefixItems", Member::Index(_)) => plan.prefix.push(place),
        ("items" | "additionalItems", _) => plan.rest = place,
        _ => {}
    }
}

fn condition(node: &Node<'_>, places: &[Option<usize>], schema: &Schema) -> Option<Condition> {
    node.schema.get("if")?;
    let clause = |keyword| {
        let edge = node.edges.iter().find(|edge| edge.keyword == keyword)?;
        places.get(edge.to).copied().flatten()
    };
    let (then, otherwise) = (clause("then"), clause("else"));
    if then.is_none() && otherwise.is_none() {
        return None;
    }
    let asks = schema.part(&format!("{}/if", node.pointer))?;
    Some(Condition { asks, then, otherwise })
}
