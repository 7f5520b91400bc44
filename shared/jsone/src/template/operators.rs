//! Compiles operators: which properties each takes, and what must be in them.

use serde_json::{Map, Value};

use super::compile::Compiler;
use super::{By, Code, Each, Fold, Node, Operator};
use crate::context::is_identifier;
use crate::error::Error;

/// A property that an operator takes besides its own.
#[derive(Clone, Copy)]
enum Property {
    Named(&'static str),
    /// `each(…)` with this many names, least and most.
    Each(usize, usize),
    /// `by(…)` with one name.
    By,
}

impl Property {
    fn takes(self, key: &str) -> bool {
        match self {
            Self::Named(name) => name == key,
            Self::Each(least, most) => {
                call_of("each", key).is_some_and(|names| (least..=most).contains(&names.len()))
            }
            Self::By => call_of("by", key).is_some_and(|names| names.len() == 1),
        }
    }
}

const OPERATORS: [(&str, &[Property]); 16] = [
    ("$eval", &[]),
    ("$flatten", &[]),
    ("$flattenDeep", &[]),
    ("$fromNow", &[Property::Named("from")]),
    ("$if", &[Property::Named("then"), Property::Named("else")]),
    ("$json", &[]),
    ("$let", &[Property::Named("in")]),
    ("$map", &[Property::Each(1, 2)]),
    ("$reduce", &[Property::Named("initial"), Property::Each(2, 3)]),
    ("$find", &[Property::Each(1, 2)]),
    ("$match", &[]),
    ("$switch", &[]),
    ("$merge", &[]),
    ("$mergeDeep", &[]),
    ("$reverse", &[]),
    ("$sort", &[Property::By]),
];

type Object = Map<String, Value>;

/// Compiled, or a limit reached.
type Outcome<T> = Result<T, Error>;

impl<'t> Compiler<'t, '_> {
    /// An object that is an operator; none if it isn't.
    pub(super) fn operator(&mut self, object: &'t Object) -> Option<Outcome<Node>> {
        let mut present = OPERATORS.iter().filter(|(name, _)| object.contains_key(*name));
        let (name, properties) = present.next()?;
        if present.next().is_some() {
            return Some(self.wrong("only one operator allowed"));
        }
        let known = |key: &str| key == *name || properties.iter().any(|property| property.takes(key));
        let mut unknown: Vec<&str> = object.keys().map(String::as_str).filter(|key| !known(key)).collect();
        if !unknown.is_empty() {
            unknown.sort_unstable();
            return Some(self.wrong(&format!("{name} has undefined properties: {}", unknown.join(" "))));
        }
        Some(self.operation(name, object.get(*name)?, object))
    }

    fn wrong(&mut self, message: &str) -> Outcome<Node> {
        Ok(Node::Defect(self.defect(Error::template(message))))
    }

    /// One function for each kind of operator: on the stack of a deep template there is only what that one needs.
    fn operation(&mut self, name: &str, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        match name {
            "$eval" => self.eval(operand),
            "$if" => self.condition(operand, object),
            "$match" => self.matching(operand),
            "$switch" => self.switch(operand),
            "$let" => self.bindings(operand, object),
            "$map" => self.map(operand, object),
            "$find" => self.find(operand, object),
            "$reduce" => self.reduce(operand, object),
            "$sort" => self.sort(operand, object),
            "$merge" => self.simple(Operator::Merge, operand),
            "$mergeDeep" => self.simple(Operator::MergeDeep, operand),
            "$reverse" => self.simple(Operator::Reverse, operand),
            "$flatten" => self.simple(Operator::Flatten, operand),
            "$flattenDeep" => self.simple(Operator::FlattenDeep, operand),
            "$json" => self.simple(Operator::Json, operand),
            _ => self.instant(operand, object),
        }
    }

    /// An operator that takes nothing but its operand.
    fn simple(&mut self, operator: fn(Node) -> Operator, operand: &'t Value) -> Outcome<Node> {
        self.node(operand).map(|operand| boxed(operator(operand)))
    }

    fn optional(&mut self, template: Option<&'t Value>) -> Outcome<Option<Node>> {
        template.map(|template| self.node(template)).transpose()
    }

    fn eval(&mut self, operand: &'t Value) -> Outcome<Node> {
        match operand {
            Value::String(source) => Ok(boxed(Operator::Eval(self.code(source)?))),
            _ => self.wrong("$eval must be given a string expression"),
        }
    }

    fn instant(&mut self, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        let span = self.node(operand)?;
        let from = self.optional(object.get("from").filter(|from| is_given(from)))?;
        Ok(boxed(Operator::FromNow { span, from }))
    }

