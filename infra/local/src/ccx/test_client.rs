//! `treble test-client`: one call of CCX's platform, by the Connect protocol in JSON.

use std::time::Duration;

use serde_json::Value;
use treble_api::ccx::MOUNT;
use treble_aws::http::{HttpClient, HttpError, Reply, Request};

use super::calls::Call;
use crate::admin::block_on;
use crate::cli::TestClient;
use crate::hooks::exit;
use crate::output::{self, Failure};

/// How long a call may take: API Gateway gives up at 30 seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(35);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The service said why, in the protocol's words.
    #[error("{code}: {message}")]
    Answered { code: String, message: String },
    /// Something else answered.
    #[error("{url} answered {status}, and not as a service of CCX does: is --url right?")]
    Unreadable { url: String, status: u16 },
    /// Nobody did.
    #[error("{url} can't be asked: start it with `treble up`, or say where it is with --url")]
    Unanswered {
        url: String,
        #[source]
        source: HttpError,
    },
}

impl CallError {
    /// See [`exit`].
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Answered { code, .. } => match &**code {
                "unauthenticated" | "permission_denied" => exit::REFUSED,
                "unavailable" | "deadline_exceeded" | "internal" | "unknown" | "resource_exhausted" => {
                    exit::UNAVAILABLE
                }
                _ => exit::FAILED,
            },
            Self::Unreadable { .. } | Self::Unanswered { .. } => exit::UNAVAILABLE,
        }
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &TestClient) -> Result<(), Failure> {
    let call =
        Call::of(arguments.call).ok_or_else(|| exit::Usage(format!("{} is no call", arguments.call)))?;
    let request = call.request(&arguments.json)?;
    let answer = block_on(async { Ok(send(arguments, call, &request).await?) })?;
    output::json(&call.response(answer)?)
}

async fn send(arguments: &TestClient, call: &Call, request: &Value) -> Result<Value, CallError> {
    let url = arguments.url.join(&format!("{MOUNT}{}", call.method));
    // Of several, as the service itself may have them, the first one.
    let token = arguments.token.as_deref().and_then(|tokens| tokens.split_whitespace().next());
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("content-type", "application/json"), ("connect-protocol-version", "1")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    let request =
        Request { method: "POST", url: url.as_str(), headers: &headers, body: request.to_string().into() };
    let named = || arguments.url.to_string();
    let reply = HttpClient::new().send(&request, CALL_TIMEOUT).await;
    let reply = reply.map_err(|source| CallError::Unanswered { url: named(), source })?;
    read(&reply).unwrap_or_else(|| Err(CallError::Unreadable { url: named(), status: reply.status }))
}

/// An answer, or an error in the protocol's words; None for what is neither.
fn read(reply: &Reply) -> Option<Result<Value, CallError>> {
    let body = reply.json()?;
    if reply.status == 200 {
        return body.is_object().then_some(Ok(body));
    }
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(output::plain);
    // Its codes are words in small letters; those of our other dialects are not.
    let code = text("code").filter(|code| code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_')))?;
    Some(Err(CallError::Answered { code, message: text("message").unwrap_or_default() }))
}
