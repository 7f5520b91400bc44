//! A client of the API: what any client of Taskcluster's hooks service could ask, and no more; and in `gates`, what is ours alone.

mod error;
mod gates;

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::time::sleep;
use treble_api::taskcluster::route::MOUNT;
use treble_aws::http::{HttpClient, HttpError, Reply, Request};
use treble_core::hawk::{Target as Signed, payload_hash};
use treble_core::hook::HookName;

use super::definition::Definition;
use super::target::Target;
pub(crate) use error::ApiError;

/// How long a call may take: API Gateway gives up at 30 seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(35);
/// How long to wait before a call is made again, each time.
const WAITS: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_millis(600), Duration::from_millis(1800)];
/// A group of hooks may come in one piece, from services that know no pages.
const MAX_REPLY_BYTES: usize = 256 * 1024 * 1024;
/// How much to list at a time: what fits an answer of a Lambda.
const PAGE: u32 = 100;

const JSON: &str = "application/json";

/// A hooks service.
pub(crate) struct Api {
    http: HttpClient,
    target: Target,
}

/// One call.
struct Call<'a> {
    method: Method,
    /// Where the API is.
    mount: &'static str,
    /// Below that, percent-encoded, with the query.
    path: String,
    body: Option<&'a Value>,
    /// Whether it may be made again when nobody knows whether it was heard.
    repeatable: bool,
}

/// A listing that is read page by page.
pub(crate) struct Pages {
    mount: &'static str,
    path: String,
    /// What is asked for of it, as a part of the query.
    filter: String,
    /// Where in a page its entries are.
    key: &'static str,
    /// What asks for the next page, if there is one.
    query: Option<String>,
    is_first: bool,
    /// How many more entries are wanted; all, when absent.
    left: Option<u32>,
}

impl Pages {
    /// The definitions of a group's hooks; a group without hooks is not found.
    pub(crate) fn of_hooks(group: &str) -> Self {
        Self::new(&format!("/hooks/{group}"), "hooks", None)
    }

    fn new(path: &str, key: &'static str, left: Option<u32>) -> Self {
        let query = format!("?limit={}", left.unwrap_or(PAGE).min(PAGE));
        let (path, filter) = (path.to_owned(), String::new());
        Self { mount: MOUNT, path, filter, key, query: Some(query), is_first: true, left }
    }
}

impl Api {
    pub(crate) fn new(target: Target) -> Self {
        Self { http: HttpClient::new().with_max_reply_bytes(MAX_REPLY_BYTES), target }
    }

    /// All groups.
    pub(crate) async fn groups(&self) -> Result<Vec<String>, ApiError> {
        let groups = self.list("/hooks", "groups", None).await?;
        Ok(groups.iter().filter_map(|group| group.as_str().map(str::to_owned)).collect())
    }

    /// The definitions of a group's hooks; a group without hooks is not found.
    pub(super) async fn hooks(&self, group: &str) -> Result<Vec<Value>, ApiError> {
        self.list(&format!("/hooks/{group}"), "hooks", None).await
    }

    /// The names of a group's hooks, which may have none.
    pub(super) async fn names(&self, group: &str) -> Result<Vec<HookName>, ApiError> {
        let hooks = match self.hooks(group).await {
            Err(error) if error.is_not_found() => Vec::new(),
            hooks => hooks?,
        };
        let id = |hook: &Value| hook.get("hookId")?.as_str().map(str::to_owned);
        Ok(hooks.iter().filter_map(|hook| HookName::new(group, id(hook)?).ok()).collect())
    }

    /// A hook's definition.
    pub(crate) async fn hook(&self, name: &HookName) -> Result<Value, ApiError> {
        self.get(path(name, "")).await
    }

    /// The token that triggers a hook.
    pub(crate) async fn trigger_token(&self, name: &HookName) -> Result<String, ApiError> {
        let reply = self.get(path(name, "/token")).await?;
        let token = reply.get("token").and_then(Value::as_str).map(str::to_owned);
        token.ok_or_else(|| self.unreadable(200))
    }

    /// A hook's last firing and next moment.
    pub(super) async fn status(&self, name: &HookName) -> Result<Value, ApiError> {
        self.get(path(name, "/status")).await
    }

    /// Up to `limit` firings, newest first.
    pub(super) async fn last_fires(&self, name: &HookName, limit: u32) -> Result<Vec<Value>, ApiError> {
        self.list(&path(name, "/last-fires"), "lastFires", Some(limit)).await
    }

    /// Creates a hook.
    pub(crate) async fn create(&self, hook: &Definition) -> Result<(), ApiError> {
        self.write(Method::PUT, &hook.name, hook.value()).await
    }

    /// Replaces a hook's definition.
    pub(crate) async fn update(&self, hook: &Definition) -> Result<(), ApiError> {
        self.write(Method::POST, &hook.name, hook.value()).await
    }

    async fn write(&self, method: Method, name: &HookName, body: &Value) -> Result<(), ApiError> {
        let call = Call { method, mount: MOUNT, path: path(name, ""), body: Some(body), repeatable: true };
        self.call(&call).await.map(drop)
    }

    /// Removes a hook; one that isn't there is none.
    pub(super) async fn remove(&self, name: &HookName) -> Result<(), ApiError> {
        let (method, path) = (Method::DELETE, path(name, ""));
        let call = Call { method, mount: MOUNT, path, body: None, repeatable: true };
        self.call(&call).await.map(drop)
    }

