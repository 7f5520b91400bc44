//! A hook as CDS sends it: a *workflow node hook*.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Config, Kind, Task};

/// What CDS sends of a hook. Later releases name the model at the top; all else that they send is not needed here.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct NodeHook {
    /// The task's identity.
    #[serde(default, deserialize_with = "null_is_default")]
    pub uuid: String,
    /// What kind of hook it is.
    #[serde(default)]
    pub model: Option<Model>,
    /// Its model's name, as later releases tell it.
    #[serde(default)]
    pub hook_model_name: Option<String>,
    /// Its configuration.
    #[serde(default, deserialize_with = "null_is_default")]
    pub config: Config,
    /// When CDS is to run the workflow.
    #[serde(default)]
    pub conditions: Option<Value>,
}

/// A hook's model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Model {
    /// Its name, e.g. `WebHook`.
    #[serde(default)]
    pub name: String,
}

/// Go writes null for a map that has nothing.
fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Why a node hook is no task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNodeHook {
    /// It names no model.
    #[error("model.name or hook_model_name is missing: it must be one of {}", Kind::models().join(", "))]
    NoModel,
    /// Its model is none of those that there are.
    #[error("model {0:?} is unknown: it must be one of {known}", known = Kind::models().join(", "))]
    UnknownModel(String),
}

impl NodeHook {
    /// The task that it asks for, as it is before its configuration is completed.
    ///
    /// # Errors
    /// When its model is missing or unknown.
    pub fn task(&self) -> Result<Task, InvalidNodeHook> {
        let named = self.hook_model_name.as_deref().or(self.model.as_ref().map(|model| model.name.as_str()));
        let model = named.filter(|name| !name.is_empty()).ok_or(InvalidNodeHook::NoModel)?;
        let kind = Kind::of_model(model).ok_or_else(|| InvalidNodeHook::UnknownModel(model.into()))?;
        Ok(Task { kind, stopped: false, config: self.config.clone(), conditions: self.conditions.clone() })
    }
}
