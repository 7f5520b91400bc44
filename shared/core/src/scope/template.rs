//! Scope expressions with parameters, for a static table of routes.

use serde_json::{Value, json};

use super::Expr;

/// A scope expression with `<name>` parameters: a constant in the table of routes, rendered for a request.
///
/// ```
/// use treble_core::scope::ScopeTemplate;
///
/// const TRIGGER: ScopeTemplate = ScopeTemplate::Scope("hooks:trigger-hook:<hookGroupId>/<hookId>");
/// let params = [("hookGroupId", "builds"), ("hookId", "nightly")];
/// let expr = TRIGGER.render(|name| params.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)).unwrap();
/// assert_eq!(expr.to_string(), "hooks:trigger-hook:builds/nightly");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeTemplate {
    /// One scope.
    Scope(&'static str),
    /// Each of these.
    AllOf(&'static [ScopeTemplate]),
    /// At least one of these.
    AnyOf(&'static [ScopeTemplate]),
}

/// A template names a parameter that the route doesn't have: a mistake in the table of routes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the scope template {template:?} has the parameter <{name}>, which the route doesn't")]
pub struct UnknownParameter {
    /// The template's text.
    pub template: &'static str,
    /// The parameter's name.
    pub name: &'static str,
}

impl ScopeTemplate {
    /// Fills in the parameters, each by what `param` answers for its name. A value is put in as it is: a `*` at
    /// the end of a rendered scope asks for the wildcard itself.
    pub fn render<'p>(&self, param: impl Fn(&str) -> Option<&'p str>) -> Result<Expr, UnknownParameter> {
        self.render_with(&param)
    }

    fn render_with<'p>(&self, param: &dyn Fn(&str) -> Option<&'p str>) -> Result<Expr, UnknownParameter> {
        let list = |of: &[Self]| of.iter().map(|t| t.render_with(param)).collect::<Result<Vec<_>, _>>();
        Ok(match self {
            Self::Scope(template) => Expr::Scope(fill(template, param)?),
            Self::AllOf(all) => Expr::AllOf(list(all)?),
            Self::AnyOf(any) => Expr::AnyOf(list(any)?),
        })
    }

    /// The template as JSON, as API references show it: parameters unfilled.
    pub fn to_json(&self) -> Value {
        let list = |of: &[Self]| of.iter().map(Self::to_json).collect::<Value>();
        match self {
            Self::Scope(template) => Value::from(*template),
            Self::AllOf(all) => json!({ "AllOf": list(all) }),
            Self::AnyOf(any) => json!({ "AnyOf": list(any) }),
        }
    }
}

fn fill<'p>(
    template: &'static str,
    param: &dyn Fn(&str) -> Option<&'p str>,
) -> Result<String, UnknownParameter> {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, name, after)) = next_parameter(rest) {
        filled.push_str(before);
        filled.push_str(param(name).ok_or(UnknownParameter { template, name })?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The text before the first `<name>`, the name, and the text after it.
fn next_parameter(text: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (before, rest) = text.split_once('<')?;
    let (name, after) = rest.split_once('>')?;
    Some((before, name, after))
}
