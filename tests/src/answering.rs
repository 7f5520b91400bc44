//! A server that answers each path as it is told to.

use serde_json::Value;

use crate::stub::{self, Answer};

/// One that runs, as long as the process does.
pub struct Answering {
    port: u16,
}

impl Answering {
    /// One that answers POSTs of a path with a status and JSON.
    pub fn start(answer: impl Fn(&str) -> (u16, Value) + Send + Sync + 'static) -> Answering {
        let (listener, port) = stub::listen();
        stub::serve(listener, move |request| {
            let (status, body) = answer(&request.resource);
            Answer::json(status, body)
        });
        Answering { port }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
