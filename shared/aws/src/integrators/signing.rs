//! Signatures as Standard Webhooks have them: <https://www.standardwebhooks.com>.

use standardwebhooks::Webhook;
use treble_core::gate::ports::Unanswered;

const NO_SECRET: &str = "it has no secret that requests could be signed with: give it a new one";
const UNUSABLE: &str = "requests can't be signed with one of its secrets: give it a new one";

/// The value of `webhook-signature`: one by each secret, so that a receiver who knows any of them is content.
pub(super) fn signature<'a>(
    secrets: impl Iterator<Item = &'a str>,
    id: &str,
    timestamp: i64,
    body: &str,
) -> Result<String, Unanswered> {
    let sign = |secret| Webhook::new(secret)?.sign(id, timestamp, body.as_bytes());
    let signatures = secrets.map(sign).collect::<Result<Vec<_>, _>>();
    // The error may quote a secret's bytes, and is no source for a log.
    let signatures = signatures.map_err(|_| Unanswered { reason: UNUSABLE.to_owned(), source: None })?;
    if signatures.is_empty() {
        return Err(Unanswered { reason: NO_SECRET.to_owned(), source: None });
    }
    Ok(signatures.join(" "))
}
