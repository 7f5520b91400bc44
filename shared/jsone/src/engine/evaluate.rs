//! Evaluates expressions.

use super::{Engine, Scope};
use crate::error::Error;
use crate::expression::{Binary, Expression, Unary};
use crate::value::{Record, Text, Val};

impl<'v> Engine<'v> {
    /// The value of an expression.
    pub(super) fn evaluate(
        &self,
        expression: &'v Expression,
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        self.budget.step()?;
        match expression {
            Expression::Null => Ok(Val::Null),
            Expression::Bool(value) => Ok(Val::Bool(*value)),
            Expression::Number(number) => Ok(Val::number(*number)),
            Expression::Text(text) => Ok(Val::Text(Text::Borrowed(text))),
            Expression::Name(name, function) => match self.lookup(name, scope)? {
                Some(value) => Ok(value),
                None => function.map(Val::Function).ok_or_else(|| unknown(name)),
            },
            Expression::Unary(signs, operand) => self.unary(signs, operand, scope),
            Expression::Chain(first, rest) => self.chain(first, rest, scope),
            Expression::Power(operands) => self.power(operands, scope),
            Expression::All(operands) => self.first_is(false, operands, scope),
            Expression::Any(operands) => self.first_is(true, operands, scope),
            Expression::Path(base, accesses) => self.path(base, accesses, scope),
            Expression::Array(items) => self.array(self.evaluate_all(items, scope)?),
            Expression::Object(entries) => self.literal_object(entries, scope),
        }
    }

    pub(super) fn evaluate_all(
        &self,
        expressions: &'v [Expression],
        scope: &Scope<'_, 'v>,
    ) -> Result<Vec<Val<'v>>, Error> {
        expressions.iter().map(|expression| self.evaluate(expression, scope)).collect()
    }

    fn literal_object(
        &self,
        entries: &'v [(Box<str>, Expression)],
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let mut record = Record::with_capacity(entries.len());
        for (key, value) in entries {
            let value = self.evaluate(value, scope)?;
            self.set(&mut record, Text::Borrowed(key), value)?;
        }
        self.object(record)
    }

    fn unary(
        &self,
        signs: &'v [Unary],
        operand: &'v Expression,
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let mut value = self.evaluate(operand, scope)?;
        for sign in signs.iter().rev() {
            self.budget.step()?;
            value = match (sign, &value) {
                (Unary::Not, _) => Val::Bool(!value.is_truthy()),
                (Unary::Plus, Val::Number(number)) => Val::Number(*number),
                (Unary::Minus, Val::Number(number)) => Val::number(-number.float()),
                (Unary::Plus, _) => return Err(Error::interpreter("unary + expects number")),
                (Unary::Minus, _) => return Err(Error::interpreter("unary - expects number")),
            };
        }
        Ok(value)
    }

    /// Whether one of the operands is as truthy as `wanted` (then the rest isn't evaluated): `wanted`; else its opposite.
    fn first_is(
        &self,
        wanted: bool,
        operands: &'v [Expression],
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        for operand in operands {
            if self.evaluate(operand, scope)?.is_truthy() == wanted {
                return Ok(Val::Bool(wanted));
            }
        }
        Ok(Val::Bool(!wanted))
    }

    fn power(&self, operands: &'v [Expression], scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let mut result: Option<Val<'v>> = None;
        for operand in operands.iter().rev() {
            let base = self.evaluate(operand, scope)?;
            result = Some(match (base, result) {
                (base, None) => base,
                (Val::Number(base), Some(Val::Number(exponent))) => {
                    Val::number(base.float().powf(exponent.float()))
                }
                _ => return Err(expects("**", "number ** number")),
            });
        }
        Ok(result.unwrap_or(Val::Null))
    }

    fn chain(
        &self,
        first: &'v Expression,
        rest: &'v [(Binary, Expression)],
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let mut left = self.evaluate(first, scope)?;
        for (operator, right) in rest {
            let right = self.evaluate(right, scope)?;
            left = self.binary(*operator, left, right)?;
        }
        Ok(left)
    }

    fn binary(&self, operator: Binary, left: Val<'v>, right: Val<'v>) -> Result<Val<'v>, Error> {
        self.budget.step()?;
        match operator {
            Binary::In => self.contains(&left, &right).map(Val::Bool),
            Binary::Equal => self.equal(&left, &right).map(Val::Bool),
            Binary::NotEqual => self.equal(&left, &right).map(|equal| Val::Bool(!equal)),
            Binary::Add => self.add(left, right),
            Binary::Less => self.compare("<", &left, &right, |a, b| a < b, |a, b| a < b),
            Binary::Greater => self.compare(">", &left, &right, |a, b| a > b, |a, b| a > b),
            Binary::LessOrEqual => self.compare("<=", &left, &right, |a, b| a <= b, |a, b| a <= b),
            Binary::GreaterOrEqual => self.compare(">=", &left, &right, |a, b| a >= b, |a, b| a >= b),
            Binary::Subtract => arithmetic("-", &left, &right, |a, b| a - b),
            Binary::Multiply => arithmetic("*", &left, &right, |a, b| a * b),
            Binary::Divide => match right {
                Val::Number(zero) if zero.float() == 0.0 && matches!(left, Val::Number(_)) => {
                    Err(Error::interpreter("division by zero"))
                }
                _ => arithmetic("/", &left, &right, |a, b| a / b),
            },
        }
    }

    fn add(&self, left: Val<'v>, right: Val<'v>) -> Result<Val<'v>, Error> {
        match (left, right) {
            (Val::Number(a), Val::Number(b)) => Ok(Val::number(a.float() + b.float())),
            (Val::Text(a), Val::Text(b)) => {
                self.budget.bytes(a.len().saturating_add(b.len()))?;
                let mut sum = a.into_string().0;
                sum.push_str(&b);
                Ok(Val::text(sum))
            }
            _ => Err(expects("+", "numbers/strings + numbers/strings")),
        }
    }

    fn compare(
        &self,
        operator: &str,
        left: &Val<'v>,
        right: &Val<'v>,
        numbers: fn(f64, f64) -> bool,
        texts: fn(&str, &str) -> bool,
    ) -> Result<Val<'v>, Error> {
        match (left, right) {
            (Val::Number(a), Val::Number(b)) => Ok(Val::Bool(numbers(a.float(), b.float()))),
            (Val::Text(a), Val::Text(b)) => {
                self.budget.scan(a.len().min(b.len()))?;
                Ok(Val::Bool(texts(a, b)))
            }
            _ => Err(expects(operator, &format!("numbers/strings {operator} numbers/strings"))),
        }
    }
}

fn arithmetic<'v>(
    operator: &str,
    left: &Val<'v>,
    right: &Val<'v>,
    compute: fn(f64, f64) -> f64,
) -> Result<Val<'v>, Error> {
    match (left, right) {
        (Val::Number(a), Val::Number(b)) => Ok(Val::number(compute(a.float(), b.float()))),
        _ => Err(expects(operator, &format!("number {operator} number"))),
    }
}

fn expects(operator: &str, operands: &str) -> Error {
    Error::interpreter(format!("infix: {operator} expects {operands}"))
}

fn unknown(name: &str) -> Error {
    Error::interpreter(format!("unknown context value {name}"))
}
