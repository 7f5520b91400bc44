//! From the place of an error in a schema to its place among Ajv's errors.

use jsonschema::paths::{Location, LocationSegment};
use serde_json::Value;

use super::dialect::Dialect;
use super::keyword::{Holds, holds, rank, type_rank};
use super::normalize::{MOVED, WRITTEN_TYPE};
use super::reference;

/// Where an error belongs: one step per keyword on the way to it, compared step by step. A step is the rank of
/// the keyword and the place below it.
pub(super) type Order = Vec<(u16, usize)>;

/// Sorts behind everything below the same keyword: where a keyword sums up.
pub(super) const SUMMARY: usize = usize::MAX;

/// The way from the root of a schema to a keyword that failed.
pub(super) struct Trace<'s> {
    /// Where this error belongs.
    pub order: Order,
    /// The schema that has the failing keyword.
    pub schema: &'s Value,
    /// The failing keyword, or the one that holds the schema `false`; empty at the root.
    pub keyword: String,
    /// Whether the instance path leads further than the keywords did.
    pub is_inside: bool,
    /// Which step of the order is a `propertyNames`, when one is on the way.
    pub name_step: Option<usize>,
    /// The `then` and `else` on the way, outermost first.
    pub clauses: Vec<Clause>,
}

impl<'s> Trace<'s> {
    /// At the root of a schema, before any keyword.
    pub(super) fn start(root: &'s Value) -> Self {
        Self {
            order: Vec::new(),
            schema: root,
            keyword: String::new(),
            is_inside: false,
            name_step: None,
            clauses: Vec::new(),
        }
    }
}

impl Trace<'_> {
    /// Says which property's name this is about.
    pub(super) fn set_name(&mut self, place: usize) {
        let Some(step) = self.name_step else { return };
        let clauses = self.clauses.iter_mut().map(|clause| &mut clause.order);
        for order in clauses.chain([&mut self.order]) {
            if let Some(step) = order.get_mut(step) {
                step.1 = place;
            }
        }
    }
}

/// A `then` or `else` that an error came through.
pub(super) struct Clause {
    /// `then` or `else`.
    pub keyword: &'static str,
    /// The order of the summary that Ajv adds for it.
    pub order: Order,
    /// How many segments of the error's instance path lead to the value that the clause is about.
    pub depth: usize,
}

/// Follows the evaluation path of an error through a schema, and its instance path through the value.
pub(super) fn trace<'s>(
    root: &'s Value,
    dialect: Dialect,
    evaluation_path: &Location,
    instance_path: &Location,
    instance: &Value,
) -> Trace<'s> {
    let mut walk = Walk {
        trace: Trace::start(root),
        root,
        dialect,
        schema: root,
        instance: Some(instance),
        path: instance_path.iter().collect(),
        depth: 0,
        is_below: false,
    };
    let mut segments = evaluation_path.iter();
    while let Some(segment) = segments.next() {
        let LocationSegment::Property(keyword) = segment else { break };
        if !walk.enter(&keyword, &mut segments) {
            break;
        }
    }
    walk.trace.is_inside = walk.is_below;
    walk.trace
}

struct Walk<'s, 'i> {
    trace: Trace<'s>,
    root: &'s Value,
    dialect: Dialect,
    schema: &'s Value,
    instance: Option<&'i Value>,
    path: Vec<LocationSegment<'i>>,
    depth: usize,
    /// Whether the last keyword led to a child of the value.
    is_below: bool,
}

