//! What is found out about one thing.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::output;

/// What is found out about one thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Finding {
    /// The thing, e.g. `table hooks`.
    pub(super) check: String,
    pub(super) state: State,
    /// How it is, or what is wrong with it.
    pub(super) says: String,
    /// What would be right, where something is wrong or could not be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
    /// What was counted, for scripts.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) figures: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// Nothing says where it is, so nobody looked.
    Unchecked,
    Wrong,
}

impl State {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unchecked => "unchecked",
            Self::Wrong => "WRONG",
        }
    }
}

impl Finding {
    fn new(check: impl Into<String>, state: State, says: impl Into<String>, remedy: Option<String>) -> Self {
        Self { check: check.into(), state, says: says.into(), remedy, figures: Map::new() }
    }

    pub(super) fn ok(check: impl Into<String>, says: impl Into<String>) -> Self {
        Self::new(check, State::Ok, says, None)
    }

    pub(super) fn wrong(
        check: impl Into<String>,
        says: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(check, State::Wrong, says, Some(remedy.into()))
    }

    /// It can't be reached, or doesn't do what was asked.
    pub(super) fn failed(
        check: impl Into<String>,
        error: &(dyn std::error::Error + 'static),
        remedy: &str,
    ) -> Self {
        Self::wrong(check, output::chain(error), remedy)
    }

    /// What this variable names could not be looked at, as it isn't set.
    pub(super) fn unset(check: impl Into<String>, variable: &str) -> Self {
        Self::new(check, State::Unchecked, format!("{variable} is not set"), Some(format!("set {variable}")))
    }

    /// With something that was counted.
    #[must_use]
    pub(super) fn with(mut self, name: &str, figure: impl Into<Value>) -> Self {
        self.figures.insert(name.to_owned(), figure.into());
        self
    }
}
