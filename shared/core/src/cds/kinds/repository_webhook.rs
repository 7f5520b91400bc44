//! `RepoWebHook`: a provider of repositories tells what happened in one, and the workflow runs if it is an event that the task is for.
//!
//! `eventFilter` names these, by `;`, as the provider's header does (`push;pull_request`, `Merge Request Hook`,
//! `pr:opened`); without one they are the pushes. What is configured is not in the payload, as in CDS.

use super::entries::{PAYLOAD, other_cause};
use super::git::{Ignored, Provider};
use super::webhook::{admit_method, media_type};
use super::{
    Cause, Config, KindOf, Payload, PayloadError, Refusal, Wakes, WebhookRequest, event_id, json, signature,
};

/// See the module.
pub(super) static REPOSITORY_WEBHOOK: KindOf = KindOf {
    name: "RepoWebHook",
    model: "RepositoryWebHook",
    has_url: true,
    of_broker: false,
    wakes: |_| Ok(Wakes::default()),
    admit,
    event_id: event_id::of_provider,
    of_message: |event| Cause::Repository { event },
    payload,
};

fn admit(config: &Config, request: &WebhookRequest, secret: Option<&str>) -> Result<(), Refusal> {
    admit_method(config, request)?;
    secret.map_or(Ok(()), |secret| signature::check(request, secret))
}

fn payload(config: &Config, cause: &Cause) -> Result<Payload, PayloadError> {
    let Cause::Webhook(request) = cause else {
        return Err(other_cause("RepoWebHook", "requests", cause));
    };
    let Some((provider, name)) = Provider::of(request) else {
        let problem =
            format!("the request is from nobody known: a RepoWebHook task takes {}", Provider::all_events());
        return Err(PayloadError(problem));
    };
    if !is_selected(config, provider, name) {
        let filter = config.get("eventFilter").unwrap_or("pushes");
        return Ok(Payload::Ignored(format!("the event is {name:?}, and the task is for {filter}")));
    }
    let text = event_text(request);
    let event = json::parse(&text).map_err(|error| {
        PayloadError(format!("the event {name:?} of {} must be JSON, and is not: {error}", provider.name()))
    })?;
    Ok(match provider.sent(name, &event) {
        Ok(mut entries) => {
            entries.set(PAYLOAD, text);
            entries.run()
        }
        Err(Ignored(why)) => Payload::Ignored(why),
    })
}

fn is_selected(config: &Config, provider: Provider, name: &str) -> bool {
    let filter = config.get("eventFilter").unwrap_or_default();
    let mut wanted = filter.split(';').map(str::trim).filter(|event| !event.is_empty()).peekable();
    if wanted.peek().is_none() {
        return provider.pushes().contains(&name);
    }
    wanted.any(|event| event.eq_ignore_ascii_case(name))
}

/// The event's JSON: the body, or what GitHub sends as a form.
fn event_text(request: &WebhookRequest) -> String {
    if media_type(request) == "application/x-www-form-urlencoded" {
        let mut fields = form_urlencoded::parse(&request.body);
        if let Some((_, payload)) = fields.find(|(name, _)| name == "payload") {
            return payload.into_owned();
        }
    }
    json::text_of(&request.body)
}
