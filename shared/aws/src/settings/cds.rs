//! What the dialect of CDS is told.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use treble_core::cds::Rules;

use super::{SettingError, Variable, Variables, variable};
use crate::http::RootUrl;

/// Where CDS's API is.
pub const CDS_API_URL: Variable =
    variable("CDS_API_URL", "the URL of CDS's API", "https://cds.example.com/cdsapi");
/// What the service shows to CDS when it registers: a secret.
pub const CDS_TOKEN: Variable = variable("CDS_TOKEN", "the token that CDS knows the service by", "…");
/// The secret that is the token.
pub const CDS_TOKEN_ARN: Variable = variable(
    "CDS_TOKEN_ARN",
    "the name or ARN of the secret in Secrets Manager that is the token that CDS knows the service by",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:cds-token",
);
/// The queue that wakes the function which registers.
pub const CDS_BEATS_QUEUE_URL: Variable = variable(
    "TREBLE_CDS_BEATS_QUEUE_URL",
    "the URL of the queue that wakes the heartbeat between two minutes",
    "https://sqs.eu-central-1.amazonaws.com/123456789012/treble-cds-beats",
);
/// The service's name at CDS.
pub const CDS_NAME: Variable = variable("CDS_NAME", "the name of the service at CDS", "treble");
/// How long an execution that failed waits.
pub const CDS_RETRY_DELAY: Variable =
    variable("CDS_RETRY_DELAY", "the seconds after which an execution that failed is tried again", "120");
/// How often an execution may fail.
pub const CDS_RETRY_ERROR: Variable =
    variable("CDS_RETRY_ERROR", "the number of errors after which an execution is given up", "3");
/// How many executions are kept.
pub const CDS_EXECUTION_HISTORY: Variable = variable(
    "CDS_EXECUTION_HISTORY",
    "the number of a task's executions that are kept once they are over",
    "10",
);
/// What CDS calls the Kafka cluster that messages come from.
pub const KAFKA_INTEGRATION: Variable = variable(
    "TREBLE_KAFKA_INTEGRATION",
    "the name that CDS has for the Kafka cluster: config `integration` of its tasks",
    "default",
);

/// What the dialect of CDS is told, but for the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CdsSettings {
    /// `CDS_API_URL`.
    pub api_url: RootUrl,
    /// `CDS_NAME`, or `treble`.
    pub name: String,
    /// `CDS_RETRY_DELAY`, or 120 s.
    pub retry_delay: Duration,
    /// `CDS_RETRY_ERROR`, or 3.
    pub retry_error: u32,
    /// `CDS_EXECUTION_HISTORY`, or 10.
    pub execution_history: usize,
}

impl CdsSettings {
    /// How failures are dealt with, and how much is kept.
    pub fn rules(&self) -> Rules {
        Rules {
            retry_delay: self.retry_delay,
            most_errors: self.retry_error,
            history: self.execution_history,
        }
    }
}

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    /// What the dialect of CDS is told; None where there is no CDS. Its token is for [`Variables::required`] to find, or
    /// rests elsewhere.
    pub fn cds(&self) -> Result<Option<CdsSettings>, SettingError> {
        if self.optional(CDS_API_URL.name).is_none() {
            return Ok(None);
        }
        Ok(Some(CdsSettings {
            api_url: self.parsed(CDS_API_URL)?,
            name: self.optional(CDS_NAME.name).unwrap_or_else(|| "treble".to_owned()),
            retry_delay: Duration::from_secs(self.parsed_or(CDS_RETRY_DELAY, 120)?),
            retry_error: self.parsed_or(CDS_RETRY_ERROR, 3)?,
            execution_history: self.parsed_or(CDS_EXECUTION_HISTORY, 10)?,
        }))
    }

    fn parsed_or<T>(&self, variable: Variable, default: T) -> Result<T, SettingError>
    where
        T: FromStr<Err: Into<Box<dyn Error + Send + Sync>>>,
    {
        self.optional(variable.name).map_or(Ok(default), |_| self.parsed(variable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cds(set: &[(&str, &str)]) -> Result<Option<CdsSettings>, SettingError> {
        let found =
            |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Variables::new(found).cds()
    }

    #[test]
    fn defaults_and_all_that_can_be_set() {
        let api_url: RootUrl = "https://cds.example.com/api".parse().unwrap();
        let expected = CdsSettings {
            api_url: api_url.clone(),
            name: "treble".into(),
            retry_delay: Duration::from_secs(120),
            retry_error: 3,
            execution_history: 10,
        };
        assert_eq!(cds(&[("CDS_API_URL", "https://cds.example.com/api/")]).unwrap(), Some(expected));
        let set = [
            ("CDS_API_URL", "https://cds.example.com/api"),
            ("CDS_NAME", "hooks"),
            ("CDS_RETRY_DELAY", "1"),
            ("CDS_RETRY_ERROR", "5"),
            ("CDS_EXECUTION_HISTORY", "0"),
        ];
        let expected = CdsSettings {
            api_url,
            name: "hooks".into(),
            retry_delay: Duration::from_secs(1),
            retry_error: 5,
            execution_history: 0,
        };
        assert_eq!(cds(&set).unwrap(), Some(expected));
        assert_eq!(cds(&[("CDS_NAME", "hooks")]).unwrap(), None);
    }

    #[test]
    fn what_is_malformed_is_named() {
        for (name, value) in [
            ("CDS_API_URL", "cds.example.com"),
            ("CDS_RETRY_DELAY", "2m"),
            ("CDS_RETRY_ERROR", "-1"),
            ("CDS_EXECUTION_HISTORY", "many"),
        ] {
            let error = cds(&[(name, value), ("CDS_API_URL", "https://cds")]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} must hold ")), "{error}");
        }
    }
}
