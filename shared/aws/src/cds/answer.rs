//! What CDS's answers mean.

use serde_json::Value;
use treble_core::cds::{CdsError, NodeHook, Registration};

use crate::http::{HttpError, Reply};

/// As much is kept of what CDS says of an error, in bytes.
const MAX_MESSAGE_BYTES: usize = 1024;

/// There was none.
pub(super) fn missing(error: HttpError) -> CdsError {
    CdsError::Unavailable { reason: error.to_string(), source: Some(error.into()) }
}

/// An answer that is as good as its status says.
pub(super) fn good(reply: Reply) -> Result<Reply, CdsError> {
    match reply.status {
        200..=299 => Ok(reply),
        401 | 403 => Err(CdsError::Unregistered { reason: message(&reply) }),
        502..=504 => {
            let reason = format!("it answered {}: {}", reply.status, message(&reply));
            Err(CdsError::Unavailable { reason, source: None })
        }
        _ => Err(CdsError::Refused { status: reply.status, message: message(&reply) }),
    }
}

/// The answer to a registration.
pub(super) fn registration(reply: &Reply) -> Result<Registration, CdsError> {
    let hash = reply.json().and_then(|body| Some(body.get("hash")?.as_str()?.to_owned()));
    match hash.filter(|hash| !hash.is_empty()) {
        Some(hash) => Ok(Registration { hash }),
        None => Err(unreadable(reply, "the service with its hash")),
    }
}

/// The number of the run that was started.
pub(super) fn run_number(reply: &Reply) -> Result<u64, CdsError> {
    let number = reply.json().and_then(|body| body.get("num")?.as_u64());
    number.ok_or_else(|| unreadable(reply, "the run with its number, num"))
}

/// The hooks that CDS lists.
pub(super) fn hooks(reply: &Reply) -> Result<Vec<NodeHook>, CdsError> {
    let body = reply.body.as_ref().ok_or_else(|| unreadable(reply, "hooks of a size that is read"))?;
    // In Go a list of nothing may be null.
    let hooks: Option<Vec<NodeHook>> = serde_json::from_slice(body)
        .map_err(|error| unreadable(reply, &format!("a list of hooks in JSON ({error})")))?;
    Ok(hooks.unwrap_or_default())
}

/// Whoever answered, it wasn't CDS in the words that are agreed.
fn unreadable(reply: &Reply, expected: &str) -> CdsError {
    CdsError::Refused { status: reply.status, message: format!("the answer is not {expected}") }
}

/// What CDS says of an error: its `message`, or all that it says.
fn message(reply: &Reply) -> String {
    let json = reply.json();
    let message = json.as_ref().and_then(|body| body.get("message")).and_then(Value::as_str);
    let text = match (message, &reply.body) {
        (Some(message), _) => message.to_owned(),
        (None, Some(body)) => String::from_utf8_lossy(body).into_owned(),
        (None, None) => String::new(),
    };
    let text = text.trim();
    let text = &text[..text.floor_char_boundary(MAX_MESSAGE_BYTES)];
    if text.is_empty() { "it says no more".to_owned() } else { text.to_owned() }
}
