use super::super::event_id::hex;
use super::super::{Refusal, WebhookRequest};
use super::{Pairs, config, kind, request};
use crate::hawk::hmac_sha256;

const SECRET: &str = "It's a Secret to Everybody";
/// GitHub's documentation has the secret, this body, and its signature.
const BODY: &str = "Hello, World!";
const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

fn admit(headers: Pairs<'_>, body: &str, secret: Option<&str>) -> Result<(), Refusal> {
    (kind("RepoWebHook").admit)(&config(&[]), &request("POST", "", headers, body), secret)
}

#[test]
fn the_signature_is_the_documented_one() {
    assert_eq!(format!("sha256={}", hex(&hmac_sha256(SECRET.as_bytes(), BODY.as_bytes()))), SIGNATURE);
}

#[test]
fn requests_that_show_the_secret_are_taken() {
    let upper = format!("sha256={}", SIGNATURE["sha256=".len()..].to_uppercase());
    let cases: [Pairs<'_>; 6] = [
        &[("X-Github-Event", "push"), ("X-Hub-Signature-256", SIGNATURE)],
        &[("x-github-event", "push"), ("x-hub-signature-256", SIGNATURE)],
        &[("X-Github-Event", "push"), ("X-Hub-Signature-256", &upper)],
        &[("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Token", SECRET)],
        &[("X-Event-Key", "repo:push"), ("X-Hub-Signature", SIGNATURE)],
        &[("X-Event-Key", "repo:refs_changed"), ("X-Hub-Signature", SIGNATURE)],
    ];
    for headers in cases {
        assert_eq!(admit(headers, BODY, Some(SECRET)), Ok(()), "{headers:?}");
    }
}

