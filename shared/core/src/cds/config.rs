//! What a task says of itself: texts by name, as CDS has them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MASK, SECRET};

/// A task's configuration: each entry a text, with who may change it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config {
    entries: BTreeMap<String, ConfigValue>,
}

/// An entry of a [`Config`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigValue {
    /// The text.
    #[serde(default)]
    pub value: String,
    /// Whether CDS lets its users change it.
    #[serde(default)]
    pub configurable: bool,
    /// What CDS shows it as, e.g. `string`.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// A configuration that no task of its type can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("config {name}: {problem}")]
pub struct InvalidConfig {
    /// The entry.
    pub name: String,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

impl Config {
    /// An entry's text; None where there is no such entry, or an empty one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.entries.get(name).map(|entry| entry.value.as_str()).filter(|value| !value.is_empty())
    }

    /// The text of an entry that must be there.
    ///
    /// # Errors
    /// When it isn't, or is empty.
    pub fn required(&self, name: &str) -> Result<&str, InvalidConfig> {
        self.get(name).ok_or_else(|| InvalidConfig::new(name, "is missing or empty"))
    }

    /// Sets an entry that nobody is to change.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let entry = ConfigValue { value: value.into(), configurable: false, kind: "string".into() };
        self.entries.insert(name.into(), entry);
    }

    /// All entries, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ConfigValue)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// The same without its secret: what an execution keeps, and what its workflow may get of it.
    #[must_use]
    pub fn without_secret(&self) -> Self {
        let mut entries = self.entries.clone();
        entries.remove(SECRET);
        Self { entries }
    }

    /// The same with a mask in place of its secret: what is shown.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut config = self.clone();
        if let Some(secret) = config.get_mut(SECRET).filter(|secret| !secret.value.is_empty()) {
            secret.value = MASK.into();
        }
        config
    }

    /// An entry, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut ConfigValue> {
        self.entries.get_mut(name)
    }
}

impl FromIterator<(String, ConfigValue)> for Config {
    fn from_iter<I: IntoIterator<Item = (String, ConfigValue)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}

impl InvalidConfig {
    /// What is wrong with an entry.
    pub fn new(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { name: name.into(), problem: problem.into() }
    }
}
