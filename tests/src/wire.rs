//! Requests that say exactly what they send, and replies as they came.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{Server, Signer};

/// Where the Taskcluster dialect is mounted.
pub const API: &str = "/api/hooks/v1";

/// As whom a request is made.
#[derive(Clone)]
pub enum Caller {
    /// The root client.
    Root,
    /// The root client, with only these scopes (by Hawk's `authorizedScopes`).
    With(Vec<String>),
    /// Nobody: without credentials.
    Anonymous,
    /// Whoever signs like this.
    Signed(Box<Signer>),
    /// With this `Authorization` header.
    Header(String),
}

/// A request; made by the root client unless it says otherwise.
#[derive(Clone)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    caller: Caller,
}

impl Request {
    /// `"METHOD /path"` below [`API`]; `"METHOD ^/path"` below the root URL.
    pub fn to(line: &str) -> Request {
        let (method, path) = line.split_once(' ').expect("METHOD /path");
        let path = match path.strip_prefix('^') {
            Some(path) => path.to_owned(),
            None => format!("{API}{path}"),
        };
        let caller = Caller::Root;
        Request { method: method.to_owned(), path, headers: Vec::new(), body: None, caller }
    }

    /// With this JSON as the body.
    pub fn json(self, body: &Value) -> Request {
        self.header("content-type", "application/json").bytes(body.to_string())
    }

    /// With this body, and no more about it than the headers say.
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = Some(body.into());
        self
    }

    /// With this header.
    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As this caller.
    pub fn by(mut self, caller: Caller) -> Request {
        self.caller = caller;
        self
    }

    /// Without credentials.
    pub fn anonymously(self) -> Request {
        self.by(Caller::Anonymous)
    }

    /// With one more parameter in the query.
    pub fn and_query(mut self, parameter: &str) -> Request {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(parameter);
        self
    }

    /// The method, and the path with the query.
    pub fn target(&self) -> (&str, &str) {
        (&self.method, &self.path)
    }

    fn authorization(&self, server: &Server) -> Option<String> {
        let signer = match &self.caller {
            Caller::Anonymous => return None,
            Caller::Header(header) => return Some(header.clone()),
            Caller::Root => server.signer(),
            Caller::With(scopes) => server.signer().ext(serde_json::json!({ "authorizedScopes": scopes })),
            Caller::Signed(signer) => (**signer).clone(),
        };
        Some(signer.header(&self.method, &self.path))
    }

    /// Sends it.
    pub async fn send(&self, server: &Server) -> Reply {
        self.sending(server).await
    }

    /// Sends it to another address than the server's, signed for the server all the same.
    pub async fn send_to(&self, url: &str, server: &Server) -> Reply {
        let host = server.root_url().trim_start_matches("http://").to_owned();
        self.clone().header("host", &host).attempt_at(url, server).await.unwrap()
    }

    /// Sending it, as a task of its own.
    pub fn sending(&self, server: &Server) -> impl Future<Output = Reply> + Send + 'static {
        let attempt = self.attempt(server);
        async move { attempt.await.unwrap() }
    }

    /// The same where the server may end before it has answered.
    pub fn attempt(&self, server: &Server) -> impl Future<Output = Answer> + Send + 'static {
        self.attempt_at(server.root_url(), server)
    }

    fn attempt_at(&self, url: &str, server: &Server) -> impl Future<Output = Answer> + Send + 'static {
        let url = format!("{url}{}", self.path);
        let method = self.method.parse().unwrap();
        let mut request = server.client().request(method, url);
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().unwrap();
            request = request.header(name, HeaderValue::from_str(value).unwrap());
        }
        if let Some(authorization) = self.authorization(server) {
            request = request.header("authorization", authorization);
        }
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        let path = self.path.clone();
        async move {
            let reply = request.send().await?;
            let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
            let body = reply.bytes().await?.to_vec();
            Ok(Reply { status, headers, body, path })
        }
    }
}

/// What came back, if anything did.
pub type Answer = Result<Reply, reqwest::Error>;

/// What came back.
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, as sent.
    pub body: Vec<u8>,
    /// The path and query that were asked for.
    pub path: String,
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, which must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// An error's code, and its message ahead of the footer.
    pub fn error(&self) -> (String, String) {
        let body = self.json();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let message = text("message");
        let ahead = message.split_once("\n\n---\n\n").map_or(message.as_str(), |(ahead, _)| ahead);
        (text("code"), ahead.to_owned())
    }

    /// Asserts success, and gives the JSON.
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}: {}", self.path, self.text());
        self.json()
    }
}
