//! How much work a schema can be: references make a small document large, or endless.
//!
//! A validator looks at one part of a value with a subschema as often as there are ways from the whole schema to it.
//! Without recursion that number is the size of the schema with its references expanded, which is counted here without
//! expanding anything. With recursion, it depends on the value: a tree's schema looks once at each part of a
//! tree, whereas `{"additionalProperties": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}` looks twice as often at each
//! deeper level. That is refused.

use std::collections::{BTreeSet, HashMap};

use super::components::{Components, components};
use super::error::{MAX_CHAIN, MAX_DEPTH, MAX_SUBSCHEMAS, Problem};
use super::graph::{Edge, Graph, Node, Part};
use crate::schema::Member;

/// How much work a schema is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// How many subschemas look at one part of a value, at most.
    pub subschemas: u64,
    /// How many of them stand in an `anyOf`, `oneOf` or `propertyNames`, whose errors carry a copy of the value.
    pub copying: u64,
    recursive: bool,
}

/// Counts the work, or says which subschema makes it too much.
pub(super) fn cost(graph: &Graph<'_>) -> Result<Cost, (usize, Problem)> {
    check_chains(graph)?;
    let components = components(&graph.nodes);
    for members in components.members.iter().filter(|members| is_recursive(graph, members)) {
        check_recursion(graph, &components, members)?;
    }
    let cost = sum(graph, &components);
    if cost.subschemas > MAX_SUBSCHEMAS {
        return Err((0, Problem::TooManySubschemas));
    }
    Ok(cost)
}

/// Refuses subschemas that lead to themselves, or through too many others, without going into the value.
fn check_chains(graph: &Graph<'_>) -> Result<(), (usize, Problem)> {
    let mut longest: Vec<Option<usize>> = vec![None; graph.nodes.len()];
    for start in 0..graph.nodes.len() {
        chain(graph, start, 0, &mut longest)?;
    }
    Ok(())
}

/// The length of the longest way on from `node` at the same place of the value.
fn chain(
    graph: &Graph<'_>,
    node: usize,
    so_far: usize,
    longest: &mut [Option<usize>],
) -> Result<usize, (usize, Problem)> {
    if let Some(length) = longest.get(node).copied().flatten() {
        return if so_far + length > MAX_CHAIN { Err((node, Problem::LongChain)) } else { Ok(length) };
    }
    if so_far > MAX_CHAIN {
        let problem =
            if leads_to_itself(graph, node) { Problem::EndlessReference } else { Problem::LongChain };
        return Err((node, problem));
    }
    let mut length = 0;
    for edge in same_place(graph, node) {
        length = length.max(1 + chain(graph, edge.to, so_far + 1, longest)?);
    }
    if let Some(known) = longest.get_mut(node) {
        *known = Some(length);
    }
    Ok(length)
}

fn leads_to_itself(graph: &Graph<'_>, node: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut ahead = vec![node];
    while let Some(next) = ahead.pop() {
        for edge in same_place(graph, next) {
            if edge.to == node {
                return true;
            }
            if seen.insert(edge.to) {
                ahead.push(edge.to);
            }
        }
    }
    false
}

fn same_place<'g>(graph: &'g Graph<'_>, node: usize) -> impl Iterator<Item = &'g Edge<'g>> {
    edges(graph, node).filter(|edge| edge.part() == Part::Same)
}

fn edges<'g>(graph: &'g Graph<'_>, node: usize) -> impl Iterator<Item = &'g Edge<'g>> {
    graph.nodes.get(node).into_iter().flat_map(|node| &node.edges)
}

fn is_recursive(graph: &Graph<'_>, members: &[usize]) -> bool {
    match members {
        [single] => edges(graph, *single).any(|edge| edge.to == *single),
        _ => true,
    }
}

/// A step into a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'a> {
    Item,
    Property(&'a str),
    /// A property that no subschema of the recursion names.
    AnotherProperty,
}

