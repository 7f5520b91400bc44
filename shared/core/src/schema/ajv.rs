//! The validator's errors as Ajv's: in its words and its order.

use std::collections::BTreeMap;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::paths::LocationSegment;
use serde_json::Value;

use super::dialect::Dialect;
use super::reference;
use super::text::{dependency, text};
use super::trace::{Order, SUMMARY, Trace, trace};
use super::violation::Violation;

/// So many errors are looked at. Sorting more would cost more than it tells.
const CONSIDERED: usize = 1000;

/// Collects errors and puts them in Ajv's order.
pub(super) struct Findings<'s> {
    schema: &'s Value,
    dialect: Dialect,
    instance: &'s Value,
    found: BTreeMap<(Order, usize), Violation>,
}

impl<'s> Findings<'s> {
    /// `schema` as the validator was given it, and the value that it judged.
    pub(super) fn new(schema: &'s Value, dialect: Dialect, instance: &'s Value) -> Self {
        Self { schema, dialect, instance, found: BTreeMap::new() }
    }

    /// Takes in one error and those that it sums up.
    pub(super) fn add(&mut self, error: &ValidationError<'_>) {
        self.add_about(error, None);
    }

    /// Takes in an error about the name of a property, which is the `name`th of its object.
    fn add_about(&mut self, error: &ValidationError<'_>, name: Option<usize>) {
        if self.found.len() >= CONSIDERED {
            return;
        }
        if let Kind::PropertyNames { error } = error.kind() {
            return self.add_name(error);
        }
        let (evaluation, place) = (error.evaluation_path(), error.instance_path());
        let mut trace = trace(self.schema, self.dialect, evaluation, place, self.instance);
        if let Some(name) = name {
            trace.set_name(name);
        }
        self.add_clauses(error, &mut trace);
        match error.kind() {
            Kind::AnyOf { context } => self.add_branches(context, error, trace, name),
            Kind::OneOfNotValid { context } => self.add_branches(context, error, trace, name),
            Kind::OneOfMultipleValid { context } => self.add_branches(context, error, trace, name),
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    let mut violation = Violation::new(path(error), text(error, &trace));
                    violation.additional_property = Some(name.clone());
                    self.insert(trace.order.clone(), violation);
                }
            }
            Kind::Required { .. }
                if matches!(trace.keyword.as_str(), "dependencies" | "dependentRequired") =>
            {
                self.add_dependencies(error, &trace);
            }
            Kind::FalseSchema => self.add_false(error, trace),
            _ => {
                let violation = Violation::new(path(error), text(error, &trace));
                self.insert(trace.order, violation);
            }
        }
    }

    /// The violations, at most `limit` of them.
    pub(super) fn into_violations(self, limit: usize) -> Vec<Violation> {
        self.found.into_values().take(limit).collect()
    }

    fn insert(&mut self, order: Order, violation: Violation) {
        let arrival = self.found.len();
        self.found.insert((order, arrival), violation);
    }

    /// Puts a summary behind everything that it sums up, once.
    fn summarize(&mut self, order: Order, violation: impl FnOnce() -> Violation) {
        self.found.entry((order, SUMMARY)).or_insert_with(violation);
    }

    /// `must match "then" schema`, behind what is wrong with it.
    fn add_clauses(&mut self, error: &ValidationError<'_>, trace: &mut Trace<'_>) {
        for clause in trace.clauses.drain(..) {
            let path = path_to(error, clause.depth);
            let message = format!("must match \"{}\" schema", clause.keyword);
            self.summarize(clause.order, || Violation::new(path, message));
        }
    }

    /// What is wrong with each branch of an `anyOf` or `oneOf`, then that none (or several) matched.
    fn add_branches(
        &mut self,
        branches: &[Vec<ValidationError<'static>>],
        error: &ValidationError<'_>,
        mut trace: Trace<'_>,
        name: Option<usize>,
    ) {
        let until_second_match = matches!(error.kind(), Kind::OneOfMultipleValid { .. });
        let mut matches = 0;
        for branch in branches {
            matches += usize::from(branch.is_empty());
            if until_second_match && matches == 2 {
                break; // Ajv looks no further
            }
            branch.iter().for_each(|error| self.add_about(error, name));
        }
        let violation = Violation::new(path(error), text(error, &trace));
        if let Some(step) = trace.order.last_mut() {
            step.1 = SUMMARY;
        }
        self.insert(trace.order, violation);
    }

    /// Every property that another one needs. The validator doesn't say which one needs it, so all are looked at again.
    fn add_dependencies(&mut self, error: &ValidationError<'_>, trace: &Trace<'_>) {
        let path = path(error);
        let object = self.instance.pointer(&path).and_then(Value::as_object);
        let dependencies = trace.schema.get(&trace.keyword).and_then(Value::as_object);
        let (Some(object), Some(dependencies)) = (object, dependencies) else { return };
        for (place, (property, needed)) in dependencies.iter().enumerate() {
            let needed: Vec<&str> =
                needed.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if !object.contains_key(property) {
                continue;
            }
            for (missing, _) in needed.iter().enumerate().filter(|(_, name)| !object.contains_key(**name)) {
                let mut order = trace.order.clone();
                order.extend([(0, place), (0, missing)]);
                self.summarize(order, || Violation::new(path.as_str(), dependency(property, &needed)));
            }
        }
    }

    /// The schema `false`, for which Ajv has other words below some keywords.
    fn add_false(&mut self, error: &ValidationError<'_>, trace: Trace<'_>) {
        let mut path = path(error);
        match trace.keyword.as_str() {
            "additionalProperties" if !trace.is_inside => {
                for name in self.keys(&path) {
                    let mut violation = Violation::new(path.as_str(), "must NOT have additional properties");
                    violation.additional_property = Some(name);
                    self.insert(trace.order.clone(), violation);
                }
            }
            "propertyNames" => {
                for _ in self.keys(&path) {
                    self.insert(trace.order.clone(), Violation::new(path.as_str(), text(error, &trace)));
                    let violation = Violation::new(path.as_str(), "property name must be valid");
                    self.insert(trace.order.clone(), violation);
                }
            }
            "items" if trace.schema.get("prefixItems").is_some() => {
                let allowed = trace.schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                path.truncate(path.rfind('/').unwrap_or(0));
                let mut order = trace.order;
                order.pop();
                let message = format!("must NOT have more than {allowed} items");
                self.summarize(order, || Violation::new(path, message));
            }
            _ => {
                let violation = Violation::new(path, text(error, &trace));
                self.insert(trace.order, violation);
            }
        }
    }

    fn keys(&self, path: &str) -> Vec<String> {
        let object = self.instance.pointer(path).and_then(Value::as_object);
        object.into_iter().flat_map(|object| object.keys().cloned()).collect()
    }

    /// What is wrong with a property's name, told at the object, then that the name isn't valid.
    fn add_name(&mut self, error: &ValidationError<'_>) {
        let place = error.instance_path();
        let object = self.instance.pointer(place.as_str()).and_then(Value::as_object);
        let name = error.instance().as_str();
        let index = object.and_then(|map| map.keys().position(|key| Some(key.as_str()) == name));
        let index = index.unwrap_or(0);
        self.add_about(error, Some(index));
        let mut trace = trace(self.schema, self.dialect, error.evaluation_path(), place, self.instance);
        trace.set_name(index);
        let mut order = trace.order;
        order.truncate(trace.name_step.map_or(0, |step| step + 1));
        order.push((u16::MAX, SUMMARY));
        self.summarize(order, || Violation::new(path(error), "property name must be valid"));
    }
}

fn path(error: &ValidationError<'_>) -> String {
    error.instance_path().as_str().to_owned()
}

/// The first `depth` segments of where an error is.
fn path_to(error: &ValidationError<'_>, depth: usize) -> String {
    let mut path = String::new();
    for segment in error.instance_path().iter().take(depth) {
        match segment {
            LocationSegment::Property(key) => reference::push(&mut path, &key),
            LocationSegment::Index(index) => reference::push(&mut path, &index.to_string()),
        }
    }
    path
}
