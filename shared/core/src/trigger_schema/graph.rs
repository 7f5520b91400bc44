//! A schema as a graph: its subschemas, and which of them look at which part of a value.

use std::collections::HashMap;

use serde_json::Value;

use crate::schema::{Child, Dangling, Dialect, Member, Place, children, resolve};

/// The subschemas that can come into play, the whole schema first.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    pub nodes: Vec<Node<'a>>,
    /// References that lead nowhere: whose, the keyword, the reference, and why.
    pub dangling: Vec<(usize, &'a str, &'a str, Dangling)>,
}

/// A subschema.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// Where it stands in the schema.
    pub pointer: String,
    pub schema: &'a Value,
    pub edges: Vec<Edge<'a>>,
}

/// One subschema applying another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge<'a> {
    pub to: usize,
    pub keyword: &'a str,
    pub member: Member<'a>,
}

/// Which part of a value the other subschema looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The value itself.
    Same,
    /// Properties of an object.
    Properties,
    /// Items of an array.
    Items,
    /// Names of properties.
    Names,
}

impl Edge<'_> {
    /// Which part of a value this edge leads to.
    pub(super) fn part(&self) -> Part {
        match self.keyword {
            "properties" | "patternProperties" | "additionalProperties" | "unevaluatedProperties" => {
                Part::Properties
            }
            "items" | "prefixItems" | "additionalItems" | "contains" | "unevaluatedItems" => Part::Items,
            "propertyNames" => Part::Names,
            _ => Part::Same,
        }
    }
}

impl<'a> Graph<'a> {
    /// Follows everything that applies, from the whole schema on. Definitions count where something refers to them.
    pub(super) fn of(schema: &'a Value, dialect: Dialect) -> Self {
        let mut builder = Builder { known: HashMap::new(), nodes: Vec::new() };
        let mut dangling = Vec::new();
        builder.node(Place { pointer: String::new(), value: schema });
        let mut next = 0;
        while let Some((pointer, value)) = builder.nodes.get(next).map(|n| (n.pointer.clone(), n.schema)) {
            let mut edges = Vec::new();
            let Some(object) = value.as_object() else {
                next += 1;
                continue;
            };
            for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
                let Some((keyword, reference)) = object.get_key_value(keyword) else { continue };
                let Some(reference) = reference.as_str() else { continue };
                match resolve(schema, dialect, reference) {
                    Ok(place) => {
                        let to = builder.node(place);
                        edges.push(Edge { to, keyword, member: Member::Only });
                    }
                    Err(why) => dangling.push((next, keyword.as_str(), reference, why)),
                }
            }
            let applied = |child: &Child<'_>| !matches!(child.keyword, "definitions" | "$defs");
            for child in children(dialect, object).into_iter().filter(applied) {
                let to = builder.node(Place { pointer: child.pointer(&pointer), value: child.schema });
                edges.push(Edge { to, keyword: child.keyword, member: child.member });
            }
            if let Some(node) = builder.nodes.get_mut(next) {
                node.edges = edges;
            }
            next += 1;
        }
        Self { nodes: builder.nodes, dangling }
    }
}

struct Builder<'a> {
    known: HashMap<String, usize>,
    nodes: Vec<Node<'a>>,
}

impl<'a> Builder<'a> {
    fn node(&mut self, place: Place<'a>) -> usize {
        if let Some(known) = self.known.get(&place.pointer) {
            return *known;
        }
        let id = self.nodes.len();
        self.known.insert(place.pointer.clone(), id);
        self.nodes.push(Node { pointer: place.pointer, schema: place.value, edges: Vec::new() });
        id
    }
}
