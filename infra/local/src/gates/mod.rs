//! `treble integrator` and `treble deliveries`: the API of gates, for people and scripts. Like `treble hooks`, whose client of the
//! API they use.

pub(crate) mod deliveries;
pub(crate) mod integrator;

use serde_json::Value;

use crate::output::{self, Styled, plain, style};

/// A text of what the API has answered; empty where there is none.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A line of what is shown of one thing.
fn field(name: &str, value: &str) {
    output::styled(&format!("{}  {}", Styled(style::HEADING, format!("{name:<14}")), plain(value)));
}
