//! Whether a request comes from who knows the task's secret.
//!
//! GitHub and Bitbucket send an HMAC-SHA256 of the body as it was sent, in hexadecimal digits of either case; GitLab sends the secret.

use super::event_id::hex;
use super::git::Provider;
use super::{Refusal, WebhookRequest};
use crate::hawk::{constant_time_eq, hmac_sha256};

/// Whether the request shows that its sender knows the secret.
pub(super) fn check(request: &WebhookRequest, secret: &str) -> Result<(), Refusal> {
    let Some((provider, _)) = Provider::of(request) else {
        let problem = format!("this task has a secret, and takes {} only", Provider::all_events());
        return Err(Refusal::Signature(problem));
    };
    let header = provider.signature_header();
    let Some(sent) = request.header(header).filter(|sent| !sent.is_empty()) else {
        let problem =
            format!("this task has a secret: the header {header} must be there, {}", form(provider));
        return Err(Refusal::Signature(problem));
    };
    let good = match provider {
        Provider::Gitlab => constant_time_eq(sent, secret),
        Provider::Github | Provider::Bitbucket => {
            let mac = format!("sha256={}", hex(&hmac_sha256(secret.as_bytes(), &request.body)));
            match sent.strip_prefix("sha256=") {
                Some(digits) => constant_time_eq(&format!("sha256={}", digits.to_ascii_lowercase()), &mac),
                None => false,
            }
        }
    };
    if good {
        return Ok(());
    }
    let problem =
        format!("the header {header} is not right for this task's secret: it must be {}", form(provider));
    Err(Refusal::Signature(problem))
}

fn form(provider: Provider) -> &'static str {
    match provider {
        Provider::Gitlab => "the secret itself",
        Provider::Github | Provider::Bitbucket => {
            "sha256= and the HMAC-SHA256 of the body in hexadecimal digits, the secret being its key"
        }
    }
}
