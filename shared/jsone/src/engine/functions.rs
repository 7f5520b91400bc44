//! The functions that expressions can call.

use super::{Engine, Scope, time};
use crate::error::{Error, excerpt};
use crate::value::{Text, Val, parse_number};

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Ceil,
    Defined,
    Floor,
    FromNow,
    Join,
    Len,
    Lowercase,
    Lstrip,
    Max,
    Min,
    Number,
    Range,
    Rstrip,
    Split,
    Sqrt,
    Str,
    Strip,
    Typeof,
    Uppercase,
}

const NAMES: [(&str, Function); 20] = [
    ("abs", Function::Abs),
    ("ceil", Function::Ceil),
    ("defined", Function::Defined),
    ("floor", Function::Floor),
    ("fromNow", Function::FromNow),
    ("join", Function::Join),
    ("len", Function::Len),
    ("lowercase", Function::Lowercase),
    ("lstrip", Function::Lstrip),
    ("max", Function::Max),
    ("min", Function::Min),
    ("number", Function::Number),
    ("range", Function::Range),
    ("rstrip", Function::Rstrip),
    ("split", Function::Split),
    ("sqrt", Function::Sqrt),
    ("str", Function::Str),
    ("strip", Function::Strip),
    ("typeof", Function::Typeof),
    ("uppercase", Function::Uppercase),
];

impl Function {
    /// The function of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(own, _)| *own == name).map(|(_, function)| *function)
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }

    fn invalid(self) -> Error {
        Error::builtin(format!("invalid arguments to builtin: {}", self.name()))
    }

    fn too_few(self, least: usize) -> Error {
        let name = self.name();
        Error::builtin(format!("invalid arguments to builtin: {name}: expected at least {least} arguments"))
    }
}

impl<'v> Engine<'v> {
    /// Calls a function.
    pub(super) fn call(
        &self,
        function: Function,
        arguments: Vec<Val<'v>>,
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        self.budget.steps(arguments.len())?;
        match function {
            Function::Abs => one_number(function, &arguments, f64::abs),
            Function::Ceil => one_number(function, &arguments, f64::ceil),
            Function::Floor => one_number(function, &arguments, f64::floor),
            Function::Sqrt => one_number(function, &arguments, f64::sqrt),
            Function::Max => extreme(function, &arguments, |best, number| number > best),
            Function::Min => extreme(function, &arguments, |best, number| number < best),
            Function::Range => self.range(&arguments),
            Function::FromNow => self.call_from_now(&arguments, scope),
            Function::Defined => {
                let name = one_text(function, &arguments)?;
                self.budget.scan(name.len())?;
                let found = self.lookup(name, scope)?.is_some() || Function::named(name).is_some();
                Ok(Val::Bool(found))
            }
            Function::Typeof => match &arguments[..] {
                [value] => Ok(Val::Text(Text::Borrowed(value.type_name()))),
                _ => Err(function.invalid()),
            },
            Function::Str => match &arguments[..] {
                [Val::Text(text)] => Ok(Val::Text(text.clone())),
                [value @ (Val::Null | Val::Bool(_) | Val::Number(_))] => self.display(value).map(Val::text),
                _ => Err(function.invalid()),
            },
            Function::Len => match &arguments[..] {
                [Val::Text(text)] => Ok(Val::number(self.text_length(text)? as f64)),
                [Val::Array(array)] => Ok(Val::number(array.len() as f64)),
                _ => Err(function.invalid()),
            },
            Function::Split | Function::Join => self.call_on_two(function, &arguments),
            _ => self.call_on_text(function, one_text(function, &arguments)?),
        }
    }

