//! Where the server is found, and by whom.

use std::net::IpAddr;

/// Where clients on this machine find the server.
pub(super) fn default_root_url(host: &str, port: u16) -> String {
    let host = match host {
        "0.0.0.0" | "::" => "localhost".to_owned(),
        address if address.contains(':') => format!("[{address}]"),
        name => name.to_owned(),
    };
    format!("http://{host}:{port}")
}

/// Whether only this machine reaches what listens there.
pub(super) fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_url_follows_the_host() {
        let cases = [
            ("localhost", "http://localhost:8080"),
            ("0.0.0.0", "http://localhost:8080"),
            ("127.0.0.1", "http://127.0.0.1:8080"),
            ("::1", "http://[::1]:8080"),
        ];
        for (host, url) in cases {
            assert_eq!(default_root_url(host, 8080), url);
        }
    }

    #[test]
    fn who_can_reach_it() {
        for (host, expected) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("0.0.0.0", false),
            ("::", false),
            ("myserver", false),
            ("192.0.2.1", false),
        ] {
            assert_eq!(is_local(host), expected, "{host}");
        }
    }
}
