//! The bridge's settings, from the environment alone: passwords don't belong on a command line.

use std::error::Error;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use std::{fs, io};

use treble_aws::client::AwsAccess;
use treble_aws::settings::{
    CHANGES_QUEUE_URL, HOOKS_TABLE, PULSE_QUEUE_URL, SettingError, Variable, Variables,
};

use crate::broker::{Broker, InvalidBroker};

const AMQP_URL: Variable = Variable {
    name: "TREBLE_AMQP_URL",
    what: "where the broker is",
    example: "amqps://broker.example.com/vhost",
};
const AMQP_USER: &str = "TREBLE_AMQP_USER";
const AMQP_PASSWORD: Variable =
    Variable { name: "TREBLE_AMQP_PASSWORD", what: "the password of TREBLE_AMQP_USER", example: "…" };
const AMQP_CA_FILE: Variable = Variable {
    name: "TREBLE_AMQP_CA_FILE",
    what: "a file of certificates (PEM) that the broker's is signed by",
    example: "/etc/treble/broker-ca.pem",
};
const AMQP_QUEUE: &str = "TREBLE_AMQP_QUEUE";
const AMQP_PREFETCH: Variable = Variable {
    name: "TREBLE_AMQP_PREFETCH",
    what: "how many messages are under way at most",
    example: "200",
};
pub(crate) const HEALTH_ADDRESS: Variable = Variable {
    name: "TREBLE_HEALTH_ADDRESS",
    what: "the address at which to tell how the bridge does",
    example: "0.0.0.0:8081",
};
const RECONCILE_SECONDS: Variable = Variable {
    name: "TREBLE_RECONCILE_SECONDS",
    what: "how often all bindings are made anew, in seconds",
    example: "300",
};

const DEFAULT_QUEUE: &str = "treble";
const DEFAULT_PREFETCH: u16 = 200;
const DEFAULT_RECONCILE: Duration = Duration::from_secs(300);
/// Refused bindings are tried so often.
const DEFAULT_RETRY: Duration = Duration::from_secs(15);

/// What the bridge does at the broker.
#[derive(Debug, Clone)]
pub struct BridgeOptions {
    /// The broker.
    pub broker: Broker,
    /// The name of its queue.
    pub queue: String,
    /// How many messages are under way at most; 0 for any number.
    pub prefetch: u16,
    /// How often all bindings are made anew.
    pub reconcile: Duration,
    /// How often refused ones are tried again.
    pub retry: Duration,
}

impl BridgeOptions {
    /// The usual ones for a broker.
    pub fn new(broker: Broker) -> Self {
        Self {
            broker,
            queue: DEFAULT_QUEUE.to_owned(),
            prefetch: DEFAULT_PREFETCH,
            reconcile: DEFAULT_RECONCILE,
            retry: DEFAULT_RETRY,
        }
    }
}

/// All that a bridge in a process of its own is told.
#[derive(Debug)]
pub struct Settings {
    /// What to do at the broker.
    pub options: BridgeOptions,
    /// Where AWS is.
    pub aws: AwsAccess,
    /// The table of hooks.
    pub hooks_table: String,
    /// The queue that messages go to.
    pub pulse_queue_url: String,
    /// The queue that changes of hooks come from; without one none are published, and new bindings are found from time to
    /// time only.
    pub changes_queue_url: Option<String>,
    /// Where to tell how it goes.
    pub health: Option<SocketAddr>,
}

/// A file of certificates can't be read.
#[derive(Debug, thiserror::Error)]
#[error("can't read {}", path.display())]
struct UnreadableFile {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl FromStr for Broker {
    type Err = InvalidBroker;