    fn call_on_text(&self, function: Function, text: &Text<'v>) -> Result<Val<'v>, Error> {
        self.budget.scan(text.len())?;
        match function {
            Function::Number => Ok(Val::number(parse_number(text))),
            Function::Lowercase => self.lowercase(text),
            Function::Uppercase => self.uppercase(text),
            Function::Lstrip => self.strip(text, true, false),
            Function::Rstrip => self.strip(text, false, true),
            _ => self.strip(text, true, true),
        }
    }

    fn call_on_two(&self, function: Function, arguments: &[Val<'v>]) -> Result<Val<'v>, Error> {
        let [first, separator @ (Val::Text(_) | Val::Number(_))] = arguments else {
            return Err(function.invalid());
        };
        let separator = self.display(separator)?;
        match (function, first) {
            (Function::Split, Val::Text(text)) => self.split(text, &separator),
            (Function::Join, Val::Array(array)) => self.join(array, &separator),
            _ => Err(function.invalid()),
        }
    }

    fn range(&self, arguments: &[Val<'v>]) -> Result<Val<'v>, Error> {
        let function = Function::Range;
        if arguments.len() < 2 {
            return Err(function.too_few(2));
        }
        let numbers = numbers(function, arguments)?;
        let step = numbers.get(2).copied().unwrap_or(1.0);
        let integers = [numbers[0], numbers[1], step];
        if step == 0.0 || integers.iter().any(|number| !number.is_finite() || number.fract() != 0.0) {
            return Err(function.invalid());
        }
        let count = ((numbers[1] - numbers[0]) / step).ceil().max(0.0) as usize;
        self.budget.items(count)?;
        let items = (0..count).map(|i| Val::number(numbers[0] + i as f64 * step)).collect();
        self.array_of_paid(items)
    }

    fn call_from_now(&self, arguments: &[Val<'v>], scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let function = Function::FromNow;
        if arguments.iter().any(|argument| !matches!(argument, Val::Text(_))) {
            return Err(function.invalid());
        }
        let Some(Val::Text(span)) = arguments.first() else { return Err(function.too_few(1)) };
        let reference = arguments.get(1).filter(|reference| reference.is_truthy()).cloned();
        self.after(span, reference, scope, Error::builtin)
    }

    /// The instant that is `span` after `reference`, or after `now` without one, as a text. `wrong` makes an error of
    /// what is wrong with these.
    pub(super) fn after(
        &self,
        span: &str,
        reference: Option<Val<'v>>,
        scope: &Scope<'_, 'v>,
        wrong: fn(String) -> Error,
    ) -> Result<Val<'v>, Error> {
        self.budget.scan(span.len())?;
        let no_span = || wrong(format!("String: '{}' isn't a time expression", excerpt(span)));
        let span = time::parse_span(span).ok_or_else(no_span)?;
        let reference =
            reference.map_or_else(|| self.lookup("now", scope), |reference| Ok(Some(reference)))?;
        let start = match &reference {
            Some(Val::Text(instant)) => time::parse_instant(instant),
            Some(Val::Number(milliseconds)) => Some(milliseconds.float()),
            _ => None,
        };
        let no_start = || {
            wrong(
                "the time to count from must be an ISO 8601 instant, such as 2017-01-19T16:27:20.974Z".into(),
            )
        };
        let instant = time::format_instant(start.ok_or_else(no_start)? + span);
        instant.map(Val::text).ok_or_else(|| wrong("the time is out of range".into()))
    }
}

fn one_text<'a, 'v>(function: Function, arguments: &'a [Val<'v>]) -> Result<&'a Text<'v>, Error> {
    match arguments {
        [Val::Text(text)] => Ok(text),
        _ => Err(function.invalid()),
    }
}

fn numbers(function: Function, arguments: &[Val<'_>]) -> Result<Vec<f64>, Error> {
    let number = |argument: &Val<'_>| match argument {
        Val::Number(number) => Ok(number.float()),
        _ => Err(function.invalid()),
    };
    arguments.iter().map(number).collect()
}

fn one_number<'v>(
    function: Function,
    arguments: &[Val<'v>],
    compute: fn(f64) -> f64,
) -> Result<Val<'v>, Error> {
    match arguments {
        [Val::Number(number)] => Ok(Val::number(compute(number.float()))),
        _ => Err(function.invalid()),
    }
}

/// The number that is better than all others; NaN if one is NaN.
fn extreme<'v>(
    function: Function,
    arguments: &[Val<'v>],
    better: fn(f64, f64) -> bool,
) -> Result<Val<'v>, Error> {
    let numbers = numbers(function, arguments)?;
    let choose = |best: f64, number: f64| if number.is_nan() || better(best, number) { number } else { best };
    let best = numbers.into_iter().reduce(choose).ok_or_else(|| function.too_few(1))?;
    Ok(Val::number(best))
}