/// Refuses a recursion in which one step into the value leads back by two ways.
fn check_recursion(
    graph: &Graph<'_>,
    components: &Components,
    members: &[usize],
) -> Result<(), (usize, Problem)> {
    let own = components.of.get(members.first().copied().unwrap_or(0)).copied();
    let is_own = |edge: &&Edge<'_>| components.of.get(edge.to).copied() == own;
    let named = members.iter().flat_map(|member| edges(graph, *member).filter(is_own));
    let named: BTreeSet<&str> = named.filter_map(property_name).collect();
    let steps = [Step::Item, Step::AnotherProperty].into_iter();
    for step in steps.chain(named.into_iter().map(Step::Property)) {
        let mut known = HashMap::new();
        for member in members {
            let inside = |node| edges(graph, node).filter(is_own).copied().collect::<Vec<_>>();
            if ways(graph, *member, step, &inside, &mut known) > 1 {
                return Err((*member, Problem::BranchingRecursion));
            }
        }
    }
    Ok(())
}

fn property_name<'a>(edge: &Edge<'a>) -> Option<&'a str> {
    match edge.member {
        Member::Key(name) if edge.keyword == "properties" => Some(name),
        _ => None,
    }
}

/// By how many ways a step leads from a subschema back into the recursion.
fn ways<'a>(
    graph: &Graph<'a>,
    node: usize,
    step: Step<'_>,
    inside: &impl Fn(usize) -> Vec<Edge<'a>>,
    known: &mut HashMap<usize, usize>,
) -> usize {
    if let Some(ways) = known.get(&node) {
        return *ways;
    }
    let edges = inside(node);
    let mut count = graph.nodes.get(node).map_or(0, |holder| direct_ways(holder, &edges, step));
    for edge in edges.iter().filter(|edge| edge.part() == Part::Same) {
        count = count.saturating_add(ways(graph, edge.to, step, inside, known));
    }
    known.insert(node, count);
    count
}

fn direct_ways(holder: &Node<'_>, edges: &[Edge<'_>], step: Step<'_>) -> usize {
    let has = |keyword: &str| edges.iter().any(|edge| edge.keyword == keyword);
    if step == Step::Item {
        // One of these looks at an item; `contains` looks at all of them besides.
        let by_place = ["items", "prefixItems", "additionalItems", "unevaluatedItems"];
        return usize::from(by_place.into_iter().any(has)) + usize::from(has("contains"));
    }
    let patterns = edges.iter().filter(|edge| edge.keyword == "patternProperties").count();
    let rest = usize::from(has("additionalProperties") || has("unevaluatedProperties"));
    let Step::Property(name) = step else { return patterns + rest };
    let is_named = holder.schema.get("properties").is_some_and(|all| all.get(name).is_some());
    let by_name = edges.iter().filter(|edge| property_name(edge) == Some(name)).count();
    patterns + if is_named { by_name } else { rest }
}

/// Adds up the work, from the subschemas that apply no other to the whole schema.
fn sum(graph: &Graph<'_>, components: &Components) -> Cost {
    let mut costs: Vec<Cost> = Vec::with_capacity(components.members.len());
    for (component, members) in components.members.iter().enumerate() {
        let recursive = is_recursive(graph, members);
        let mut total = Cost { recursive, ..Cost::default() };
        let (mut deeper, mut any_copies) = (false, false);
        for edge in members.iter().flat_map(|member| edges(graph, *member)) {
            let target = components.of.get(edge.to).copied().unwrap_or(component);
            let copies = matches!(edge.keyword, "anyOf" | "oneOf" | "propertyNames");
            any_copies |= copies;
            let Some(below) = costs.get(target) else { continue };
            any_copies |= below.copying > 0;
            total.subschemas = total.subschemas.saturating_add(below.subschemas);
            total.copying =
                total.copying.saturating_add(if copies { below.subschemas } else { below.copying });
            deeper |= below.recursive;
        }
        total.subschemas = total.subschemas.saturating_add(members.len() as u64);
        if recursive && deeper {
            // The inner recursion starts anew at each level of the outer one.
            total.subschemas = total.subschemas.saturating_mul(MAX_DEPTH as u64);
        }
        if recursive && any_copies {
            total.copying = total.subschemas;
        }
        total.recursive |= deeper;
        costs.push(total);
    }
    let root = components.of.first().copied().unwrap_or(0);
    costs.get(root).copied().unwrap_or_default()
}
