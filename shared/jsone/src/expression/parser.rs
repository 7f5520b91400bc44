//! Recursive descent, one token ahead, in linear time.
//!
//! From the loosest to the tightest: `||`, `&&`, `in`, `== !=`, `< > <= >=`, `+ -`, `* /`, `**`, then accesses, then
//! signs: `-a[0]` is `(-a)[0]`, as everywhere in JSON-e.

use super::lexer::{Kind, Lexer, Token};
use super::{Access, Binary, Expression, Unary};
use crate::engine::Function;
use crate::error::Error;
use crate::limits::Limits;

const OPERANDS: &str = "!, (, +, -, [, false, identifier, null, number, string, true, {";
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

fn unexpected(token: Token<'_>, expected: &str) -> Error {
    Error::syntax(format!("Found: {} token, expected one of: {expected}", token.text))
}

struct Parser<'s, 'l> {
    lexer: Lexer<'s>,
    current: Option<Token<'s>>,
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
    fn take(&mut self) -> Result<Token<'s>, Error> {
        let token = self.current.ok_or_else(|| Error::syntax("Unexpected end of input"))?;
        self.current = self.lexer.next()?;
        Ok(token)
    }

    /// Whether the current token is `symbol`.
    fn at(&self, symbol: &'static str) -> bool {
        self.current.is_some_and(|token| token.kind == Kind::Symbol(symbol))
    }

    /// Goes past `symbol` if the current token is it.
    fn skip(&mut self, symbol: &'static str) -> Result<bool, Error> {
        let there = self.at(symbol);
        if there {
            self.take()?;
        }
        Ok(there)
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), Error> {
        match self.current {
            Some(token) if token.kind != Kind::Symbol(symbol) => Err(unexpected(token, symbol)),
            _ => self.take().map(|_| ()),
        }
    }

    /// Whether a row, already of `length`, may get longer.
    fn bound(&self, length: usize) -> Result<(), Error> {
        if length < self.limits.chain_length {
            return Ok(());
        }
        let longest = self.limits.chain_length;
        Err(Error::limit(format!("an expression has more than {longest} operands or accesses in a row")))
    }

    fn expression(&mut self) -> Result<Expression, Error> {
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
        if precedence <= ALL {
            let mut operands = vec![first];
            while self.precedence() == Some(precedence) {
                self.bound(operands.len())?;
                self.take()?;
                operands.push(self.binary(precedence + 1)?);
            }
            return Ok(if precedence == ANY { Expression::Any(operands) } else { Expression::All(operands) });
        }
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

    fn path(&mut self) -> Result<Expression, Error> {
        let base = self.signed()?;
        let mut accesses = Vec::new();
        loop {
            let access = if self.skip(".")? {
                self.field()?
            } else if self.skip("[")? {
                self.index_or_slice()?
            } else if self.skip("(")? {
                Access::Call(self.items(")")?)
            } else if accesses.is_empty() {
                return Ok(base);
            } else {
                return Ok(Expression::Path(Box::new(base), accesses));
            };
            self.bound(accesses.len())?;
            accesses.push(access);
        }
    }

    fn field(&mut self) -> Result<Access, Error> {
        match self.current {
            Some(token) if token.kind != Kind::Identifier => Err(unexpected(token, "identifier")),
            _ => Ok(Access::Field(self.take()?.text.into())),
        }
    }

    fn index_or_slice(&mut self) -> Result<Access, Error> {
        let from = if self.at(":") { None } else { Some(self.expression()?) };
        if self.skip(":")? {
            let to = if self.at("]") { None } else { Some(self.expression()?) };
            self.expect("]")?;
            return Ok(Access::Slice(from, to));
        }
        self.expect("]")?;
        // Without a colon there was an index.
        Ok(from.map_or(Access::Slice(None, None), Access::Index))
    }

    /// Expressions between commas, up to `end`.
    fn items(&mut self, end: &'static str) -> Result<Vec<Expression>, Error> {
        let mut items = Vec::new();
        if self.skip(end)? {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            if !self.skip(",")? {
                self.expect(end)?;
                return Ok(items);
            }
        }
    }

    fn signed(&mut self) -> Result<Expression, Error> {
        let mut signs = Vec::new();
        loop {
            let sign = match self.current.map(|token| token.kind) {
                Some(Kind::Symbol("-")) => Unary::Minus,
                Some(Kind::Symbol("+")) => Unary::Plus,
                Some(Kind::Symbol("!")) => Unary::Not,
                _ => break,
            };
            self.bound(signs.len())?;
            self.take()?;
            signs.push(sign);
        }
        let operand = self.operand()?;
        Ok(if signs.is_empty() { operand } else { Expression::Unary(signs, Box::new(operand)) })
    }

    fn operand(&mut self) -> Result<Expression, Error> {
        let token = self.take_operand()?;
        match token.kind {
            // The lexer lets only digits through.
            Kind::Number => Ok(Expression::Number(token.text.parse().unwrap_or(f64::NAN))),
            Kind::Text => Ok(Expression::Text(unquoted(token).into())),
            Kind::Identifier => Ok(Expression::Name(token.text.into(), Function::named(token.text))),
            Kind::Symbol("true") => Ok(Expression::Bool(true)),
            Kind::Symbol("false") => Ok(Expression::Bool(false)),
            Kind::Symbol("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            Kind::Symbol("[") => Ok(Expression::Array(self.items("]")?)),
            Kind::Symbol("{") => self.object(),
            Kind::Symbol(_) => Ok(Expression::Null),
        }
    }

    /// The current token, gone past, if an operand can begin with it.
    fn take_operand(&mut self) -> Result<Token<'s>, Error> {
        match self.current {
            Some(token) => match token.kind {
                Kind::Symbol("true" | "false" | "null" | "(" | "[" | "{") => self.take(),
                Kind::Symbol(_) => Err(unexpected(token, OPERANDS)),
                _ => self.take(),
            },
            None => self.take(),
        }
    }

    /// What follows `{`. A comma may follow the last value; of a repeated key, the last value counts.
    fn object(&mut self) -> Result<Expression, Error> {
        let mut entries: Vec<(Box<str>, Expression)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        while let Some(token) =
            self.current.filter(|token| matches!(token.kind, Kind::Text | Kind::Identifier))
        {
            let key = if token.kind == Kind::Text { unquoted(token) } else { token.text };
            self.take()?;
            self.expect(":")?;
            let value = self.expression()?;
            match places.get(key) {
                Some(place) => entries[*place] = (key.into(), value),
                None => {
                    places.insert(key, entries.len());
                    entries.push((key.into(), value));
                }
            }
            if self.at("}") {
                break;
            }
            self.expect(",")?;
        }
        self.expect("}")?;
        Ok(Expression::Object(entries))
    }
}

/// A text without its quotes. There are no escapes in it.
fn unquoted(token: Token<'_>) -> &str {
    &token.text[1..token.text.len() - 1]
}
