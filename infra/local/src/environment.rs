//! Settings that come by the environment alone: AWS's own variables, the names of tables, secrets.

use std::env;

use treble_aws::dynamodb::TableNames;
use treble_aws::settings::{
    AUTH_TABLE, FIRES_TABLE, GATES_TABLE, HOOKS_TABLE, MASTER_KEY_ARN, SettingError, Variables,
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
