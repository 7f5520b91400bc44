//! Where the broker is, and as whom to connect.

use std::fmt;
use std::time::Duration;

use lapin::tcp::OwnedTLSConfig;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Connection, ConnectionProperties, DefaultConnectionBuilder, ErrorKind};
use tokio::time::timeout;

/// A broker that says nothing for twice as long is taken for lost.
const HEARTBEAT_SECONDS: u16 = 20;
/// A connection that takes longer, with its handshakes, won't come.
const PATIENCE: Duration = Duration::from_secs(15);

/// A broker: `amqp://HOST:PORT/VHOST`, or `amqps://` with TLS.
#[derive(Clone)]
pub struct Broker {
    uri: AMQPUri,
    authorities: Option<String>,
}

/// Why a text is no broker's address. It may hold a password, and is not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be like amqps://broker.example.com/vhost (a slash in the name of a vhost is %2f): {0}")]
pub struct InvalidBroker(String);

impl Broker {
    /// A broker at this URL. Its user and password may be in it, or be set by [`Broker::with_credentials`].
    pub fn new(url: &str) -> Result<Self, InvalidBroker> {
        let mut uri: AMQPUri = url.parse().map_err(InvalidBroker)?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
        Ok(Self { uri, authorities: None })
    }

    /// Connects as this user, whoever the URL names.
    #[must_use]
    pub fn with_credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.uri.authority.userinfo.username = user.into();
        self.uri.authority.userinfo.password = password.into();
        self
    }

    /// Trusts these authorities' certificates (PEM) besides the system's.
    #[must_use]
    pub fn with_authorities(mut self, pem: impl Into<String>) -> Self {
        self.authorities = Some(pem.into());
        self
    }

    /// Connects.
    pub(crate) async fn connect(&self) -> Result<Connection, lapin::Error> {
        let properties = ConnectionProperties::default().with_connection_name("treble".into());
        let tls = OwnedTLSConfig { identity: None, cert_chain: self.authorities.clone() };
        let builder = DefaultConnectionBuilder::new()?
            .with_uri(self.uri.clone())
            .with_properties(properties)
            .with_tls_config(tls);
        match timeout(PATIENCE, builder.connect()).await {
            Ok(connected) => connected,
            Err(_) => {
                let late = std::io::Error::new(std::io::ErrorKind::TimedOut, "the broker does not answer");
                Err(ErrorKind::IOError(late.into()).into())
            }
        }
    }
}

/// Says where, not as whom.
impl fmt::Display for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.uri.scheme {
            AMQPScheme::AMQP => "amqp",
            AMQPScheme::AMQPS => "amqps",
        };
        let (authority, vhost) = (&self.uri.authority, &self.uri.vhost);
        write!(f, "{scheme}://{}:{}, vhost {vhost:?}", authority.host, authority.port)
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broker({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_passwords_not_told() {
        for (url, told) in [
            ("amqp://localhost", "amqp://localhost:5672, vhost \"/\""),
            ("amqp://u:secret@h:99/%2f", "amqp://h:99, vhost \"/\""),
            ("amqps://u:secret@h/v", "amqps://h:5671, vhost \"v\""),
        ] {
            let broker = Broker::new(url).unwrap();
            assert_eq!(broker.to_string(), told, "{url}");
            assert!(!format!("{broker:?}").contains("secret"));
        }
        for url in ["", "localhost", "http://h", "amqp://u:secret@h:99999/"] {
            let error = Broker::new(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn credentials_need_not_be_in_the_address() {
        let broker = Broker::new("amqp://h").unwrap().with_credentials("me", "p/w");
        let user = &broker.uri.authority.userinfo;
        assert_eq!((user.username.as_str(), user.password.as_str()), ("me", "p/w"));
    }
}
