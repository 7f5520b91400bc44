//! Texts of a row, also those too long to be written out.

use serde::Deserialize;

/// A text: as it is, or the concatenation of a list's parts.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Text {
    Plain(String),
    Parts(Vec<Part>),
}

/// A part of a text: as it is, or so many times.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Part {
    Once(String),
    Repeated(String, usize),
}

impl Text {
    /// The whole text.
    pub(super) fn whole(&self) -> String {
        match self {
            Text::Plain(text) => text.clone(),
            Text::Parts(parts) => parts.iter().map(Part::whole).collect(),
        }
    }
}

impl Part {
    fn whole(&self) -> String {
        match self {
            Part::Once(text) => text.clone(),
            Part::Repeated(text, times) => text.repeat(*times),
        }
    }
}
