//! The operands of operators: literals, names, brackets, and what is taken from them.

use std::collections::HashMap;

use super::lexer::{Kind, Token};
use super::parser::{Parser, unexpected};
use super::{Access, Expression, Unary};
use crate::engine::Function;
use crate::error::Error;

const OPERANDS: &str = "!, (, +, -, [, false, identifier, null, number, string, true, {";

impl<'s> Parser<'s, '_> {
    pub(super) fn path(&mut self) -> Result<Expression, Error> {
        let base = self.signed()?;
        let mut accesses = Vec::new();
        while let Some(access) = self.access()? {
            self.bound(accesses.len())?;
            accesses.push(access);
        }
        Ok(if accesses.is_empty() { base } else { Expression::Path(Box::new(base), accesses) })
    }

    fn access(&mut self) -> Result<Option<Access>, Error> {
        if self.skip(".")? {
            self.field().map(Some)
        } else if self.skip("[")? {
            self.index_or_slice().map(Some)
        } else if self.skip("(")? {
            self.items(")").map(|arguments| Some(Access::Call(arguments)))
        } else {
            Ok(None)
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
        let mut places = HashMap::new();
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
