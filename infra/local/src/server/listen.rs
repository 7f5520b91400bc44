//! Listening at a name or an address.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, lookup_host};

/// Why the server can't listen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error("port {port} is in use at {host}: stop what listens there, or choose another with --port")]
    InUse { host: String, port: u16 },
    #[error(
        "port {port} may not be listened at: ports below 1024 need privileges; choose another with --port"
    )]
    Forbidden { port: u16 },
    #[error("{host:?} is no name or address of this machine; --host takes e.g. localhost or 0.0.0.0")]
    Host {
        host: String,
        #[source]
        source: Option<io::Error>,
    },
    #[error("can't listen at {address}")]
    Other {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
}

/// Listens at every address of `host`: `localhost` may be known by an IPv4 and an IPv6 address, and clients
/// choose either. All get the same port, also when that is 0 for any.
pub(crate) async fn listen(host: &str, port: u16) -> Result<(Vec<TcpListener>, u16), ListenError> {
    let unknown = |source| ListenError::Host { host: host.to_owned(), source };
    let addresses = lookup_host((host, port)).await.map_err(|error| unknown(Some(error)))?;
    let mut listeners = Vec::new();
    let mut bound = port;
    for mut address in addresses {
        address.set_port(bound);
        match TcpListener::bind(address).await {
            Ok(listener) => {
                bound = listener.local_addr().map_or(bound, |address| address.port());
                listeners.push(listener);
            }
            Err(error) => match error.kind() {
                // A name of an address that this machine doesn't have, as ::1 where IPv6 is off.
                io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported => {}
                io::ErrorKind::AddrInUse => {
                    return Err(ListenError::InUse { host: host.to_owned(), port: bound });
                }
                io::ErrorKind::PermissionDenied => return Err(ListenError::Forbidden { port }),
                _ => return Err(ListenError::Other { address, source: error }),
            },
        }
    }
    if listeners.is_empty() { Err(unknown(None)) } else { Ok((listeners, bound)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_addresses_of_a_name_get_one_port() {
        let (listeners, port) = listen("localhost", 0).await.unwrap();
        assert_ne!(port, 0);
        assert!(listeners.iter().all(|listener| listener.local_addr().unwrap().port() == port));
    }

    #[tokio::test]
    async fn a_port_in_use_and_a_foreign_address_are_refused() {
        let (_listeners, port) = listen("127.0.0.1", 0).await.unwrap();
        let error = listen("127.0.0.1", port).await.unwrap_err();
        assert!(matches!(error, ListenError::InUse { port: named, .. } if named == port), "{error}");
        let error = listen("192.0.2.1", 0).await.unwrap_err();
        assert!(matches!(error, ListenError::Host { .. }), "{error}");
    }
}
