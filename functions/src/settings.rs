//! The settings of a function: those that it uses, read once.

use treble_api::taskcluster::denied::DeniedExchanges;
use treble_aws::client::AwsSettings;
use treble_aws::http::RootUrl;
use treble_aws::settings::{
    AUTH, AUTH_TABLE, AuthChoice, DENIED_EXCHANGES, FIRES_TABLE, HOOK_GATES, HOOKS_TABLE, MASTER_KEY_ARN,
    ROOT_URL, SINK, SettingError, SinkChoice, TRACE_IN_TASKS, Variables, YesOrNo,
};
use treble_aws::sink::QueueCredentials;

use crate::Uses;
use crate::gates::GatesSettings;

/// What the environment says, as far as a function uses it.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The URL by which clients know the service.
    pub(crate) root_url: String,
    /// Where AWS is; None where nothing of it is used.
    pub(crate) aws: Option<AwsSettings>,
    /// The table of hooks.
    pub(crate) hooks_table: Option<String>,
    /// The table of fire records.
    pub(crate) fires_table: Option<String>,
    /// The table of clients and roles.
    pub(crate) auth_table: Option<String>,
    /// The secret that is the master key.
    pub(crate) master_key: Option<String>,
    /// Who tells who calls.
    pub(crate) auth: Option<AuthChoice>,
    /// Where tasks are created.
    pub(crate) sink: Option<LambdaSink>,
    /// Whether tasks say which trace they belong to.
    pub(crate) trace_in_tasks: bool,
    /// The exchanges that no hook may be bound to.
    pub(crate) denied_exchanges: DeniedExchanges,
    /// Where integrators are, for who administers them.
    pub(crate) gates: Option<GatesSettings>,
    /// The same, for who asks and tells them of hooks.
    pub(crate) hook_gates: Option<GatesSettings>,
}

/// Where a Lambda can create tasks.
#[derive(Debug)]
pub(crate) enum LambdaSink {
    /// The SQS queue of this URL.
    Sqs(String),
    /// The Queue of a Taskcluster deployment, as this client.
    Taskcluster(RootUrl, QueueCredentials),
}

/// A sink for one machine.
#[derive(Debug, thiserror::Error)]
#[error("a Lambda has no disk to keep a journal on: use sqs:QUEUE_URL or taskcluster:ROOT_URL")]
struct NoJournal;

impl Settings {
    /// Reads what the function uses.
    pub(crate) fn read<F>(uses: &Uses, variables: &Variables<F>) -> Result<Self, SettingError>
    where
        F: Fn(&str) -> Option<String>,
    {
        let auth = uses.callers.map(|_| auth(variables)).transpose()?;
        let sink = uses.sink.map(|_| sink(variables)).transpose()?;
        let own_clients = auth == Some(AuthChoice::Table);
        // Another deployment's queue knows the roles of hooks itself.
        let own_roles = uses.credentials.is_some() && matches!(sink, Some(LambdaSink::Sqs(_)));
        let auth_table = own_clients || own_roles;
        let root_url: RootUrl = variables.parsed(ROOT_URL)?;
        let gates = uses.gates.map(|gates| gates.settings(variables)).transpose()?;
        let asks =
            uses.hook_gates.is_some() && variables.parsed_or_default::<YesOrNo>(HOOK_GATES)? == YesOrNo::Yes;
        let hook_gates = asks.then(|| GatesSettings::read(variables, true, true)).transpose()?;
        let used = |used: bool, variable| used.then(|| variables.required(variable)).transpose();
        let mut settings = Self {
            root_url: root_url.to_string(),
            aws: None,
            hooks_table: used(uses.hooks.is_some(), HOOKS_TABLE)?,
            fires_table: used(uses.fires.is_some(), FIRES_TABLE)?,
            auth_table: used(auth_table, AUTH_TABLE)?,
            // The table's access tokens are sealed with it, and integrators' secrets.
            master_key: used(
                uses.tokens || auth_table || gates.is_some() || hook_gates.is_some(),
                MASTER_KEY_ARN,
            )?,
            auth,
            sink,
            trace_in_tasks: uses.fires.is_some()
                && uses.sink.is_some()
                && variables.parsed_or_default::<YesOrNo>(TRACE_IN_TASKS)? == YesOrNo::Yes,
            denied_exchanges: variables.parsed_or_default::<DeniedExchanges>(DENIED_EXCHANGES)?,
            gates,
            hook_gates,
        };
        if settings.uses_aws() {
            settings.aws = Some(variables.aws()?);
        }
        Ok(settings)
    }