#[test]
fn requests_that_do_not_show_the_secret_are_refused() {
    const GITHUB: (&str, &str) = ("X-Github-Event", "push");
    const GITLAB: (&str, &str) = ("X-Gitlab-Event", "Push Hook");
    const BITBUCKET: (&str, &str) = ("X-Event-Key", "repo:push");
    let digits = &SIGNATURE["sha256=".len()..];
    let (short, long) = (&SIGNATURE[..SIGNATURE.len() - 1], format!("{SIGNATURE}0"));
    let (wrong, prefix) = (SIGNATURE.replace('7', "8"), format!("SHA256={digits}"));
    // (headers, the header that the message names, the body)
    let cases: [(Pairs<'_>, &str, &str); 21] = [
        (&[GITHUB], "X-Hub-Signature-256 must be there", BODY),
        (&[GITLAB], "X-Gitlab-Token must be there", BODY),
        (&[BITBUCKET], "X-Hub-Signature must be there", BODY),
        (&[GITHUB, ("X-Hub-Signature-256", "")], "X-Hub-Signature-256 must be there", BODY),
        (&[GITHUB, ("X-Hub-Signature-256", &wrong)], "X-Hub-Signature-256 is not right", BODY),
        (&[BITBUCKET, ("X-Hub-Signature", &wrong)], "X-Hub-Signature is not right", BODY),
        (&[GITLAB, ("X-Gitlab-Token", "another")], "X-Gitlab-Token is not right", BODY),
        (&[GITLAB, ("X-Gitlab-Token", "it's a secret to everybody")], "X-Gitlab-Token is not right", BODY),
        // The signature of another body.
        (&[GITHUB, ("X-Hub-Signature-256", SIGNATURE)], "X-Hub-Signature-256 is not right", "Hello, World"),
        (&[BITBUCKET, ("X-Hub-Signature", SIGNATURE)], "X-Hub-Signature is not right", ""),
        (&[GITHUB, ("X-Hub-Signature-256", digits)], "X-Hub-Signature-256 is not right", BODY),
        (&[GITHUB, ("X-Hub-Signature-256", short)], "X-Hub-Signature-256 is not right", BODY),
        (&[GITHUB, ("X-Hub-Signature-256", &long)], "X-Hub-Signature-256 is not right", BODY),
        (&[GITHUB, ("X-Hub-Signature-256", &prefix)], "X-Hub-Signature-256 is not right", BODY),
        (&[GITHUB, ("X-Hub-Signature-256", "sha1=00")], "X-Hub-Signature-256 is not right", BODY),
        // What another provider would send.
        (&[GITHUB, ("X-Hub-Signature", SIGNATURE)], "X-Hub-Signature-256 must be there", BODY),
        (&[GITHUB, ("X-Gitlab-Token", SECRET)], "X-Hub-Signature-256 must be there", BODY),
        (&[GITLAB, ("X-Hub-Signature-256", SIGNATURE)], "X-Gitlab-Token must be there", BODY),
        (&[BITBUCKET, ("X-Hub-Signature-256", SIGNATURE)], "X-Hub-Signature must be there", BODY),
        (&[GITLAB, ("X-Gitlab-Token", SIGNATURE)], "X-Gitlab-Token is not right", BODY),
        // Nobody that is known.
        (&[("X-Hub-Signature-256", SIGNATURE)], "events of GitHub (X-GitHub-Event), GitLab", BODY),
    ];
    for (headers, expected, body) in cases {
        let refusal = admit(headers, body, Some(SECRET)).unwrap_err();
        assert!(matches!(refusal, Refusal::Signature(_)));
        let message = refusal.to_string();
        assert!(message.contains(expected), "{headers:?}: {message}");
        assert!(!message.contains(SECRET) && !message.contains(digits), "{message}");
    }
}

#[test]
fn a_sealed_secret_is_none() {
    let sealed = config(&[("secret", "sealed")]);
    let request = request("POST", "", &[("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Token", "sealed")], "");
    let admit = kind("RepoWebHook").admit;
    assert!(admit(&sealed, &request, Some(SECRET)).is_err());
    // Whether there is one is for the caller to say.
    assert!(admit(&sealed, &request, None).is_ok());
}

#[test]
fn requests_must_have_the_method_that_is_configured() {
    let cases = [
        ("Webhook", "", "POST", None),
        ("Webhook", "", "GET", Some("this task is for POST requests, and this is a GET")),
        ("Webhook", "GET", "GET", None),
        ("Webhook", "get", "GET", None),
        ("Webhook", " Put ", "PUT", None),
        ("Webhook", "PUT", "POST", Some("this task is for PUT requests, and this is a POST")),
        ("Webhook", "delete", "POST", Some("this task is for DELETE requests, and this is a POST")),
        ("RepoWebHook", "", "POST", None),
        ("RepoWebHook", "POST", "PUT", Some("this task is for POST requests, and this is a PUT")),
    ];
    for (name, configured, method, refusal) in cases {
        let admitted =
            (kind(name).admit)(&config(&[("method", configured)]), &request(method, "", &[], ""), None);
        assert_eq!(
            admitted.err().map(|refusal| refusal.to_string()).as_deref(),
            refusal,
            "{configured} {method}"
        );
    }
    // The method comes first.
    let refusal = (kind("RepoWebHook").admit)(&config(&[]), &request("GET", "", &[], ""), Some(SECRET));
    assert!(matches!(refusal, Err(Refusal::Method { .. })));
}

#[test]
fn events_have_their_senders_ids() {
    const GITHUB: (&str, &str) = ("X-Github-Event", "push");
    const GITLAB: (&str, &str) = ("X-Gitlab-Event", "Push Hook");
    const BITBUCKET: (&str, &str) = ("X-Event-Key", "repo:push");
    // (headers, for RepoWebHook, for Webhook)
    let cases: [(Pairs<'_>, Option<&str>, Option<&str>); 14] = [
        (&[], None, None),
        (&[GITHUB], None, None),
        (&[GITHUB, ("X-Github-Delivery", "1")], Some("github/1"), Some("github/1")),
        (&[GITHUB, ("X-Github-Delivery", " ")], None, None),
        (&[("X-Github-Delivery", "1")], None, None),
        (
            &[GITLAB, ("Idempotency-Key", "1"), ("X-Gitlab-Event-Uuid", "2")],
            Some("gitlab/1"),
            Some("gitlab/1"),
        ),
        (&[GITLAB, ("X-Gitlab-Webhook-Uuid", "1")], None, None),
        (&[BITBUCKET, ("X-Request-Uuid", "1")], Some("bitbucket/1"), Some("bitbucket/1")),
        (&[BITBUCKET, ("X-Request-Id", "1")], Some("bitbucket/1"), Some("bitbucket/1")),
        (&[("X-Request-Id", "1")], None, None),
        (&[("Idempotency-Key", "1")], None, Some("idempotency-key/1")),
        (&[("Webhook-Id", "1"), ("Idempotency-Key", "2")], None, Some("standard-webhooks/1")),
        (&[GITHUB, ("Idempotency-Key", "2")], None, Some("idempotency-key/2")),
        (
            &[GITHUB, ("Webhook-Id", "1"), ("X-Github-Delivery", "2")],
            Some("github/2"),
            Some("standard-webhooks/1"),
        ),
    ];
    for (headers, of_repository, of_any) in cases {
        let request = request("POST", "", headers, "");
        assert_eq!((kind("RepoWebHook").event_id)(&request).as_deref(), of_repository, "{headers:?}");
        assert_eq!((kind("Webhook").event_id)(&request).as_deref(), of_any, "{headers:?}");
    }
}

/// GitLab gives one UUID to an event and to those that it brought about.
#[test]
fn events_of_gitlab_that_share_an_id_are_told_apart() {
    let id = |event: &str, body: &str| {
        let headers = [("X-Gitlab-Event", event), ("X-Gitlab-Event-Uuid", "1")];
        let request: WebhookRequest = request("POST", "", &headers, body);
        (kind("RepoWebHook").event_id)(&request).unwrap()
    };
    assert_eq!(id("Push Hook", "a"), id("Push Hook", "a"));
    assert_ne!(id("Push Hook", "a"), id("Push Hook", "b"));
    assert_ne!(id("Push Hook", "a"), id("Note Hook", "a"));
}
