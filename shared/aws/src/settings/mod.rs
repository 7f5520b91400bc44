//! Settings as the environment has them: which variables there are and what they must hold, in one place for the
//! functions and the local server. They read the environment themselves and hand over the looking up.

mod cds;
mod choice;
mod gates;

use std::error::Error;
use std::str::FromStr;

use crate::client::{AwsAccess, AwsSettings};
use crate::sink::QueueCredentials;

pub use cds::{
    CDS_API_URL, CDS_BEATS_QUEUE_URL, CDS_EXECUTION_HISTORY, CDS_NAME, CDS_RETRY_DELAY, CDS_RETRY_ERROR,
    CDS_TOKEN, CDS_TOKEN_ARN, CdsSettings, KAFKA_INTEGRATION,
};
pub use choice::{AuthChoice, InvalidChoice, SinkChoice, YesOrNo};
pub use gates::{
    CCX_TOKEN, CCX_TOKEN_ARN, DELIVERIES_QUEUE_URL, GATES_TABLE, HOOK_GATES, INTEGRATOR_ADDRESSES,
};

/// A variable of the environment, for who has to set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub what: &'static str,
    /// A value that it may have.
    pub example: &'static str,
}

const fn variable(name: &'static str, what: &'static str, example: &'static str) -> Variable {
    Variable { name, what, example }
}

/// The URL by which clients know the service.
pub const ROOT_URL: Variable =
    variable("TREBLE_ROOT_URL", "the URL by which clients know the service", "https://hooks.example.com");
/// The table of hooks.
pub const HOOKS_TABLE: Variable =
    variable("TREBLE_HOOKS_TABLE", "the name of the table of hooks", "treble-hooks");
/// The table of fire records.
pub const FIRES_TABLE: Variable =
    variable("TREBLE_FIRES_TABLE", "the name of the table of fire records", "treble-fires");
/// The table of clients and roles.
pub const AUTH_TABLE: Variable =
    variable("TREBLE_AUTH_TABLE", "the name of the table of clients and roles", "treble-auth");
/// The queue of firings.
pub const FIRINGS_QUEUE_URL: Variable = variable(
    "TREBLE_FIRINGS_QUEUE_URL",
    "the URL of the queue that firings wait in",
    "https://sqs.eu-central-1.amazonaws.com/123456789012/treble-firings",
);
/// See [`SinkChoice`].
pub const SINK: Variable = variable(
    "TREBLE_SINK",
    "where tasks are created",
    "sqs:https://sqs.eu-central-1.amazonaws.com/123456789012/tasks",
);
/// See [`YesOrNo`].
pub const TRACE_IN_TASKS: Variable = variable(
    "TREBLE_TRACE_IN_TASKS",
    "whether tasks say which trace they belong to, in extra.traceparent",
    "yes",
);
/// See [`AuthChoice`].
pub const AUTH: Variable = variable("TREBLE_AUTH", "who tells who calls", "table");
/// The [master key](crate::master_key).
pub const MASTER_KEY_ARN: Variable = variable(
    "TREBLE_MASTER_KEY_ARN",
    "the name or ARN of the secret in Secrets Manager that is the master key",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:treble-master-key",
);
/// The exchanges that no hook may be bound to.
pub const DENIED_EXCHANGES: Variable = variable(
    "TREBLE_DENIED_EXCHANGES",
    "prefixes of exchanges that hooks may not be bound to, with commas between them",
    "exchange/taskcluster-hooks/",
);
/// The bus that changes are published on.
pub const EVENT_BUS: Variable =
    variable("TREBLE_EVENT_BUS", "the name or ARN of the event bus that changes are published on", "treble");
/// Who writes to hooks' owners.
pub const MAIL_FROM: Variable = variable(
    "TREBLE_MAIL_FROM",
    "the address that mails to hooks' owners are from, verified at SES",
    "hooks@example.com",
);

/// The [servers](crate::vcs::VcsServers) whose repositories are polled, in Secrets Manager.
pub const VCS_SERVERS_SECRET: Variable = variable(
    "TREBLE_VCS_SERVERS_ARN",
    "the name or ARN of the secret in Secrets Manager that has the servers whose repositories are polled",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:treble-vcs-servers",
);
/// The same themselves, for the local server.
pub const VCS_SERVERS: Variable = variable(
    "TREBLE_VCS_SERVERS",
    "the servers whose repositories are polled, as JSON or the path of a file that has it",
    r#"{"github": {"type": "github", "token": "…"}}"#,
);

/// The deployment that metrics are of.
pub const STACK: Variable = variable("TREBLE_STACK", "what metrics call the deployment", "treble");

/// The queue between a broker's bridge and the hooks.
pub const PULSE_QUEUE_URL: Variable = variable(
    "TREBLE_PULSE_QUEUE_URL",
    "the URL of the SQS queue of a broker's messages",
    "https://sqs.eu-central-1.amazonaws.com/123456789012/pulse",
);
/// The queue of what is to be published at a broker.
pub const CHANGES_QUEUE_URL: Variable = variable(
    "TREBLE_CHANGES_QUEUE_URL",
    "the URL of the SQS queue that EventBridge's rule sends changes of hooks to",
    "https://sqs.eu-central-1.amazonaws.com/123456789012/changes",
);

const AWS_REGION: Variable = variable("AWS_REGION", "the region of the tables and queues", "eu-central-1");
const AWS_ACCESS_KEY_ID: Variable = variable("AWS_ACCESS_KEY_ID", "an access key", "AKIAIOSFODNN7EXAMPLE");
const AWS_SECRET_ACCESS_KEY: Variable = variable("AWS_SECRET_ACCESS_KEY", "the access key's secret", "…");
const TASKCLUSTER_CLIENT_ID: Variable =
    variable("TASKCLUSTER_CLIENT_ID", "the client to call the Taskcluster deployment as", "treble");
