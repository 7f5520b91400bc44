use super::*;
use serde_json::json;

fn bewit(target: &Target<'_>, expiry: i64, ext: &str) -> String {
    Signer::new("plain", TOKEN).bewit(target, expiry, ext).unwrap()
}

async fn get(method: &str, resource: &str) -> Result<Caller, AuthError> {
    let parts = parts(request().method(method).uri(resource));
    table().authenticate(&SignedRequest::new(&parts, None), now()).await
}

#[tokio::test]
async fn signed_urls() {
    let bewit_of = |expiry| bewit(&TARGET, expiry, "");
    let resource = format!("{}&bewit={}", TARGET.resource, bewit_of(NOW + 60));
    for method in ["GET", "HEAD"] {
        let caller = get(method, &resource).await.unwrap();
        assert_eq!(caller.client_id.as_deref(), Some("plain"));
        assert!(caller.scopes.satisfies("team-of:red"));
    }
    let without_query = bewit(&Target { resource: "/a", ..TARGET }, NOW + 60, "");
    assert!(get("GET", &format!("/a?bewit={without_query}")).await.is_ok());

    for (method, resource, expected) in [
        ("POST", resource.clone(), "Unauthorized: Invalid method"),
        ("GET", format!("{resource}&y=2"), "Unauthorized: Bad mac"),
        ("GET", resource.replace("x=1", "x=2"), "Unauthorized: Bad mac"),
        ("GET", format!("{}&bewit={}", TARGET.resource, bewit_of(NOW)), "Unauthorized: Access expired"),
        ("GET", "/a?bewit=".to_owned(), "Unauthorized: Empty bewit"),
        ("GET", "/a?bewit=YQ".to_owned(), "Bad Request: Invalid bewit structure"),
        ("GET", "/a?bewit=*".to_owned(), "Bad Request: Invalid bewit encoding"),
    ] {
        assert_eq!(message(get(method, &resource).await), expected, "{method} {resource}");
    }
}

#[tokio::test]
async fn a_bewit_can_be_narrowed() {
    let ext = ext(&json!({"authorizedScopes": ["s:one"]}));
    let resource = format!("{}&bewit={}", TARGET.resource, bewit(&TARGET, NOW + 60, &ext));
    let caller = get("GET", &resource).await.unwrap();
    assert_eq!(caller.scopes.as_slice(), ["assume:anonymous", "public", "s:one"]);
}

#[tokio::test]
async fn one_scheme_at_a_time() {
    let resource = format!("{}&bewit={}", TARGET.resource, bewit(&TARGET, NOW + 60, ""));
    let parts = parts(request().uri(resource).header("authorization", signed("plain", None)));
    let error = message(table().authenticate(&SignedRequest::new(&parts, None), now()).await);
    assert!(error.starts_with("Cannot use two authentication schemes at once"), "{error}");
}
