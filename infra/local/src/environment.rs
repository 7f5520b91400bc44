//! Settings that come by the environment alone: AWS's own variables, the names of tables, secrets.

use std::env;

use treble_aws::client::AwsSettings;
use treble_aws::dynamodb::TableNames;
use treble_aws::http::{InvalidRootUrl, RootUrl};
use treble_aws::sink::QueueCredentials;

use crate::output::Failure;

/// A variable that must be set.
#[derive(Debug, thiserror::Error)]
#[error("{name} is not set: it must hold {what}, e.g. {name}={example}")]
pub(crate) struct MissingVariable {
    name: &'static str,
    what: &'static str,
    example: &'static str,
}

/// Where AWS is and who we are there.
pub(crate) fn aws() -> Result<AwsSettings, MissingVariable> {
    Ok(AwsSettings {
        region: required("AWS_REGION", "the region of the tables and queues", "eu-central-1")?,
        access_key_id: required("AWS_ACCESS_KEY_ID", "an access key", "AKIAIOSFODNN7EXAMPLE")?,
        secret_access_key: required("AWS_SECRET_ACCESS_KEY", "the access key's secret", "…")?,
        session_token: optional("AWS_SESSION_TOKEN"),
        endpoint_url: optional("AWS_ENDPOINT_URL"),
    })
}

/// Whether the environment names an emulator in the place of AWS.
pub(crate) fn has_emulator() -> bool {
    optional("AWS_ENDPOINT_URL").is_some()
}

/// Who we are at a Taskcluster deployment.
pub(crate) fn taskcluster() -> Result<QueueCredentials, Failure> {
    let client_id =
        required("TASKCLUSTER_CLIENT_ID", "the client to call the deployment as", "treble")?;
    let access_token = required("TASKCLUSTER_ACCESS_TOKEN", "that client's access token", "…")?;
    let certificate = optional("TASKCLUSTER_CERTIFICATE");
    Ok(QueueCredentials::new(&client_id, &access_token, certificate.as_deref())?)
}

/// A deployment whose API is to be called, and as whom; None where the environment names none. Without a client it is
/// called as anybody.
pub(crate) fn deployment() -> Result<Option<(RootUrl, Option<QueueCredentials>)>, Failure> {
    let Some(root_url) = optional(ROOT_URL) else { return Ok(None) };
    let root_url = root_url.parse().map_err(|source| BadRootUrl { source })?;
    let anybody = optional("TASKCLUSTER_CLIENT_ID").is_none() && optional("TASKCLUSTER_ACCESS_TOKEN").is_none();
    Ok(Some((root_url, if anybody { None } else { Some(taskcluster()?) })))
}

/// Names the deployment.
pub(crate) const ROOT_URL: &str = "TASKCLUSTER_ROOT_URL";

#[derive(Debug, thiserror::Error)]
#[error("{ROOT_URL} is no root URL")]
struct BadRootUrl {
    #[source]
    source: InvalidRootUrl,
}

/// What the tables are called.
pub(crate) fn table_names() -> Result<TableNames, MissingVariable> {
    Ok(TableNames {
        hooks: required("TREBLE_HOOKS_TABLE", "the name of the table of hooks", "treble-hooks")?,
        fires: required("TREBLE_FIRES_TABLE", "the name of the table of fire records", "treble-fires")?,
        auth: auth_table()?,
        gates: required("TREBLE_GATES_TABLE", "the name of the table of gates", "treble-gates")?,
    })
}

/// What the table of clients and roles is called.
pub(crate) fn auth_table() -> Result<String, MissingVariable> {
    required("TREBLE_AUTH_TABLE", "the name of the table of clients and roles", "treble-auth")
}

fn required(
    name: &'static str,
    what: &'static str,
    example: &'static str,
) -> Result<String, MissingVariable> {
    optional(name).ok_or(MissingVariable { name, what, example })
}

/// A variable that is empty says as little as one that isn't there.
fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
