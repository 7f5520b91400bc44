//! The expression language: what stands in `$eval`, `$if`, `${…}` and their like, as a tree.
//!
//! Rows of equal precedence are flat vectors, so that a tree is only as deep as its brackets.

mod lexer;
mod operand;
mod parser;

pub(crate) use parser::{parse, parse_interpolated};

use crate::engine::Function;

/// An expression.
#[derive(Clone, Debug)]
pub(crate) enum Expression {
    Null,
    Bool(bool),
    Number(f64),
    Text(Box<str>),
    /// A name, and the function it stands for unless the context says otherwise.
    Name(Box<str>, Option<Function>),
    /// Signs before an operand, the outermost first.
    Unary(Vec<Unary>, Box<Expression>),
    /// `first op operand op operand …`, of one precedence, from left to right.
    Chain(Box<Expression>, Vec<(Binary, Expression)>),
    /// `a ** b ** c`, from right to left.
    Power(Vec<Expression>),
    /// `a && b && …`
    All(Vec<Expression>),
    /// `a || b || …`
    Any(Vec<Expression>),
    /// A value, and what is taken from it in turn.
    Path(Box<Expression>, Vec<Access>),
    Array(Vec<Expression>),
    /// Keys are distinct.
    Object(Vec<(Box<str>, Expression)>),
}

/// A sign before an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Minus,
    Plus,
    Not,
}

/// An operator between two operands that are both evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    In,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// One thing taken from a value.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// `.name`
    Field(Box<str>),
    /// `[index]`
    Index(Expression),
    /// `[from:to]`
    Slice(Option<Expression>, Option<Expression>),
    /// `(arguments)`
    Call(Vec<Expression>),
}
