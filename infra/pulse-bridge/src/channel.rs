//! A channel that is opened again. A broker that refuses something closes the channel it was asked on, and no other.

use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::{Channel, Connection, Error, ErrorKind};

/// One channel at a time of a connection.
pub(crate) struct Reopening<'a> {
    connection: &'a Connection,
    channel: Option<Channel>,
    /// Those that the broker closes, until it has. The last handle of a channel closes it when it is dropped; if the broker does so
    /// at the same time, the client takes that for a fault of the connection.
    closing: Vec<Channel>,
}

impl<'a> Reopening<'a> {
    /// None is open yet.
    pub(crate) fn on(connection: &'a Connection) -> Self {
        Self { connection, channel: None, closing: Vec::new() }
    }

    /// The open channel.
    pub(crate) async fn channel(&mut self) -> Result<Channel, Error> {
        if let Some(channel) = self.channel.as_ref().filter(|channel| channel.status().connected()) {
            return Ok(channel.clone());
        }
        let channel = self.connection.create_channel().await?;
        self.channel = Some(channel.clone());
        Ok(channel)
    }

    /// The broker has closed it, or is about to.
    pub(crate) fn forget(&mut self) {
        self.closing.retain(|channel| channel.status().connected() || channel.status().closing());
        self.closing.extend(self.channel.take());
    }

    /// What a broker that refused something says, so that the connection goes on; any other error ends it.
    pub(crate) fn refusal(&mut self, error: Error) -> Result<Refusal, Error> {
        self.forget();
        let ErrorKind::ProtocolError(protocol) = error.kind() else { return Err(error) };
        let AMQPErrorKind::Soft(kind) = protocol.kind() else { return Err(error) };
        let is_missing = *kind == AMQPSoftError::NOTFOUND;
        Ok(Refusal { message: protocol.get_message().as_str().to_owned(), is_missing })
    }
}

/// What a broker says when it refuses something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Its words, e.g. `NOT_FOUND - no exchange 'x' in vhost '/'`.
    pub(crate) message: String,
    /// Whether what was named is not there.
    pub(crate) is_missing: bool,
}