    /// Fires a hook.
    pub(super) async fn trigger(&self, name: &HookName, payload: &Value) -> Result<Value, ApiError> {
        // Said twice, it would fire twice.
        let call = Call {
            method: Method::POST,
            mount: MOUNT,
            path: path(name, "/trigger"),
            body: Some(payload),
            repeatable: false,
        };
        self.call(&call).await
    }

    async fn get(&self, path: String) -> Result<Value, ApiError> {
        self.get_at(MOUNT, path).await
    }

    async fn get_at(&self, mount: &'static str, path: String) -> Result<Value, ApiError> {
        self.call(&Call { method: Method::GET, mount, path, body: None, repeatable: true }).await
    }

    /// A listing, up to `limit`, page by page.
    async fn list(&self, path: &str, key: &'static str, limit: Option<u32>) -> Result<Vec<Value>, ApiError> {
        self.all(Pages::new(path, key, limit)).await
    }

    /// All that is left of a listing.
    async fn all(&self, mut pages: Pages) -> Result<Vec<Value>, ApiError> {
        let mut items = Vec::new();
        while let Some(page) = self.page(&mut pages).await? {
            items.extend(page);
        }
        Ok(items)
    }

    /// The next page of a listing; None after the last one.
    pub(crate) async fn page(&self, pages: &mut Pages) -> Result<Option<Vec<Value>>, ApiError> {
        let Some(query) = pages.query.take() else { return Ok(None) };
        let page = match self.get_at(pages.mount, format!("{}{query}{}", pages.path, pages.filter)).await {
            // The reference service has no pages of hooks and groups.
            Err(error) if pages.is_first && error.is_unknown_query() => self.get(pages.path.clone()).await?,
            page => page?,
        };
        let Value::Object(mut page) = page else { return Err(self.unreadable(200)) };
        let Some(Value::Array(items)) = page.remove(pages.key) else { return Err(self.unreadable(200)) };
        let read = u32::try_from(items.len()).unwrap_or(u32::MAX);
        pages.left = pages.left.map(|left| left.saturating_sub(read));
        pages.is_first = false;
        if let Some(token) = page.get("continuationToken").and_then(Value::as_str) {
            let token = utf8_percent_encode(token, NON_ALPHANUMERIC);
            let limit = pages.left.unwrap_or(PAGE).min(PAGE);
            pages.query = (limit > 0).then(|| format!("?limit={limit}&continuationToken={token}"));
        }
        Ok(Some(items))
    }

    /// Makes a call; again, where that may help.
    async fn call(&self, call: &Call<'_>) -> Result<Value, ApiError> {
        let mut waits = WAITS.iter();
        loop {
            let error = match self.attempt(call).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            match waits.next() {
                Some(wait) if error.may_pass(call.repeatable) => sleep(*wait).await,
                _ => return Err(error),
            }
        }
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<Value, ApiError> {
        let url = self.target.root_url.join(&format!("{}{}", call.mount, call.path));
        let body = call.body.map(|body| Bytes::from(body.to_string()));
        let hash = body.as_ref().map(|body| payload_hash(JSON, body));
        let signed = Signed {
            method: call.method.as_str(),
            resource: url.resource(),
            host: self.target.root_url.host(),
            port: self.target.root_url.port(),
        };
        let authorization = self.authorization(&signed, hash.as_deref())?;
        let mut headers = Vec::new();
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        headers.extend(body.is_some().then_some(("content-type", JSON)));
        let request = Request {
            method: call.method.as_str(),
            url: url.as_str(),
            headers: &headers,
            body: body.unwrap_or_default(),
        };
        let reply = self.http.send(&request, CALL_TIMEOUT).await.map_err(|source| self.unanswered(source))?;
        self.read(&reply)
    }

    fn authorization(&self, signed: &Signed<'_>, hash: Option<&str>) -> Result<Option<String>, ApiError> {
        let Some(credentials) = &self.target.credentials else { return Ok(None) };
        let unsendable = |source| self.unanswered(HttpError::Unsendable(source));
        let nonce = getrandom::u64().map_err(|error| unsendable(error.into()))?;
        let header = credentials.sign(signed, Timestamp::now(), &format!("{nonce:016x}"), hash);
        header.map(Some).map_err(|error| unsendable(error.into()))
    }

    fn read(&self, reply: &Reply) -> Result<Value, ApiError> {
        match (reply.status, reply.json()) {
            (200..=299, Some(body)) => Ok(body),
            (200..=299, None) if reply.body.as_ref().is_some_and(Bytes::is_empty) => Ok(json!({})),
            (status, body) => {
                let error = body.as_ref().and_then(|body| ApiError::answered(status, body));
                Err(error.unwrap_or_else(|| self.unreadable(status)))
            }
        }
    }

    fn unreadable(&self, status: u16) -> ApiError {
        ApiError::Unreadable { status, root_url: self.target.root_url.to_string() }
    }

    fn unanswered(&self, source: HttpError) -> ApiError {
        ApiError::Unanswered {
            root_url: self.target.root_url.to_string(),
            local: self.target.local.clone(),
            source,
        }
    }
}

/// Of a hook: a slash in its id must not look like one of the path.
fn path(name: &HookName, below: &str) -> String {
    format!("/hooks/{}/{}{below}", name.group(), name.id().replace('/', "%2F"))
}

#[cfg(test)]
mod tests;
