//! The operators, loops aside: `$eval`, `$if`, `$let` and so on.

use super::{Engine, Scope};
use crate::context::is_identifier;
use crate::error::Error;
use crate::template::{Code, Node, Operator};
use crate::value::{Array, Val, write_json};

impl<'v> Engine<'v> {
    pub(super) fn operate(
        &self,
        operator: &'v Operator,
        scope: &Scope<'_, 'v>,
    ) -> Result<Option<Val<'v>>, Error> {
        match operator {
            Operator::Eval(code) => self.run(code, scope).map(Some),
            Operator::If { condition, then, otherwise } => {
                let branch = if self.run(condition, scope)?.is_truthy() { then } else { otherwise };
                branch.as_ref().map_or(Ok(None), |branch| self.render(branch, scope))
            }
            Operator::Switch { cases, default } => self.switch(cases, default.as_ref(), scope),
            Operator::Match(cases) => self.matching(cases, scope).map(Some),
            Operator::Let { names, body } => self.bind(names, body.as_ref(), scope),
            Operator::Map { over, each } => self.map(over, each, scope).map(Some),
            Operator::Find { over, each } => self.find(over, each, scope),
            Operator::Reduce { over, each } => self.reduce(over, each, scope).map(Some),
            Operator::Sort { over, by } => self.sort(over, by.as_ref(), scope).map(Some),
            Operator::Merge(operand) => self.merge(operand, scope).map(Some),
            Operator::MergeDeep(operand) => self.merge_deep(operand, scope).map(Some),
            Operator::Reverse(operand) => self.reverse(operand, scope).map(Some),
            Operator::Flatten(operand) => self.flatten(operand, scope).map(Some),
            Operator::FlattenDeep(operand) => self.flatten_deep(operand, scope).map(Some),
            Operator::Json(operand) => self.json(operand, scope).map(Some),
            Operator::FromNow { span, from } => self.instant(span, from.as_ref(), scope).map(Some),
        }
    }

    /// The value of an expression of the template.
    pub(super) fn run(&self, code: &'v Code, scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        match code {
            Ok(expression) => self.evaluate(expression, scope),
            Err(error) => Err(error.clone()),
        }
    }

    fn matching(&self, cases: &'v [(Code, Node)], scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let mut items = Vec::new();
        for (condition, node) in cases {
            if self.run(condition, scope)?.is_truthy() {
                items.push(self.operand(node, scope)?);
            }
        }
        self.array(items)
    }

    fn switch(
        &self,
        cases: &'v [(Code, Node)],
        default: Option<&'v Node>,
        scope: &Scope<'_, 'v>,
    ) -> Result<Option<Val<'v>>, Error> {
        let mut found = Vec::new();
        for (condition, node) in cases {
            if self.run(condition, scope)?.is_truthy() {
                found.push(self.render(node, scope)?);
            }
        }
        match (found.len(), default) {
            (0, Some(default)) => self.render(default, scope),
            (0 | 1, _) => Ok(found.pop().flatten()),
            _ => Err(Error::template("$switch can only have one truthy condition")),
        }
    }

    fn bind(
        &self,
        names: &'v Node,
        body: Option<&'v Node>,
        scope: &Scope<'_, 'v>,
    ) -> Result<Option<Val<'v>>, Error> {
        let Val::Object(names) = self.operand(names, scope)? else {
            return Err(Error::template("$let value must be an object"));
        };
        for (name, _) in names.iter() {
            self.budget.step()?;
            self.budget.scan(name.len())?;
            if !is_identifier(&name) {
                return Err(Error::template("top level keys of $let must follow /[a-zA-Z_][a-zA-Z0-9_]*/"));
            }
        }
        let body = body.ok_or_else(|| Error::template("$let operator requires an `in` clause"))?;
        self.render(body, &scope.with_object(&names))
    }

    /// What an operand renders to, which must be an array: else `wrong`.
    pub(super) fn array_of(
        &self,
        operand: &'v Node,
        wrong: &str,
        scope: &Scope<'_, 'v>,
    ) -> Result<Array<'v>, Error> {
        match self.operand(operand, scope)? {
            Val::Array(array) => Ok(array),
            _ => Err(Error::template(wrong)),
        }
    }

    fn reverse(&self, operand: &'v Node, scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let array = self.array_of(operand, "$reverse value must evaluate to an array of objects", scope)?;
        self.budget.items(array.len())?;
        let mut items = array.into_items();
        items.reverse();
        self.array_of_paid(items)
    }

    fn flatten(&self, operand: &'v Node, scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let array = self.array_of(operand, "$flatten value must evaluate to an array", scope)?;
        let mut flat = Vec::new();
        for item in array.iter() {
            self.budget.items(1)?;
            match item {
                Val::Array(inner) => {
                    self.budget.items(inner.len())?;
                    flat.extend(inner.iter());
                }
                item => flat.push(item),
            }
        }
        self.array_of_paid(flat)
    }

    fn flatten_deep(&self, operand: &'v Node, scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let array = self.array_of(operand, "$flattenDeep value must evaluate to an array", scope)?;
        let mut flat = Vec::new();
        self.flatten_into(&array, &mut flat, 1)?;
        self.array_of_paid(flat)
    }

    fn flatten_into(&self, array: &Array<'v>, flat: &mut Vec<Val<'v>>, depth: usize) -> Result<(), Error> {
        self.budget.depth(depth)?;
        for item in array.iter() {
            self.budget.items(1)?;
            match item {
                Val::Array(inner) => self.flatten_into(&inner, flat, depth + 1)?,
                item => flat.push(item),
            }
        }
        Ok(())
    }

    fn json(&self, operand: &'v Node, scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let value = self.operand(operand, scope)?;
        let mut out = String::new();
        write_json(&value, &mut out, &self.budget)?;
        Ok(Val::text(out))
    }

    fn instant(
        &self,
        span: &'v Node,
        from: Option<&'v Node>,
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let span = self.operand(span, scope)?;
        let from = from.map(|from| self.operand(from, scope)).transpose()?;
        let Val::Text(span) = span else { return Err(Error::template("$fromNow expects a string")) };
        let given = |from: &Val<'v>| matches!(from, Val::Array(_) | Val::Object(_)) || from.is_truthy();
        self.after(&span, from.filter(given), scope, Error::template)
    }
}
