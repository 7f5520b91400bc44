//! Settings that come by the environment alone: AWS's own variables, the names of tables, secrets.

use std::env;

use treble_aws::dynamodb::TableNames;
use treble_aws::http::RootUrl;
use treble_aws::settings::{
    AUTH_TABLE, FIRES_TABLE, GATES_TABLE, HOOKS_TABLE, MASTER_KEY_ARN, SettingError, Variable, Variables,
};
use treble_aws::sink::QueueCredentials;

/// The deployment whose hooks the command line is to manage.
pub(crate) const DEPLOYMENT: Variable = Variable {
    name: "TASKCLUSTER_ROOT_URL",
    what: "the root URL of the deployment whose hooks are meant",
    example: "https://tc.example.com",
};

/// The environment of this process.
pub(crate) fn variables() -> Variables<impl Fn(&str) -> Option<String>> {
    Variables::new(|name| env::var(name).ok())
}

/// Whether the environment names an emulator in the place of AWS.
pub(crate) fn has_emulator() -> bool {
    variables().optional("AWS_ENDPOINT_URL").is_some()
}

/// The secret that is the master key, where that is not in the data directory.
pub(crate) fn master_key_secret() -> Option<String> {
    variables().optional(MASTER_KEY_ARN.name)
}

/// A deployment whose API is to be called, and as whom; None where the environment names none. Without a client it is
/// called as anybody.
pub(crate) fn deployment() -> Result<Option<(RootUrl, Option<QueueCredentials>)>, SettingError> {
    let variables = variables();
    if variables.optional(DEPLOYMENT.name).is_none() {
        return Ok(None);
    }
    let root_url = variables.parsed(DEPLOYMENT)?;
    let is_set = |name| variables.optional(name).is_some();
    let named = is_set("TASKCLUSTER_CLIENT_ID") || is_set("TASKCLUSTER_ACCESS_TOKEN");
    Ok(Some((root_url, named.then(|| variables.taskcluster()).transpose()?)))
}

/// What the tables are called.
pub(crate) fn table_names() -> Result<TableNames, SettingError> {
    let variables = variables();
    Ok(TableNames {
        hooks: variables.required(HOOKS_TABLE)?,
        fires: variables.required(FIRES_TABLE)?,
        auth: variables.required(AUTH_TABLE)?,
        gates: variables.required(GATES_TABLE)?,
    })
}
