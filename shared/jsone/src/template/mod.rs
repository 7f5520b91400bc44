//! A template, compiled: every expression parsed, every operator's shape checked.

mod compile;
mod operators;

use serde_json::Value;

use crate::context::Context;
use crate::engine::{Engine, Scope};
use crate::error::Error;
use crate::expression::Expression;
use crate::limits::Limits;
use crate::value::to_json;

/// A JSON-e template, compiled once to be rendered many times, by any number of threads.
#[derive(Clone, Debug)]
pub struct Template {
    root: Node,
    defects: Vec<Error>,
}

impl Template {
    /// Compiles a template within the default [`Limits`].
    ///
    /// # Errors
    ///
    /// Only of kind [`Limit`](crate::ErrorKind::Limit). Mistakes in a template are errors of rendering the part
    /// they are in, as in other implementations; [`defects`](Self::defects) lists those that are known already.
    pub fn compile(template: &Value) -> Result<Self, Error> {
        Self::compile_with(template, &Limits::default())
    }

    /// Compiles a template within `limits`.
    ///
    /// # Errors
    ///
    /// As [`compile`](Self::compile).
    pub fn compile_with(template: &Value, limits: &Limits) -> Result<Self, Error> {
        let (root, defects) = compile::compile(template, limits)?;
        Ok(Self { root, defects })
    }

    /// Mistakes that don't depend on a context, such as syntax errors, in the order they are written: each is
    /// an error as soon as its part of the template is rendered.
    pub fn defects(&self) -> &[Error] {
        &self.defects
    }

    /// Renders the template: `None` when it rendered to nothing at all (`$if` without the branch that was
    /// needed, `$switch` without a match), which other implementations return as null.
    ///
    /// # Errors
    ///
    /// The first that is met, in the template's order.
    pub fn render(&self, context: &Context<'_>, limits: &Limits) -> Result<Option<Value>, Error> {
        context.check()?;
        let engine = Engine::new(context, limits);
        match engine.render(&self.root, &Scope::root())? {
            Some(value) => to_json(value, &engine.budget).map(Some),
            None => Ok(None),
        }
    }
}

/// A part of a template.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// Rendered as it is. Boxed, as a node is on the stack at each level of a deep template.
    Literal(Box<Value>),
    /// A text with `${…}` in it.
    Text(Vec<Part>),
    Array(Vec<Node>),
    Object(Vec<Entry>),
    Operator(Box<Operator>),
    /// An operator against its rules.
    Defect(Error),
}

/// A piece of a text.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(Box<str>),
    /// `${…}`, and what is between its braces.
    Code(Expression, Box<str>),
    /// A `${…}` that can't be parsed. Nothing follows it.
    Defect(Error),
}

/// An entry of an object.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key as written.
    pub(crate) name: Box<str>,
    pub(crate) key: Key,
    pub(crate) value: Node,
}

/// What an entry's key renders to.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    /// Its name.
    Name,
    /// Its name without the first `$`.
    Unescaped,
    Interpolated(Vec<Part>),
    /// `$` and a word that isn't an operator.
    Defect(Error),
}

/// An expression, or why it isn't one.
pub(crate) type Code = Result<Expression, Error>;

/// An operator and its operands. Where there is a `Result`, the error comes after the other operand is rendered.
#[derive(Clone, Debug)]
pub(crate) enum Operator {
    Eval(Code),
    If { condition: Code, then: Option<Node>, otherwise: Option<Node> },
    Switch { cases: Vec<(Code, Node)>, default: Option<Node> },
    Match(Vec<(Code, Node)>),
    Let { names: Node, body: Option<Node> },
    Map { over: Node, each: Result<Each<Node>, Error> },
    Find { over: Node, each: Result<Each<Code>, Error> },
    Reduce { over: Node, each: Result<Fold, Error> },
    Sort { over: Node, by: Option<By> },
    Merge(Node),
    MergeDeep(Node),
    Reverse(Node),
    Flatten(Node),
    FlattenDeep(Node),
    Json(Node),
    FromNow { span: Node, from: Option<Node> },
}

/// `each(item)` or `each(item,index)` of a loop.
#[derive(Clone, Debug)]
pub(crate) struct Each<B> {
    pub(crate) item: Box<str>,
    pub(crate) index: Option<Box<str>>,
    pub(crate) body: B,
}

/// `each(accumulator,item)` or `each(accumulator,item,index)` of `$reduce`.
#[derive(Clone, Debug)]
pub(crate) struct Fold {
    pub(crate) accumulator: Box<str>,
    /// Not rendered.
    pub(crate) initial: Box<Value>,
    pub(crate) each: Each<Node>,
}

/// `by(name)` of `$sort`.
#[derive(Clone, Debug)]
pub(crate) struct By {
    pub(crate) name: Box<str>,
    pub(crate) code: Code,
}
