//! Authentication by a Taskcluster deployment's auth service.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use treble_core::hawk::Header;
use treble_core::ports::{BoxError, JsonReply, PostJson};
use treble_core::scope::ScopeSet;

use super::table::check_payload;
use super::{AuthError, Authenticator, Caller, SignedRequest};

/// How long to wait before asking again, when there was no answer.
const RETRIES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// How long the scopes of who doesn't sign are remembered: without, anybody could make us ask.
const ANONYMOUS_TTL: SignedDuration = SignedDuration::from_secs(60);

/// Asks `authenticateHawk` of a Taskcluster deployment:
/// <https://docs.taskcluster.net/docs/reference/platform/auth/api#authenticateHawk>.
pub struct TaskclusterAuth {
    url: String,
    http: Arc<dyn PostJson>,
    anonymous: Mutex<Option<(Timestamp, Arc<ScopeSet>)>>,
}

impl TaskclusterAuth {
    /// Asks the deployment with this root URL.
    pub fn new(root_url: &str, http: Arc<dyn PostJson>) -> Self {
        let url = format!("{}/api/auth/v1/authenticate-hawk", root_url.trim_end_matches('/'));
        Self { url, http, anonymous: Mutex::default() }
    }

    /// Asks for each form that the request may have been signed in, until one is good.
    async fn signed(&self, request: &SignedRequest<'_>) -> Result<Caller, AuthError> {
        let mut refused = None;
        for question in questions(request) {
            match self.ask(&question).await? {
                Answer::Success { client_id, scopes, hash, expires } => {
                    if let Some(sent) = hash {
                        check_payload(request, &sent)?;
                    }
                    let scopes = Arc::new(scopes.into_iter().collect());
                    return Ok(Caller { client_id: Some(client_id), scopes, expires });
                }
                Answer::Failed { message } => {
                    refused.get_or_insert(message);
                }
                // A signature that the service overlooked is none, and the caller meant there to be one.
                Answer::NoAuth { .. } => {
                    refused.get_or_insert_with(|| "the auth service found no credentials".to_owned());
                }
            }
        }
        Err(AuthError::Refused(refused.unwrap_or_else(|| "the request names no host".to_owned())))
    }

    async fn unsigned(&self, request: &SignedRequest<'_>, now: Timestamp) -> Result<Caller, AuthError> {
        let remembered = self.remembered(now);
        let scopes = match remembered {
            Some(scopes) => scopes,
            None => self.ask_anonymous(request, now).await?,
        };
        Ok(Caller { client_id: None, scopes, expires: None })
    }

    async fn ask_anonymous(
        &self,
        request: &SignedRequest<'_>,
        now: Timestamp,
    ) -> Result<Arc<ScopeSet>, AuthError> {
        let question = questions(request).into_iter().next().unwrap_or_default();
        match self.ask(&question).await? {
            Answer::NoAuth { scopes } => {
                let scopes: Arc<ScopeSet> = Arc::new(scopes.into_iter().collect());
                let mut anonymous = self.anonymous.lock().unwrap_or_else(PoisonError::into_inner);
                *anonymous = Some((now, scopes.clone()));
                Ok(scopes)
            }
            Answer::Failed { message } => Err(AuthError::Refused(message)),
            Answer::Success { .. } => Err(unexpected("a client for a request that isn't signed")),
        }
    }

    fn remembered(&self, now: Timestamp) -> Option<Arc<ScopeSet>> {
        let anonymous = self.anonymous.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, scopes) = anonymous.as_ref()?;
        let age = now.duration_since(*since);
        (!age.is_negative() && age < ANONYMOUS_TTL).then(|| scopes.clone())
    }

    /// Asks, and asks again while there is no usable answer. Whoever doesn't get one is not anonymous.
    async fn ask(&self, question: &Value) -> Result<Answer, AuthError> {
        let mut waits = RETRIES.into_iter();
        loop {
            let answer = read(self.http.post_json(&self.url, question).await);
            match (answer, waits.next()) {
                (Err(AuthError::Unavailable { .. }), Some(wait)) => tokio::time::sleep(wait).await,
                (answer, _) => return answer,
            }
        }
    }
}

#[async_trait]
impl Authenticator for TaskclusterAuth {
    async fn authenticate(&self, request: &SignedRequest<'_>, now: Timestamp) -> Result<Caller, AuthError> {
        match (request.authorization, request.bewit()) {
            (Some(_), Some(_)) => Err(AuthError::TwoSchemes),
            (None, None) => self.unsigned(request, now).await,
            (header, _) => {
                // What can't be read is refused without asking.
                header.map(Header::parse).transpose()?;
                self.signed(request).await
            }
        }
    }
}

/// What the service is asked, for each form that the request may have been signed in.
fn questions(request: &SignedRequest<'_>) -> Vec<Value> {
    let forms = request.resources.iter().flat_map(|r| request.origins.iter().map(move |o| (r, o)));
    let question = |(resource, origin): (&std::borrow::Cow<'_, str>, &super::Origin)| {
        let mut question = json!({
            "method": request.method.to_ascii_lowercase(),
            "resource": resource,
            "host": origin.host,
            "port": origin.port,
        });
        if let Some(authorization) = request.authorization {
            question["authorization"] = json!(authorization);
        }
        question
    };
    forms.map(question).collect()
}

/// What the service answers.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all_fields = "camelCase")]
enum Answer {
    #[serde(rename = "auth-success")]
    Success { client_id: String, scopes: Vec<String>, hash: Option<String>, expires: Option<Timestamp> },
    #[serde(rename = "auth-failed")]
    Failed { message: String },
    #[serde(rename = "no-auth")]
    NoAuth { scopes: Vec<String> },
}

fn read(reply: Result<JsonReply, BoxError>) -> Result<Answer, AuthError> {
    let reply = reply.map_err(|e| AuthError::unavailable("the auth service doesn't answer", Some(e)))?;
    match reply.status {
        200 => serde_json::from_value(reply.body)
            .map_err(|e| AuthError::unavailable("the auth service's answer can't be read", Some(e.into()))),
        // The question is made of what the caller sent: a host that is none, say.
        400 => Err(AuthError::Refused(
            "the auth service can't read the request's method, URL or host".to_owned(),
        )),
        status => Err(unexpected(&format!("HTTP status {status}"))),
    }
}

fn unexpected(what: &str) -> AuthError {
    AuthError::unavailable(format!("the auth service answers with {what}"), None)
}
