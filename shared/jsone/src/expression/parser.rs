//! Recursive descent, one token ahead, in linear time.
//!
//! From the loosest to the tightest: `||`, `&&`, `in`, `== !=`, `< > <= >=`, `+ -`, `* /`, `**`, then accesses, then
//! signs: `-a[0]` is `(-a)[0]`, as everywhere in JSON-e.

use super::lexer::{Kind, Lexer, Token};
use super::{Binary, Expression};
use crate::error::Error;
use crate::limits::Limits;

const OPERATORS: &str = "!=, &&, (, *, **, +, -, ., /, <, <=, ==, >, >=, [, in, ||";

const ANY: u8 = 0;
const ALL: u8 = 1;

/// Parses a source that is an expression and nothing else.
pub(crate) fn parse(source: &str, limits: &Limits) -> Result<Expression, Error> {
    let mut parser = Parser::new(source, limits)?;
    let expression = parser.expression()?;
    match parser.current {
        None => Ok(expression),
        Some(token) => Err(unexpected(token, OPERATORS)),
    }
}

/// Parses the expression at the start of a source, up to the `}` that ends it: the expression, and where that `}` is.
pub(crate) fn parse_interpolated(source: &str, limits: &Limits) -> Result<(Expression, usize), Error> {
    let unterminated = || Error::syntax("unterminated ${..} expression");
    let mut parser = Parser::new(source, limits)?;
    parser.current.ok_or_else(unterminated)?;
    let expression = parser.expression()?;
    let end = parser.current.ok_or_else(unterminated)?;
    if end.kind != Kind::Symbol("}") {
        return Err(unexpected(end, OPERATORS));
    }
    Ok((expression, end.start))
}

pub(super) fn unexpected(token: Token<'_>, expected: &str) -> Error {
    Error::syntax(format!("Found: {} token, expected one of: {expected}", token.text))
}

pub(super) struct Parser<'s, 'l> {
    lexer: Lexer<'s>,
    pub(super) current: Option<Token<'s>>,
    depth: usize,
    limits: &'l Limits,
}

impl<'s, 'l> Parser<'s, 'l> {
    fn new(source: &'s str, limits: &'l Limits) -> Result<Self, Error> {
        let mut lexer = Lexer::new(source);
        let current = lexer.next()?;
        Ok(Self { lexer, current, depth: 0, limits })
    }

    /// The current token, gone past.
    pub(super) fn take(&mut self) -> Result<Token<'s>, Error> {
        let token = self.current.ok_or_else(|| Error::syntax("Unexpected end of input"))?;
        self.current = self.lexer.next()?;
        Ok(token)
    }

    /// Whether the current token is `symbol`.
    pub(super) fn at(&self, symbol: &'static str) -> bool {
        self.current.is_some_and(|token| token.kind == Kind::Symbol(symbol))
    }

    /// Goes past `symbol` if the current token is it.
    pub(super) fn skip(&mut self, symbol: &'static str) -> Result<bool, Error> {
        let there = self.at(symbol);
        if there {
            self.take()?;
        }
        Ok(there)
    }

    pub(super) fn expect(&mut self, symbol: &'static str) -> Result<(), Error> {
        match self.current {
            Some(token) if token.kind != Kind::Symbol(symbol) => Err(unexpected(token, symbol)),
            _ => self.take().map(|_| ()),
        }
    }

    /// Whether a row, already of `length`, may get longer.
    pub(super) fn bound(&self, length: usize) -> Result<(), Error> {
        if length < self.limits.chain_length {
            return Ok(());
        }
        let longest = self.limits.chain_length;
        Err(Error::limit(format!("an expression has more than {longest} operands or accesses in a row")))
    }

    pub(super) fn expression(&mut self) -> Result<Expression, Error> {
        if self.depth == self.limits.expression_depth {
            let deepest = self.limits.expression_depth;
            return Err(Error::limit(format!("an expression is nested more than {deepest} deep")));
        }
        self.depth += 1;
        let expression = self.binary(ANY)?;
        self.depth -= 1;
        Ok(expression)
    }

    /// Operators of precedence `loosest` and tighter, and their operands.
    fn binary(&mut self, loosest: u8) -> Result<Expression, Error> {
        let mut left = self.power()?;
        while let Some(precedence) = self.precedence().filter(|precedence| *precedence >= loosest) {
            left = self.row(left, precedence)?;
        }
        Ok(left)
    }

    /// Operators of one precedence in a row, after their first operand.
    fn row(&mut self, first: Expression, precedence: u8) -> Result<Expression, Error> {
        match precedence {
            ANY => self.operands(first, precedence).map(Expression::Any),
            ALL => self.operands(first, precedence).map(Expression::All),
            _ => self.chain(first, precedence),
        }
    }

    fn operands(&mut self, first: Expression, precedence: u8) -> Result<Vec<Expression>, Error> {
        let mut operands = vec![first];
        while self.precedence() == Some(precedence) {
            self.bound(operands.len())?;
            self.take()?;
            operands.push(self.binary(precedence + 1)?);
        }
        Ok(operands)
    }

    fn chain(&mut self, first: Expression, precedence: u8) -> Result<Expression, Error> {
        let mut rest = Vec::new();
        while let Some((_, operator)) = self.operator().filter(|(own, _)| *own == precedence) {
            self.bound(rest.len() + 1)?;
            self.take()?;
            rest.push((operator, self.binary(precedence + 1)?));
        }
        Ok(Expression::Chain(Box::new(first), rest))
    }

    fn precedence(&self) -> Option<u8> {
        if self.at("||") {
            return Some(ANY);
        }
        if self.at("&&") {
            return Some(ALL);
        }
        self.operator().map(|(precedence, _)| precedence)
    }

    fn operator(&self) -> Option<(u8, Binary)> {
        let Some(Token { kind: Kind::Symbol(symbol), .. }) = self.current else { return None };
        Some(match symbol {
            "in" => (2, Binary::In),
            "==" => (3, Binary::Equal),
            "!=" => (3, Binary::NotEqual),
            "<" => (4, Binary::Less),
            ">" => (4, Binary::Greater),
            "<=" => (4, Binary::LessOrEqual),
            ">=" => (4, Binary::GreaterOrEqual),
            "+" => (5, Binary::Add),
            "-" => (5, Binary::Subtract),
            "*" => (6, Binary::Multiply),
            "/" => (6, Binary::Divide),
            _ => return None,
        })
    }

    fn power(&mut self) -> Result<Expression, Error> {
        let first = self.path()?;
        if !self.at("**") {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.skip("**")? {
            self.bound(operands.len())?;
            operands.push(self.path()?);
        }
        Ok(Expression::Power(operands))
    }
}