    fn uses_aws(&self) -> bool {
        let named = [&self.hooks_table, &self.fires_table, &self.auth_table, &self.master_key];
        named.iter().any(|name| name.is_some()) || matches!(self.sink, Some(LambdaSink::Sqs(_)))
    }
}

fn auth<F: Fn(&str) -> Option<String>>(variables: &Variables<F>) -> Result<AuthChoice, SettingError> {
    match variables.optional(AUTH.name) {
        Some(_) => variables.parsed(AUTH),
        None => Ok(AuthChoice::Table),
    }
}

fn sink<F: Fn(&str) -> Option<String>>(variables: &Variables<F>) -> Result<LambdaSink, SettingError> {
    match variables.parsed(SINK)? {
        SinkChoice::Sqs(url) => Ok(LambdaSink::Sqs(url)),
        SinkChoice::Taskcluster(root_url) => Ok(LambdaSink::Taskcluster(root_url, variables.taskcluster()?)),
        SinkChoice::Journal(_) => Err(SettingError::Malformed { variable: SINK, source: NoJournal.into() }),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    const AWS: [(&str, &str); 3] =
        [("AWS_REGION", "r"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "s")];

    fn read(uses: Uses, set: &[(&str, &str)]) -> Result<Settings, SettingError> {
        let set = [&[("TREBLE_ROOT_URL", "https://x.example/")], &AWS[..], set].concat();
        let look_up = |name: &str| {
            let found = set.iter().rev().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::read(&uses, &Variables::new(look_up))
    }

    #[test]
    fn a_function_asks_for_what_it_uses_only() {
        let ping = read(Uses::NOTHING, &[]).unwrap();
        assert_eq!(ping.root_url, "https://x.example");
        assert!(ping.aws.is_none() && ping.master_key.is_none() && ping.auth.is_none());

        let mut set = Vec::new();
        for name in ["TREBLE_HOOKS_TABLE", "TREBLE_AUTH_TABLE", "TREBLE_MASTER_KEY_ARN"] {
            let error = read(Uses::HOOKS, &set).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} is not set")), "{error}");
            set.push((name, "x"));
        }
        let hook = read(Uses::HOOKS, &set).unwrap();
        assert!(hook.aws.is_some() && hook.sink.is_none() && hook.fires_table.is_none());

        // Another deployment's clients need neither a table nor a key here.
        let set = [("TREBLE_HOOKS_TABLE", "h"), ("TREBLE_AUTH", "taskcluster:https://tc.example")];
        let hook = read(Uses::HOOKS, &set).unwrap();
        assert!(hook.auth_table.is_none() && hook.master_key.is_none());
    }

    #[test]
    fn where_the_sink_checks_roles_none_are_read() {
        let mut set = vec![
            ("TREBLE_HOOKS_TABLE", "h"),
            ("TREBLE_FIRES_TABLE", "f"),
            ("TREBLE_MASTER_KEY_ARN", "k"),
            ("TREBLE_SINK", "sqs:https://sqs.example/1/q"),
        ];
        let error = read(Uses::FIRING_BY_TOKEN, &set).unwrap_err().to_string();
        assert!(error.starts_with("TREBLE_AUTH_TABLE is not set"), "{error}");
        set.push(("TREBLE_SINK", "taskcluster:https://tc.example"));
        let error = read(Uses::FIRING_BY_TOKEN, &set).unwrap_err().to_string();
        assert!(error.starts_with("TASKCLUSTER_CLIENT_ID is not set"), "{error}");
        set.extend([("TASKCLUSTER_CLIENT_ID", "c"), ("TASKCLUSTER_ACCESS_TOKEN", "t")]);
        assert!(read(Uses::FIRING_BY_TOKEN, &set).unwrap().auth_table.is_none());
    }

    #[test]
    fn a_lambda_keeps_no_journal() {
        let error = read(Uses::FIRING_BY_TOKEN, &[("TREBLE_SINK", "journal:/tmp/x")]).unwrap_err();
        assert!(error.to_string().starts_with("TREBLE_SINK must hold"), "{error}");
        assert!(error.source().unwrap().to_string().contains("no disk"));
    }
}