    fn from_str(text: &str) -> Result<Self, InvalidBroker> {
        Self::new(text)
    }
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// When one is missing or malformed; which, and what would be right.
    pub fn read<F: Fn(&str) -> Option<String>>(variables: &Variables<F>) -> Result<Self, SettingError> {
        let defaults = BridgeOptions::new(broker(variables)?);
        let seconds: Option<NonZeroU16> = parsed(variables, RECONCILE_SECONDS)?;
        let reconcile =
            seconds.map_or(defaults.reconcile, |seconds| Duration::from_secs(seconds.get().into()));
        Ok(Self {
            options: BridgeOptions {
                queue: variables.optional(AMQP_QUEUE).unwrap_or(defaults.queue),
                prefetch: parsed(variables, AMQP_PREFETCH)?.map_or(defaults.prefetch, NonZeroU16::get),
                reconcile,
                retry: defaults.retry.min(reconcile),
                broker: defaults.broker,
            },
            aws: variables.aws_access()?,
            hooks_table: variables.required(HOOKS_TABLE)?,
            pulse_queue_url: variables.required(PULSE_QUEUE_URL)?,
            changes_queue_url: variables.optional(CHANGES_QUEUE_URL.name),
            health: parsed(variables, HEALTH_ADDRESS)?,
        })
    }
}

fn broker<F: Fn(&str) -> Option<String>>(variables: &Variables<F>) -> Result<Broker, SettingError> {
    let mut broker: Broker = variables.parsed(AMQP_URL)?;
    if let Some(user) = variables.optional(AMQP_USER) {
        broker = broker.with_credentials(user, variables.required(AMQP_PASSWORD)?);
    }
    if let Some(path) = variables.optional(AMQP_CA_FILE.name) {
        let pem = fs::read_to_string(&path).map_err(|source| SettingError::Malformed {
            variable: AMQP_CA_FILE,
            source: UnreadableFile { path: path.into(), source }.into(),
        })?;
        broker = broker.with_authorities(pem);
    }
    Ok(broker)
}

/// A variable that may be missing, but not malformed.
fn parsed<T, F>(variables: &Variables<F>, variable: Variable) -> Result<Option<T>, SettingError>
where
    F: Fn(&str) -> Option<String>,
    T: FromStr<Err: Into<Box<dyn Error + Send + Sync>>>,
{
    variables.optional(variable.name).map(|_| variables.parsed(variable)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Settings, SettingError> {
        let usual = [
            ("AWS_REGION", "r"),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("TREBLE_AMQP_URL", "amqp://h"),
            ("TREBLE_HOOKS_TABLE", "hooks"),
            ("TREBLE_PULSE_QUEUE_URL", "http://q"),
        ];
        let all = [&usual[..], set].concat();
        Settings::read(&Variables::new(|name| {
            all.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        }))
    }

    #[test]
    fn most_have_defaults() {
        let settings = read(&[]).unwrap();
        let options = settings.options;
        assert_eq!((options.queue.as_str(), options.prefetch), ("treble", 200));
        assert_eq!((settings.changes_queue_url, settings.health), (None, None));
        let often = read(&[("TREBLE_RECONCILE_SECONDS", "1"), ("TREBLE_AMQP_QUEUE", "queue/me/x")]).unwrap();
        assert_eq!(
            (often.options.retry, often.options.reconcile),
            (Duration::from_secs(1), Duration::from_secs(1))
        );
        assert_eq!(often.options.queue, "queue/me/x");
    }

    #[test]
    fn a_container_has_a_role_instead_of_keys() {
        let role = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x");
        assert!(matches!(read(&[role]).unwrap().aws, AwsAccess::Keys(_)), "keys come first");
        let settings = read(&[role, ("AWS_ACCESS_KEY_ID", "")]).unwrap();
        assert_eq!(
            settings.aws,
            AwsAccess::Container { region: "r".into(), path: "/v2/credentials/x".into() }
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (name, value, says) in [
            ("TREBLE_AMQP_URL", "", "TREBLE_AMQP_URL is not set"),
            ("TREBLE_AMQP_URL", "http://u:secret@h", "TREBLE_AMQP_URL must hold where the broker is"),
            ("TREBLE_AMQP_USER", "me", "TREBLE_AMQP_PASSWORD is not set"),
            ("TREBLE_AMQP_CA_FILE", "/nowhere", "TREBLE_AMQP_CA_FILE must hold"),
            ("TREBLE_AMQP_PREFETCH", "0", "TREBLE_AMQP_PREFETCH must hold"),
            ("TREBLE_RECONCILE_SECONDS", "x", "TREBLE_RECONCILE_SECONDS must hold"),
            ("TREBLE_HEALTH_ADDRESS", "x", "TREBLE_HEALTH_ADDRESS must hold"),
            ("TREBLE_PULSE_QUEUE_URL", "", "TREBLE_PULSE_QUEUE_URL is not set"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(says) && !error.contains("secret"), "{name}={value}: {error}");
        }
    }
}