impl<'s> Walk<'s, '_> {
    /// Follows one keyword; `false` when the way ends there.
    fn enter<'p>(&mut self, keyword: &str, segments: &mut impl Iterator<Item = LocationSegment<'p>>) -> bool {
        self.is_below = false;
        self.trace.schema = self.schema;
        self.trace.keyword = keyword.to_owned();
        let rank = self.rank(keyword);
        if let "$ref" | "$dynamicRef" | "$recursiveRef" = keyword {
            self.trace.order.push((rank, 0));
            return self.follow(keyword);
        }
        let Some(value) = self.schema.get(keyword) else {
            self.trace.order.push((rank, 0));
            return false;
        };
        match (holds(self.dialect, keyword), value) {
            (None | Some(Holds::Data), _) => {
                self.trace.order.push((rank, 0));
                false
            }
            (Some(Holds::Schemas | Holds::SchemaOrSchemas), Value::Array(list)) => {
                let index = match segments.next() {
                    Some(LocationSegment::Index(index)) => index,
                    Some(LocationSegment::Property(text)) => text.parse().unwrap_or(SUMMARY),
                    None => SUMMARY,
                };
                // A reference that Ajv finds beside its neighbours, see `normalize`.
                let is_moved = list.get(index).is_some_and(|schema| schema.get(MOVED).is_some());
                self.trace.order.push(if is_moved { (self.rank("$ref"), 0) } else { (rank, index) });
                if matches!(keyword, "items" | "prefixItems") {
                    self.descend();
                }
                self.at(list.get(index))
            }
            (Some(Holds::SchemaMap | Holds::Dependencies), Value::Object(map)) => {
                let Some(key) = segments.next().map(|segment| segment.to_string()) else {
                    self.trace.order.push((rank, 0));
                    return false;
                };
                let place = map.keys().position(|k| *k == key).unwrap_or(map.len());
                // Ajv looks at the lists of names in `dependencies` first.
                let place = if keyword == "dependencies" { place + 1 } else { place };
                self.trace.order.push((rank, place));
                if let "properties" | "patternProperties" = keyword {
                    let child = self.descend();
                    self.trace.order.push((0, child));
                }
                self.at(map.get(&key).filter(|schema| !schema.is_array()))
            }
            (Some(_), schema) => {
                self.clause(keyword, rank);
                if keyword == "propertyNames" {
                    self.trace.name_step.get_or_insert(self.trace.order.len());
                }
                let about_children = !matches!(keyword, "not" | "if" | "then" | "else" | "propertyNames");
                let child = if about_children { self.descend() } else { 0 };
                self.trace.order.push((rank, child));
                self.at(Some(schema))
            }
        }
    }

    fn rank(&self, keyword: &str) -> u16 {
        if keyword != "type" {
            return rank(keyword);
        }
        let written = self.schema.get(WRITTEN_TYPE).or_else(|| self.schema.get("type"));
        type_rank(written.and_then(Value::as_str), |keyword| self.schema.get(keyword).is_some())
    }

    /// Goes on below `schema`.
    fn at(&mut self, schema: Option<&'s Value>) -> bool {
        let Some(schema) = schema else { return false };
        self.schema = schema;
        true
    }

    fn follow(&mut self, keyword: &str) -> bool {
        let reference = self.schema.get(keyword).and_then(Value::as_str);
        let place = reference.and_then(|r| reference::resolve(self.root, self.dialect, r).ok());
        self.at(place.map(|place| place.value))
    }

    /// Goes to the child of the value that the instance path names next, and says which one it is.
    fn descend(&mut self) -> usize {
        let Some(segment) = self.path.get(self.depth) else { return 0 };
        self.is_below = true;
        self.depth += 1;
        let (place, child) = match (self.instance, segment) {
            (Some(Value::Object(map)), LocationSegment::Property(key)) => {
                (map.keys().position(|k| k == key).unwrap_or(0), map.get(key.as_ref()))
            }
            (Some(Value::Array(list)), LocationSegment::Index(index)) => (*index, list.get(*index)),
            _ => (0, None),
        };
        self.instance = child;
        place
    }

    fn clause(&mut self, keyword: &str, rank: u16) {
        let keyword = match keyword {
            "then" => "then",
            "else" => "else",
            _ => return,
        };
        let mut order = self.trace.order.clone();
        order.push((rank, SUMMARY));
        self.trace.clauses.push(Clause { keyword, order, depth: self.depth });
    }
}
