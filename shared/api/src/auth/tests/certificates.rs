use super::*;
use crate::auth::certificate::Certificate;
use crate::auth::ext::Ext;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;
use treble_core::hawk::hmac_sha256;

const SEED: &str = "KpJvYUNXSYeWqc0vnsAq9wJJgvWv5pTh6IYhd120YZTQ";

fn hmac(text: &str) -> [u8; 32] {
    hmac_sha256(TOKEN.as_bytes(), text.as_bytes())
}

/// A certificate made as the documentation says, by the client `plain`.
fn certificate(name: Option<&str>, scopes: &[&str], start: i64, expiry: i64) -> Value {
    let named = name.map_or(String::new(), |name| format!("clientId:{name}\nissuer:plain\n"));
    let (start, expiry) = (start * 1000, expiry * 1000);
    let scope_lines = scopes.iter().map(|s| format!("\n{s}")).collect::<String>();
    let text = format!("version:1\n{named}seed:{SEED}\nstart:{start}\nexpiry:{expiry}\nscopes:{scope_lines}");
    // Where there are no scopes, the line `scopes:` is the last.
    let mut certificate = json!({
        "version": 1, "scopes": scopes, "start": start, "expiry": expiry, "seed": SEED,
        "signature": STANDARD.encode(hmac(&text)),
    });
    if name.is_some() {
        certificate["issuer"] = json!("plain");
    }
    certificate
}

async fn call(id: &str, ext_json: Value) -> Result<Caller, AuthError> {
    let temporary = Signer::new(id, URL_SAFE_NO_PAD.encode(hmac(SEED)));
    with_header(&header_of(&temporary, Some(&ext(&ext_json)))).await
}

#[tokio::test]
async fn temporary_credentials() {
    let unnamed = certificate(None, &["s:one", "assume:team:red"], NOW - 60, NOW + 60);
    let caller = call("plain", json!({"certificate": unnamed})).await.unwrap();
    assert_eq!(caller.client_id.as_deref(), Some("plain"));
    assert_eq!(caller.expires, Some(at(NOW + 60)));
    assert_eq!(
        caller.scopes.as_slice(),
        ["assume:anonymous", "assume:team:red", "public", "s:one", "team-of:red"]
    );

    let named = certificate(Some("plain/x"), &["s:*"], NOW, NOW + 86_400);
    let caller = call("plain/x", json!({"certificate": named})).await.unwrap();
    assert_eq!(caller.client_id.as_deref(), Some("plain/x"));
    // Not beyond the issuer's own.
    assert_eq!(caller.expires, Some(at(NOW + 3600)));

    // Some clients send the certificate's text, some write numbers as 1.0.
    let mut as_text = certificate(None, &[], NOW, NOW + 60);
    as_text["version"] = json!(1.0);
    let caller = call("plain", json!({"certificate": as_text.to_string()})).await.unwrap();
    assert_eq!(caller.scopes.as_slice(), ["assume:anonymous", "public"]);

    // Narrowed further, by what the certificate has.
    let narrowed = json!({"certificate": named, "authorizedScopes": ["s:two", "public"]});
    let caller = call("plain/x", narrowed).await.unwrap();
    assert_eq!(caller.scopes.as_slice(), ["assume:anonymous", "public", "s:two"]);
    let widened = json!({"certificate": named, "authorizedScopes": ["team-of:red"]});
    assert!(message(call("plain/x", widened).await).starts_with("Supplied credentials do not satisfy"));
}

#[tokio::test]
async fn bounds_in_time() {
    const DAY: i64 = 86_400;
    for (start, expiry, expected) in [
        (NOW + 300, NOW + 400, None),
        (NOW - 400, NOW - 300, None),
        (NOW - 10, NOW - 10 + 31 * DAY, None),
        (NOW + 301, NOW + 400, Some("ext.certificate.start is in the future: 2023-11-14T22:18:21Z")),
        (NOW - 400, NOW - 301, Some("ext.certificate.expiry is in the past: 2023-11-14T22:08:19Z")),
        (NOW - 10, NOW - 9 + 31 * DAY, Some("ext.certificate cannot last longer than 31 days")),
    ] {
        let certificate = certificate(None, &["s:one"], start, expiry);
        let result = call("plain", json!({"certificate": certificate})).await;
        match expected {
            None => assert!(result.is_ok(), "{start} to {expiry}"),
            Some(expected) => assert_eq!(message(result), expected),
        }
    }
}

