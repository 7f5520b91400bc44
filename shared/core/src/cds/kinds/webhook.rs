//! `Webhook`: whoever knows the task's URL makes the workflow run, with what the request says.
//!
//! Of the same name, what the request says comes before what is configured, and its query before its body; but `payload` and who
//! triggered it are not the caller's to choose. `payload` is the body where it is a form or JSON, the query otherwise: a body of another
//! type is kept with the execution, and not told. One that says it is JSON and isn't is told as text only, as CDS does.

use super::entries::{EMAIL, Entries, FULLNAME, PAYLOAD, USERNAME, other_cause};
use super::event_id;
use super::flatten::{Texts, TooLarge};
use super::json::{read, text_of};
use super::{Cause, Config, KindOf, Payload, PayloadError, Refusal, Wakes, WebhookRequest};

/// See the module.
pub(super) static WEBHOOK: KindOf = KindOf {
    name: "Webhook",
    model: "WebHook",
    has_url: true,
    of_broker: false,
    wakes: |_| Ok(Wakes::default()),
    admit: |config, request, _| admit_method(config, request),
    event_id: event_id::of_any,
    of_message: |event| Cause::Repository { event },
    payload,
};

/// Whether the request has the method that is configured, `POST` where none is.
pub(super) fn admit_method(config: &Config, request: &WebhookRequest) -> Result<(), Refusal> {
    let allowed = config.get("method").map(str::trim).filter(|method| !method.is_empty()).unwrap_or("POST");
    if request.method.eq_ignore_ascii_case(allowed) {
        return Ok(());
    }
    Err(Refusal::Method { method: request.method.clone(), allowed: allowed.to_ascii_uppercase() })
}

fn payload(config: &Config, cause: &Cause) -> Result<Payload, PayloadError> {
    let Cause::Webhook(request) = cause else {
        return Err(other_cause("Webhook", "requests", cause));
    };
    let said = |part: &str, error: TooLarge| {
        PayloadError(format!("the request's {part} can't be made a payload: {error}"))
    };
    let mut entries = Entries::default();
    entries.parameters(request.query.as_bytes()).map_err(|error| said("query", error))?;
    let body = of_body(request).map_err(|error| said("body", error))?;
    let all = if body.is_some() { text_of(&request.body) } else { request.query.clone() };
    let entries = entries.or(body.unwrap_or_default());
    let mut configured = Entries::default();
    configured.config(config, &["project", "workflow", "method"]);
    let mut entries = entries.or(configured);
    entries.set(PAYLOAD, all);
    entries.remove(EMAIL);
    entries.set(USERNAME, "cds.webhook");
    entries.set(FULLNAME, "CDS Webhook");
    Ok(entries.run())
}

/// What the body says; None where it is nothing that a payload is made of: of another type, or of a request that has none.
fn of_body(request: &WebhookRequest) -> Result<Option<Entries>, TooLarge> {
    if !["POST", "PUT", "PATCH"].contains(&request.method.as_str()) {
        return Ok(None);
    }
    let mut entries = Entries::default();
    match media_type(request).as_str() {
        "application/x-www-form-urlencoded" => entries.parameters(&request.body)?,
        "application/json" => {
            if let Some(document) = read(&text_of(&request.body))? {
                entries.flattened(&document, Texts::Stay)?;
            }
        }
        _ => return Ok(None),
    }
    Ok(Some(entries))
}

/// What the body is, in lower case, without parameters such as a charset; empty where the request doesn't tell.
pub(super) fn media_type(request: &WebhookRequest) -> String {
    let told = request.header("Content-Type").unwrap_or_default();
    told.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
