//! What senders call an event: the same twice is the same event. Each id says whose it is, so that no two senders' meet.

use sha2::{Digest, Sha256};

use super::WebhookRequest;
use super::git::Provider;

/// Of a provider of repositories.
pub(super) fn of_provider(request: &WebhookRequest) -> Option<String> {
    let (provider, event) = Provider::of(request)?;
    match provider {
        Provider::Github => named("github", request, "X-GitHub-Delivery"),
        // GitLab keeps its `Idempotency-Key` when it sends an event again. Earlier releases don't have it, and their
        // `X-Gitlab-Event-UUID` is shared by events that a hook itself brought about: the body tells these apart.
        // (`X-Gitlab-Webhook-UUID` is the hook's.)
        Provider::Gitlab => named("gitlab", request, "Idempotency-Key").or_else(|| {
            let id = named("gitlab", request, "X-Gitlab-Event-UUID")?;
            Some(format!("{id}/{event}/{}", hex(&Sha256::digest(&request.body))))
        }),
        // Cloud's and Server's.
        Provider::Bitbucket => named("bitbucket", request, "X-Request-UUID")
            .or_else(|| named("bitbucket", request, "X-Request-Id")),
    }
}

/// Of anybody: as Standard Webhooks name it, as HTTP does, or as a provider of repositories.
pub(super) fn of_any(request: &WebhookRequest) -> Option<String> {
    named("standard-webhooks", request, "webhook-id")
        .or_else(|| of_provider(request))
        .or_else(|| named("idempotency-key", request, "Idempotency-Key"))
}

fn named(whose: &str, request: &WebhookRequest, header: &str) -> Option<String> {
    let id = request.header(header)?.trim();
    (!id.is_empty()).then(|| format!("{whose}/{id}"))
}

/// Bytes in lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