    fn condition(&mut self, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        let Value::String(source) = operand else {
            return self.wrong("$if can evaluate string expressions only");
        };
        let condition = self.code(source)?;
        let then = self.optional(object.get("then"))?;
        let otherwise = self.optional(object.get("else"))?;
        Ok(boxed(Operator::If { condition, then, otherwise }))
    }

    fn matching(&mut self, operand: &'t Value) -> Outcome<Node> {
        match operand {
            Value::Object(cases) => Ok(boxed(Operator::Match(self.cases(cases.iter())?))),
            _ => self.wrong("$match can evaluate objects only"),
        }
    }

    fn switch(&mut self, operand: &'t Value) -> Outcome<Node> {
        let Value::Object(cases) = operand else { return self.wrong("$switch can evaluate objects only") };
        let default = self.optional(cases.get("$default"))?;
        let cases = self.cases(cases.iter().filter(|(condition, _)| *condition != "$default"))?;
        Ok(boxed(Operator::Switch { cases, default }))
    }

    /// Conditions and what they stand for, in the order of the conditions' text.
    fn cases(&mut self, cases: impl Iterator<Item = (&'t String, &'t Value)>) -> Outcome<Vec<(Code, Node)>> {
        let mut cases: Vec<_> = cases.collect();
        cases.sort_unstable_by_key(|(condition, _)| *condition);
        let mut compiled = Vec::with_capacity(cases.len());
        for (condition, template) in cases {
            compiled.push((self.code(condition)?, self.node(template)?));
        }
        Ok(compiled)
    }

    fn bindings(&mut self, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        if !operand.is_object() {
            return self.wrong("$let value must be an object");
        }
        let names = self.node(operand)?;
        let body = self.optional(object.get("in").filter(|body| !body.is_null()))?;
        Ok(boxed(Operator::Let { names, body }))
    }

    /// The property of a loop that is `each(…)`, and its names.
    fn each(&self, object: &'t Object) -> Option<(Vec<&'t str>, &'t Value)> {
        object.iter().find_map(|(key, body)| Some((call_of("each", key)?, body)))
    }

    fn map(&mut self, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        let over = self.node(operand)?;
        let each = match self.each(object) {
            Some((names, body)) if object.len() == 2 => Ok(each_of(&names, self.node(body)?)),
            _ => Err(self.defect(Error::template("$map must have exactly two properties"))),
        };
        Ok(boxed(Operator::Map { over, each }))
    }

    fn find(&mut self, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        let over = self.node(operand)?;
        let each = match self.each(object) {
            Some((names, Value::String(source))) if object.len() == 2 => {
                Ok(each_of(&names, self.code(source)?))
            }
            Some(_) if object.len() == 2 => {
                Err(self.defect(Error::template("each can evaluate string expressions only")))
            }
            _ => Err(self.defect(Error::template("$find must have exactly two properties"))),
        };
        Ok(boxed(Operator::Find { over, each }))
    }

    fn reduce(&mut self, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        let over = self.node(operand)?;
        let each = match (self.each(object), object.get("initial")) {
            (Some((names, body)), Some(initial)) if object.len() == 3 => {
                self.check_depth(initial)?;
                let each = each_of(&names[1..], self.node(body)?);
                Ok(Fold { accumulator: names[0].into(), initial: Box::new(initial.clone()), each })
            }
            _ => Err(self.defect(Error::template("$reduce must have exactly three properties"))),
        };
        Ok(boxed(Operator::Reduce { over, each }))
    }

    fn sort(&mut self, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        let over = self.node(operand)?;
        let by = object.iter().find_map(|(key, code)| Some((*call_of("by", key)?.first()?, code)));
        let by = match by {
            Some((name, Value::String(source))) => Some(By { name: name.into(), code: self.code(source)? }),
            Some((name, _)) => {
                let error = self.defect(Error::template("by can evaluate string expressions only"));
                Some(By { name: name.into(), code: Err(error) })
            }
            None => None,
        };
        Ok(boxed(Operator::Sort { over, by }))
    }
}

fn boxed(operator: Operator) -> Node {
    Node::Operator(Box::new(operator))
}

/// A loop's `each`, of one or two names.
fn each_of<B>(names: &[&str], body: B) -> Each<B> {
    let name = |index: usize| names.get(index).map(|name| Box::from(*name));
    Each { item: name(0).unwrap_or_default(), index: name(1), body }
}

/// The names between the parentheses of a key such as `each(x, i)`. There may be blanks after a comma only.
fn call_of<'k>(function: &str, key: &'k str) -> Option<Vec<&'k str>> {
    let names = key.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')')?;
    let mut names: Vec<&str> = names.split(',').collect();
    names.iter_mut().skip(1).for_each(|name| *name = name.trim_start());
    names.iter().all(|name| is_identifier(name)).then_some(names)
}

/// Whether JavaScript takes a template for true, as it is.
fn is_given(template: &Value) -> bool {
    match template {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