const TASKCLUSTER_ACCESS_TOKEN: Variable =
    variable("TASKCLUSTER_ACCESS_TOKEN", "that client's access token", "…");

/// Why a setting can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// A variable that must be set isn't.
    #[error("{} is not set: it must hold {}, e.g. {}={}", .0.name, .0.what, .0.name, .0.example)]
    Missing(Variable),
    /// A variable holds something else than it should.
    #[error("{} must hold {}, e.g. {}={}", .variable.name, .variable.what, .variable.name, .variable.example)]
    Malformed {
        /// The variable.
        variable: Variable,
        /// What is wrong with its value.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

/// The environment's variables. One that is empty says as little as one that isn't there.
#[derive(Debug, Clone, Copy)]
pub struct Variables<F>(F);

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    /// Those that `look_up` finds.
    pub fn new(look_up: F) -> Self {
        Self(look_up)
    }

    /// A variable that may be missing.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// A variable that must be there.
    pub fn required(&self, variable: Variable) -> Result<String, SettingError> {
        self.optional(variable.name).ok_or(SettingError::Missing(variable))
    }

    /// A variable that must be there and of the right form.
    pub fn parsed<T>(&self, variable: Variable) -> Result<T, SettingError>
    where
        T: FromStr<Err: Into<Box<dyn Error + Send + Sync>>>,
    {
        let parsed = self.required(variable)?.parse();
        parsed.map_err(|error: T::Err| SettingError::Malformed { variable, source: error.into() })
    }

    /// The same where it may be missing, which then is its default.
    pub fn parsed_or_default<T>(&self, variable: Variable) -> Result<T, SettingError>
    where
        T: Default + FromStr<Err: Into<Box<dyn Error + Send + Sync>>>,
    {
        self.optional(variable.name).map_or_else(|| Ok(T::default()), |_| self.parsed(variable))
    }

    /// Where AWS is and who we are there.
    pub fn aws(&self) -> Result<AwsSettings, SettingError> {
        Ok(AwsSettings {
            region: self.required(AWS_REGION)?,
            access_key_id: self.required(AWS_ACCESS_KEY_ID)?,
            secret_access_key: self.required(AWS_SECRET_ACCESS_KEY)?,
            session_token: self.optional("AWS_SESSION_TOKEN"),
            endpoint_url: self.optional("AWS_ENDPOINT_URL"),
        })
    }

    /// The same for what may run in a container of ECS, which has a role instead of keys.
    pub fn aws_access(&self) -> Result<AwsAccess, SettingError> {
        match self.optional("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            Some(path) if self.optional(AWS_ACCESS_KEY_ID.name).is_none() => {
                Ok(AwsAccess::Container { region: self.required(AWS_REGION)?, path })
            }
            _ => self.aws().map(AwsAccess::Keys),
        }
    }

    /// Who we are at a Taskcluster deployment.
    pub fn taskcluster(&self) -> Result<QueueCredentials, SettingError> {
        let client_id = self.required(TASKCLUSTER_CLIENT_ID)?;
        let access_token = self.required(TASKCLUSTER_ACCESS_TOKEN)?;
        let certificate = self.optional("TASKCLUSTER_CERTIFICATE");
        QueueCredentials::new(&client_id, &access_token, certificate.as_deref()).map_err(|error| {
            SettingError::Malformed { variable: TASKCLUSTER_CLIENT_ID, source: error.into() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(set: &[(&'static str, &'static str)]) -> Variables<impl Fn(&str) -> Option<String>> {
        Variables::new(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn what_is_missing_is_named_with_an_example() {
        for set in [&[][..], &[("TREBLE_HOOKS_TABLE", "")]] {
            let error = variables(set).required(HOOKS_TABLE).unwrap_err();
            assert_eq!(
                error.to_string(),
                "TREBLE_HOOKS_TABLE is not set: it must hold the name of the table of hooks, e.g. \
                 TREBLE_HOOKS_TABLE=treble-hooks"
            );
        }
        let variables = variables(&[("TREBLE_HOOKS_TABLE", "h")]);
        assert_eq!(variables.required(HOOKS_TABLE).unwrap(), "h");
    }

    #[test]
    fn what_is_malformed_is_named_with_what_is_wrong() {
        let error = variables(&[("TREBLE_AUTH", "nobody")]).parsed::<AuthChoice>(AUTH).unwrap_err();
        assert_eq!(error.to_string(), "TREBLE_AUTH must hold who tells who calls, e.g. TREBLE_AUTH=table");
        assert_eq!(error.source().unwrap().to_string(), "must be table or taskcluster:ROOT_URL");
    }

    #[test]
    fn a_lambda_finds_aws_in_its_environment() {
        let mut set = vec![("AWS_REGION", "r"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "s")];
        set.push(("AWS_SESSION_TOKEN", "t"));
        let aws = variables(&set).aws().unwrap();
        assert_eq!((&*aws.region, aws.session_token.as_deref(), aws.endpoint_url), ("r", Some("t"), None));
        assert!(matches!(variables(&set[1..]).aws(), Err(SettingError::Missing(AWS_REGION))));
    }

    #[test]
    fn credentials_are_checked() {
        let set = [("TASKCLUSTER_CLIENT_ID", "c\""), ("TASKCLUSTER_ACCESS_TOKEN", "t")];
        assert!(matches!(variables(&set).taskcluster(), Err(SettingError::Malformed { .. })));
    }
}
