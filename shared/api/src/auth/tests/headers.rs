use super::*;
use serde_json::json;
use treble_core::hawk::payload_hash;

#[tokio::test]
async fn who_does_not_sign_is_anonymous() {
    let parts = parts(request());
    let caller = table().authenticate(&SignedRequest::new(&parts, None), now()).await.unwrap();
    assert!(caller.is_anonymous());
    assert_eq!(caller.scopes.as_slice(), ["assume:anonymous", "public"]);
}

#[tokio::test]
async fn a_client_has_its_roles_and_what_everybody_has() {
    let caller = with_header(&signed("plain", None)).await.unwrap();
    assert_eq!(caller.client_id.as_deref(), Some("plain"));
    assert_eq!(caller.expires, Some(at(NOW + 3600)));
    let expected =
        ["assume:anonymous", "assume:team:red", "auth:create-client:plain/*", "public", "s:*", "team-of:red"];
    assert_eq!(caller.scopes.as_slice(), expected);
}

#[tokio::test]
async fn refusals() {
    let wrong_key = header_of(&Signer::new("plain", "another"), None);
    for (header, expected) in [
        ("Bearer x", "Unauthorized: Unauthorized"),
        ("", "Bad Request: Invalid header syntax"),
        ("Hawk", "Bad Request: Invalid header syntax"),
        ("Hawk id=\"plain\", ts=\"9999999999999999999\", nonce=\"n\", mac=\"m\"", "Unauthorized: Bad mac"),
        (wrong_key.as_str(), "Unauthorized: Bad mac"),
        (&signed("nope", None), "Client with clientId 'nope' not found"),
        (&signed("off", None), "Client with clientId 'off' is disabled"),
        (&header_of(&Signer::new("keyless", ""), None), "Client with clientId 'keyless' is disabled"),
        (&signed("old", None), "Client with clientId 'old' has expired"),
        // The MAC says it before the time does.
        (&wrong_key.replace("1700000000", "1"), "Unauthorized: Bad mac"),
        (&signed("plain", Some("e")), "Failed to parse ext: it must be JSON in base64"),
        (&signed("plain", Some("e30")), ""),
    ] {
        let result = with_header(header).await;
        match expected {
            "" => assert!(result.is_ok(), "{header}"),
            _ => assert_eq!(message(result), expected, "{header}"),
        }
    }
    let not_text = http::HeaderValue::from_bytes(b"Hawk id=\"\xff\"").unwrap();
    let parts = parts(request().header("authorization", not_text));
    let result = table().authenticate(&SignedRequest::new(&parts, None), now()).await;
    assert_eq!(message(result), "Bad Request: Invalid header syntax");
}

#[tokio::test]
async fn fifteen_minutes_of_skew() {
    let parts = parts(request().header("authorization", signed("plain", None)));
    let request = SignedRequest::new(&parts, None);
    for (skew, is_good) in [(0, true), (900, true), (-900, true), (901, false), (-901, false)] {
        // The client's own expiry is not what is asked here.
        let mut store = Store::new();
        store.clients[0].expires = Timestamp::MAX;
        let table = TableAuth::new(Arc::new(CachedCredentials::new(Arc::new(store), CacheLimits::default())));
        match table.authenticate(&request, at(NOW + skew)).await {
            Ok(_) => assert!(is_good, "{skew}"),
            result => {
                assert!(!is_good, "{skew}");
                assert_eq!(message(result), "Unauthorized: Stale timestamp");
            }
        }
    }
    let far = Signer::new("plain", TOKEN)
        .header(&TARGET, &Unsigned { ts: i64::MAX, nonce: "n", ..Unsigned::default() })
        .unwrap();
    assert_eq!(message(with_header(&far).await), "Unauthorized: Stale timestamp");
}

