//! How a function starts, and what it says when it can't.

use crate::lambda::spawn;
use crate::stub::{self, Answer};

/// An AWS and a Lambda for functions that are only to start: there is a master key, and no work.
pub struct Idle {
    port: u16,
}

impl Idle {
    /// One that runs as long as the process.
    pub fn start() -> Idle {
        let (listener, port) = stub::listen();
        stub::serve(listener, |request| match request.resource.ends_with("/runtime/invocation/next") {
            // A function that is told so ends.
            true => Answer::json(410, "{}"),
            false => Answer::json(200, serde_json::json!({"SecretString": "0123456789abcdef".repeat(4)})),
        });
        Idle { port }
    }

    /// Starts the binary of that name with this environment, waits until it has ended, for want of work or of a setting, and
    /// gives what it has logged.
    pub fn log(&self, name: &str, environment: &[(String, String)]) -> String {
        let address = format!("127.0.0.1:{}", self.port);
        let aws = [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_ENDPOINT_URL", &format!("http://{address}")),
        ];
        let mut all: Vec<_> = aws.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        all.extend_from_slice(environment);
        spawn(name, &address, &all).finish().printed
    }
}
