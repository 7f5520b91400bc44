use super::*;

#[test]
fn whom_the_client_asked() {
    for (headers, expected) in [
        (&[("host", "Example.com")][..], &[("Example.com", 80)][..]),
        (&[("host", "a:8080")], &[("a", 8080)]),
        (&[("host", "[::1]:8080")], &[("[::1]", 8080)]),
        (&[("host", "[::1]")], &[("[::1]", 80)]),
        (&[("host", "a:99999")], &[("a:99999", 80)]),
        (&[("host", "a"), ("x-forwarded-proto", "https")], &[("a", 443)]),
        (&[("host", "a"), ("x-forwarded-proto", "http")], &[("a", 80)]),
        (&[("host", "a:8443"), ("x-forwarded-proto", "https")], &[("a", 443), ("a", 8443)]),
        (&[("host", "a"), ("x-forwarded-port", "8443")], &[("a", 8443)]),
        (&[("host", "a:1"), ("x-forwarded-proto", "https"), ("x-forwarded-port", "8443")], &[("a", 8443)]),
        (&[("host", "a"), ("x-forwarded-port", "x")], &[("a", 80)]),
        (&[("host", "a:1"), ("x-forwarded-host", "b")], &[("b", 80)]),
        (&[("host", "a"), ("x-forwarded-host", "b:5, c"), ("x-forwarded-port", "6, 7")], &[("b", 6)]),
        (&[("host", "a"), ("x-forwarded-host", "b:5")], &[("b", 5)]),
        (&[("host", "a"), ("x-forwarded-host", "")], &[("a", 80)]),
        (&[], &[("", 80)]),
    ] {
        let mut builder = http::Request::builder().uri("/");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let origins = SignedRequest::new(&parts(builder), None).origins;
        let found: Vec<_> = origins.iter().map(|o| (o.host.as_str(), o.port)).collect();
        assert_eq!(found, expected, "{headers:?}");
    }
    let http2 = parts(http::Request::builder().uri("https://a:8443/x?y"));
    let request = SignedRequest::new(&http2, None);
    assert_eq!(request.origins, [Origin { host: "a".into(), port: 8443 }]);
    assert_eq!(request.resources, ["/x?y"]);
}

#[tokio::test]
async fn a_path_that_arrives_decoded() {
    let parts =
        parts(request().uri("/api/hooks/v1/hooks/g/a/b?x=1").header("authorization", signed("plain", None)));
    let request = SignedRequest::new(&parts, None);
    assert_eq!(message(table().authenticate(&request, now()).await), "Unauthorized: Bad mac");
    let request = request.or_resource("/elsewhere").or_resource(TARGET.resource);
    assert!(table().authenticate(&request, now()).await.is_ok());
}

#[tokio::test]
async fn a_bewit_on_a_path_that_arrives_decoded() {
    let bewit = Signer::new("plain", TOKEN).bewit(&TARGET, NOW + 60, "").unwrap();
    let parts = parts(request().uri(format!("/api/hooks/v1/hooks/g/a/b?x=1&bewit={bewit}")));
    let request = SignedRequest::new(&parts, None);
    assert_eq!(message(table().authenticate(&request, now()).await), "Unauthorized: Bad mac");
    let request = request.or_resource(format!("{}&bewit={bewit}", TARGET.resource));
    assert!(table().authenticate(&request, now()).await.is_ok());
}