#[tokio::test]
async fn what_the_issuer_may_not_give() {
    for (id, name, scopes, expected) in [
        (
            "plain",
            None,
            ["s:one", "t:two"],
            "ext.certificate.issuer 'plain' doesn't satisfy ext.certificate.scopes; missing are: t:two",
        ),
        (
            "other",
            Some("other"),
            ["s:one", "s:two"],
            "ext.certificate.issuer 'plain' doesn't satisfy auth:create-client:other, which named temporary credentials need",
        ),
        (
            "plain",
            Some("plain"),
            ["s:one", "s:two"],
            "ext.certificate.issuer must differ from the clientId of the temporary credentials",
        ),
        // Signed for one name, used under another.
        ("plain/y", Some("plain/x"), ["s:one", "s:two"], "ext.certificate.signature is not valid"),
    ] {
        let certificate = certificate(name, &scopes, NOW, NOW + 60);
        assert_eq!(message(call(id, json!({"certificate": certificate})).await), expected);
    }
}

#[tokio::test]
async fn what_is_no_certificate() {
    let good = certificate(None, &["s:one"], NOW, NOW + 60);
    let changed = |field: &str, value: Value| {
        let mut certificate = good.clone();
        certificate[field] = value;
        certificate
    };
    for (certificate, expected) in [
        (json!(1), " must be an object"),
        (json!("{"), " must be an object"),
        (json!("1"), " must be an object"),
        (changed("version", json!(2)), ".version must be 1"),
        (changed("version", json!("1")), ".version must be 1"),
        (changed("issuer", json!(null)), ".issuer must be a clientId"),
        (changed("clientId", json!("plain")), ".clientId must be absent without ext.certificate.issuer"),
        (changed("seed", json!("short")), ".seed must be 44 characters"),
        (changed("seed", json!(SEED.replace('K', "\n"))), ".seed must be 44 characters"),
        (changed("scopes", json!("s:one")), ".scopes must be an array of scopes"),
        (changed("start", json!(1.5)), ".start must be a time in milliseconds"),
        (changed("start", json!(1e300)), ".start must be a time in milliseconds"),
        (changed("expiry", json!(i64::MAX)), ".expiry must be a time in milliseconds"),
        (changed("signature", json!(null)), ".signature must be a string"),
        // Well-formed, and not what was signed.
        (changed("signature", json!("")), ".signature is not valid"),
        (changed("scopes", json!(["s:*"])), ".signature is not valid"),
        (changed("expiry", json!((NOW + 61) * 1000)), ".signature is not valid"),
        (changed("start", json!(0)), ".signature is not valid"),
        (changed("issuer", json!("nobody")), ""),
    ] {
        let error = message(call("plain", json!({"certificate": certificate})).await);
        match expected {
            "" => assert_eq!(error, "Client with clientId 'nobody' not found"),
            _ => assert_eq!(error, format!("ext.certificate{expected}"), "{certificate}"),
        }
    }
    // The certificate is good, and the request not signed with its key.
    let ext = ext(&json!({"certificate": good}));
    assert_eq!(message(with_header(&signed("plain", Some(&ext))).await), "Unauthorized: Bad mac");
}

fn some_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!(1)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        ".{0,50}".prop_map(|s| json!(s)),
        Just(json!(SEED)),
        Just(json!(["s:one"])),
    ];
    leaf.prop_recursive(2, 16, 4, |inner| proptest::collection::vec(inner, 0..4).prop_map(Value::from))
}

proptest! {
    #[test]
    fn reading_never_panics(
        text in any::<String>(),
        changes in proptest::collection::vec(
            ("version|scopes|start|expiry|seed|signature|issuer|clientId|x", some_json()),
            0..4,
        ),
    ) {
        let mut certificate = certificate(None, &["s:one"], NOW, NOW + 60);
        for (field, value) in changes {
            certificate[field] = value;
        }
        if let Ok(certificate) = Certificate::parse(&certificate) {
            let _ = (certificate.check_time(now()), certificate.check_time(Timestamp::MIN), certificate.check_time(Timestamp::MAX));
        }
        let _ = Ext::parse(&text);
        let read = Ext::parse(&STANDARD.encode(json!({"certificate": text, "authorizedScopes": text}).to_string())).unwrap();
        let _ = (read.certificate().is_err(), read.authorized_scopes().is_err());
    }
}
