//! What a task is, beside what every hook is.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Config, GROUP, InvalidConfig, Kind};
use crate::hook::{Hook, HookName, InvalidHookName, Metadata};

/// A task of CDS: the part of a hook's definition that is its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Whether it was stopped: what happens then is recorded, and skipped.
    #[serde(default)]
    pub stopped: bool,
    /// Its configuration.
    #[serde(default)]
    pub config: Config,
    /// When CDS is to run the workflow; CDS's own concern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Value>,
}

/// The hook that a task is.
///
/// # Errors
/// When the uuid has characters that no hookId may have.
pub fn hook_name(uuid: &str) -> Result<HookName, InvalidHookName> {
    HookName::new(GROUP, uuid)
}

impl Task {
    /// The definition of the hook that it is. What wakes it, a schedule or messages, follows from its configuration.
    ///
    /// # Errors
    /// When its type can't have that configuration.
    pub fn into_hook(self, name: &HookName) -> Result<Hook, InvalidConfig> {
        let wakes = (self.kind.of().wakes)(&self.config)?;
        let (project, workflow) = (self.config.required("project")?, self.config.required("workflow")?);
        Ok(Hook {
            hook_id: name.id().to_owned(),
            hook_group_id: name.group().to_owned(),
            bindings: wakes.bindings,
            metadata: Metadata {
                name: format!("{project}/{workflow}"),
                description: format!(
                    "{} of CDS's workflow {workflow} of project {project}",
                    self.kind.of().name
                ),
                owner: String::new(),
                email_on_error: false,
            },
            task: json!({}),
            schedule: wakes.schedule,
            trigger_schema: json!({}),
            cds: Some(Box::new(self)),
        })
    }
}