#[tokio::test]
async fn the_body_must_be_the_one_that_was_signed() {
    let target = Target { method: "POST", ..TARGET };
    let hash = payload_hash("application/json", b"{}");
    let unsigned = Unsigned { ts: NOW, nonce: "n", hash: Some(&hash), ext: None };
    let header = Signer::new("plain", TOKEN).header(&target, &unsigned).unwrap();
    let parts = parts(
        request()
            .method("POST")
            .header("authorization", header)
            .header("content-type", "application/json; charset=utf-8"),
    );
    let check = async |body: Option<&'static [u8]>| {
        table().authenticate(&SignedRequest::new(&parts, body), now()).await
    };
    assert!(check(Some(b"{}")).await.is_ok());
    assert!(check(None).await.is_ok());
    let other = payload_hash("application/json", b"{ }");
    let expected = format!("Invalid payload hash: {hash}\nComputed payload hash: {other}");
    assert_eq!(message(check(Some(b"{ }")).await), expected);
}

#[tokio::test]
async fn authorized_scopes_narrow() {
    let narrowed = async |value: Value| with_header(&signed("plain", Some(&ext(&value)))).await;
    let caller = narrowed(json!({"authorizedScopes": ["s:one", "assume:team:red"]})).await.unwrap();
    assert_eq!(
        caller.scopes.as_slice(),
        ["assume:anonymous", "assume:team:red", "public", "s:one", "team-of:red"]
    );
    let caller = narrowed(json!({"authorizedScopes": ["public"]})).await.unwrap();
    assert_eq!(caller.scopes.as_slice(), ["assume:anonymous", "public"]);
    assert_eq!(narrowed(json!({"authorizedScopes": []})).await.unwrap().scopes.len(), 2);

    let error = message(narrowed(json!({"authorizedScopes": ["s:one", "t:two"]})).await);
    let start =
        "Supplied credentials do not satisfy authorizedScopes; credentials have scopes: assume:anonymous, ";
    assert!(error.starts_with(start) && error.ends_with("; authorizedScopes are: s:one, t:two"), "{error}");
    for (value, expected) in [
        (json!({"authorizedScopes": "s:one"}), "ext.authorizedScopes must be an array of scopes"),
        (json!({"authorizedScopes": null}), "ext.authorizedScopes must be an array of scopes"),
        (json!({"authorizedScopes": [1]}), "ext.authorizedScopes must be an array of scopes"),
        (
            json!({"authorizedScopes": ["s:\n"]}),
            "ext.authorizedScopes must be an array of valid scopes: scope \"s:\\n\" has the character '\\n'; scopes are printable ASCII, space to tilde",
        ),
    ] {
        assert_eq!(message(narrowed(value).await), expected);
    }
    // JSON that is no object says nothing.
    for value in [json!([1]), json!("x"), json!(null), json!({}), json!({"certificate": null, "other": 1})] {
        assert!(narrowed(value).await.unwrap().scopes.satisfies("s:x"));
    }
    let error = message(with_header(&signed("plain", Some(&STANDARD.encode("{")))).await);
    assert!(error.starts_with("Failed to parse ext: "), "{error}");
}

#[tokio::test]
async fn a_message_names_a_hundred_scopes() {
    let asked: Vec<_> = (0..150).map(|i| format!("t:{i}")).collect();
    let result = with_header(&signed("plain", Some(&ext(&json!({"authorizedScopes": asked}))))).await;
    let error = message(result);
    assert!(error.ends_with(", t:98, t:99, and 50 more"), "{error}");
}

/// Whoever doesn't have the key doesn't learn which scopes it has.
#[tokio::test]
async fn scopes_are_not_told_to_strangers() {
    let ext = ext(&json!({"authorizedScopes": ["not:theirs"]}));
    let header = header_of(&Signer::new("plain", "a guess"), Some(&ext));
    assert_eq!(message(with_header(&header).await), "Unauthorized: Bad mac");
}

#[tokio::test]
async fn a_store_that_is_down_is_not_the_callers_fault() {
    let store = Store::new();
    store.is_down.store(true, Ordering::Relaxed);
    let table = TableAuth::new(Arc::new(CachedCredentials::new(Arc::new(store), CacheLimits::default())));
    for builder in [request(), request().header("authorization", signed("plain", None))] {
        let parts = parts(builder);
        let error = table.authenticate(&SignedRequest::new(&parts, None), now()).await.unwrap_err();
        assert_eq!(error.status(), 503);
    }
}
