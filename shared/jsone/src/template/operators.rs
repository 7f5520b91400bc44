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

    fn operation(&mut self, name: &str, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        let operator = match name {
            "$eval" => match operand {
                Value::String(source) => Operator::Eval(self.code(source)?),
                _ => return self.wrong("$eval must be given a string expression"),
            },
            "$if" => return self.condition(operand, object),
            "$match" => match operand {
                Value::Object(cases) => Operator::Match(self.cases(cases.iter())?),
                _ => return self.wrong("$match can evaluate objects only"),
            },
            "$switch" => return self.switch(operand),
            "$let" => return self.bindings(operand, object),
            "$map" => Operator::Map { each: self.map_each(object)?, over: self.node(operand)? },
            "$find" => Operator::Find { each: self.find_each(object)?, over: self.node(operand)? },
            "$reduce" => Operator::Reduce { each: self.fold(object)?, over: self.node(operand)? },
            "$sort" => Operator::Sort { by: self.by(object)?, over: self.node(operand)? },
            "$merge" => Operator::Merge(self.node(operand)?),
            "$mergeDeep" => Operator::MergeDeep(self.node(operand)?),
            "$reverse" => Operator::Reverse(self.node(operand)?),
            "$flatten" => Operator::Flatten(self.node(operand)?),
            "$flattenDeep" => Operator::FlattenDeep(self.node(operand)?),
            "$json" => Operator::Json(self.node(operand)?),
            _ => {
                let from = object.get("from").filter(|from| is_given(from));
                Operator::FromNow { span: self.node(operand)?, from: self.optional(from)? }
            }
        };
        Ok(Node::Operator(Box::new(operator)))
    }

    fn optional(&mut self, template: Option<&'t Value>) -> Outcome<Option<Node>> {
        template.map(|template| self.node(template)).transpose()
    }

    fn condition(&mut self, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        let Value::String(source) = operand else {
            return self.wrong("$if can evaluate string expressions only");
        };
        let condition = self.code(source)?;
        let then = self.optional(object.get("then"))?;
        let otherwise = self.optional(object.get("else"))?;
        Ok(Node::Operator(Box::new(Operator::If { condition, then, otherwise })))
    }

    fn switch(&mut self, operand: &'t Value) -> Outcome<Node> {
        let Value::Object(cases) = operand else { return self.wrong("$switch can evaluate objects only") };
        let default = self.optional(cases.get("$default"))?;
        let cases = self.cases(cases.iter().filter(|(condition, _)| *condition != "$default"))?;
        Ok(Node::Operator(Box::new(Operator::Switch { cases, default })))
    }

    /// Conditions and what they stand for, in the order of the conditions' text.
    fn cases(&mut self, cases: impl Iterator<Item = (&'t String, &'t Value)>) -> Outcome<Vec<(Code, Node)>> {
        let mut cases: Vec<_> = cases.collect();
        cases.sort_unstable_by_key(|(condition, _)| *condition);
        let case = |(condition, template): (&'t String, _)| Ok((self.code(condition)?, self.node(template)?));
        cases.into_iter().map(case).collect()
    }

    fn bindings(&mut self, operand: &'t Value, object: &'t Object) -> Outcome<Node> {
        if !operand.is_object() {
            return self.wrong("$let value must be an object");
        }
        let names = self.node(operand)?;
        let body = self.optional(object.get("in").filter(|body| !body.is_null()))?;
        Ok(Node::Operator(Box::new(Operator::Let { names, body })))
    }

    /// The property of a loop that is `each(…)`, and its names.
    fn each(&mut self, object: &'t Object) -> Option<(Vec<&'t str>, &'t Value)> {
        object.iter().find_map(|(key, body)| Some((call_of("each", key)?, body)))
    }

    fn map_each(&mut self, object: &'t Object) -> Outcome<Result<Each<Node>, Error>> {
        match self.each(object) {
            Some((names, body)) if object.len() == 2 => Ok(Ok(each_of(&names, self.node(body)?))),
            _ => Ok(Err(self.defect(Error::template("$map must have exactly two properties")))),
        }
    }

    fn find_each(&mut self, object: &'t Object) -> Outcome<Result<Each<Code>, Error>> {
        let message = match self.each(object) {
            Some((names, Value::String(source))) if object.len() == 2 => {
                return Ok(Ok(each_of(&names, self.code(source)?)));
            }
            Some(_) if object.len() == 2 => "each can evaluate string expressions only",
            _ => "$find must have exactly two properties",
        };
        Ok(Err(self.defect(Error::template(message))))
    }

    fn fold(&mut self, object: &'t Object) -> Outcome<Result<Fold, Error>> {
        match (self.each(object), object.get("initial")) {
            (Some((names, body)), Some(initial)) if object.len() == 3 => {
                let each = each_of(&names[1..], self.node(body)?);
                Ok(Ok(Fold { accumulator: names[0].into(), initial: initial.clone(), each }))
            }
            _ => Ok(Err(self.defect(Error::template("$reduce must have exactly three properties")))),
        }
    }

    fn by(&mut self, object: &'t Object) -> Outcome<Option<By>> {
        let by = object.iter().find_map(|(key, code)| Some((*call_of("by", key)?.first()?, code)));
        let Some((name, code)) = by else { return Ok(None) };
        let code = match code {
            Value::String(source) => self.code(source)?,
            _ => Err(self.defect(Error::template("by can evaluate string expressions only"))),
        };
        Ok(Some(By { name: name.into(), code }))
    }
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
