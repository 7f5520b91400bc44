//! `RepoPoller`: somebody asks a provider what happened in a repository, and the workflow runs for each push, new tag and pull request.
//!
//! The poller publishes each as a [`RepositoryEvent`] to the exchange `repository/<vcsServer>/<repoFullName>`. The payload has what
//! config `payload` says too; what the event says comes before it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entries::{Entries, PAYLOAD, invalid, other_cause};
use super::git::{BRANCH, Ignored, Provider, REPOSITORY, TAG};
use super::{Cause, Config, InvalidConfig, KindOf, Payload, PayloadError, Wakes, json};
use crate::hook::Binding;

/// See the module.
pub(super) static REPOSITORY_POLLER: KindOf = KindOf {
    name: "RepoPoller",
    model: "Git Repository Poller",
    has_url: false,
    of_broker: false,
    wakes,
    admit: |_, _, _| Ok(()),
    event_id: |_| None,
    of_message: |event| Cause::Repository { event },
    payload,
};

/// Something that happened in a repository, as a provider's API lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepositoryEvent {
    /// Whose API it is.
    pub provider: Provider,
    /// What the provider calls it: the same twice is the same event.
    pub id: String,
    /// The repository, e.g. `owner/name`.
    pub repository: String,
    /// The branch that it is of, where the event itself doesn't tell: a commit of Bitbucket Cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The tag, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// As listed. GitHub: an element of `/repos/{owner}/{repo}/events`. GitLab: of `/projects/:id/events`. Bitbucket Cloud: the
    /// commit that an element of `/repositories/{workspace}/{slug}/refs` leads to; Server: an element of
    /// `…/repos/{slug}/ref-change-activities`.
    pub event: Value,
}

impl RepositoryEvent {
    /// Whether workflows run for events like this one: others need not be published.
    pub fn is_for_workflows(&self) -> bool {
        self.provider.polled(&self.event).is_ok()
    }
}

fn wakes(config: &Config) -> Result<Wakes, InvalidConfig> {
    json::of_config(config)?;
    let (server, repository) = (config.required("vcsServer")?, config.required("repoFullName")?);
    if server.contains('/') {
        // It would be another server's repository as well.
        return Err(InvalidConfig::new("vcsServer", "must be the name of a server, without /"));
    }
    let exchange = format!("repository/{server}/{repository}");
    let binding = Binding { exchange, routing_key_pattern: "#".to_owned() };
    Ok(Wakes { bindings: vec![binding], ..Wakes::default() })
}

fn payload(config: &Config, cause: &Cause) -> Result<Payload, PayloadError> {
    let Cause::Repository { event } = cause else {
        return Err(other_cause("RepoPoller", "events of its repository", cause));
    };
    let found = RepositoryEvent::deserialize(event).map_err(|error| {
        PayloadError(format!(
            "the event must have provider, id, repository and event as the poller tells them: {error}"
        ))
    })?;
    Ok(match found.provider.polled(&found.event) {
        Ok(entries) => told(&found, entries).or(json::of_config(config).map_err(invalid)?).run(),
        Err(Ignored(why)) => Payload::Ignored(why),
    })
}

fn told(found: &RepositoryEvent, mut entries: Entries) -> Entries {
    entries.offer(REPOSITORY, Some(&found.repository));
    if let Some(branch) = &found.branch {
        entries.offer(BRANCH, Some(branch));
    }
    if let Some(tag) = &found.tag {
        entries.offer(TAG, Some(tag));
    }
    entries.set(PAYLOAD, found.event.to_string());
    entries
}
