//! Hawk headers, signed URLs and temporary credentials: what is accepted. (What is refused is in `bad_input`; published
//! clients' own signatures are tested in `clients` and `rust_client`.)

use serde_json::{Value, json};
use treble_tests::{API, Caller, Reply, Request, Server, Signer};

/// A request for the groups, with this `Authorization`.
async fn groups(server: &Server, authorization: &str) -> Reply {
    Request::to("GET /hooks").by(Caller::Header(authorization.to_owned())).send(server).await
}

/// A request for the groups, signed so.
async fn groups_by(server: &Server, signer: &Signer) -> Reply {
    Request::to("GET /hooks").by(Caller::Signed(Box::new(signer.clone()))).send(server).await
}

/// Asserts that nothing is wrong, or shows all that is.
#[track_caller]
fn assert_none(wrong: Vec<(&str, Option<String>)>) {
    let wrong: Vec<_> = wrong.into_iter().filter_map(|(case, wrong)| Some((case, wrong?))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn accepted_headers() {
    let server = Server::start().await;
    let root = server.signer();
    let header = root.header("GET", &format!("{API}/hooks"));
    let (scheme, attributes) = header.split_once(' ').unwrap();
    let reversed: Vec<&str> = attributes.rsplit(", ").collect();
    let with = |change: &dyn Fn(&mut Signer)| {
        let mut signer = root.clone();
        change(&mut signer);
        signer.header("GET", &format!("{API}/hooks"))
    };
    let cases = [
        ("plain", header.clone()),
        ("the same again: nonces aren't kept", header.clone()),
        ("attributes in another order", format!("{scheme} {}", reversed.join(", "))),
        ("a clock 14 minutes late", with(&|s| s.ahead = -14 * 60)),
        ("a clock 14 minutes early", with(&|s| s.ahead = 14 * 60)),
        ("an empty object as ext", with(&|s| s.ext = Some("{}".into()))),
        ("JSON that is no object as ext", with(&|s| s.ext = Some("[1]".into()))),
        ("a hash of no body", with(&|s| s.hashed = Some((String::new(), String::new())))),
        ("scopes", with(&|s| s.ext = Some(json!({"authorizedScopes": ["hooks:list-*"]}).to_string()))),
    ];
    let mut wrong = Vec::new();
    for (case, header) in &cases {
        let reply = groups(&server, header).await;
        wrong.push((*case, (reply.status != 200).then(|| reply.text())));
    }
    assert_none(wrong);
}

#[tokio::test]
async fn behind_a_proxy() {
    let server = Server::start().await;
    let mut outside = server.signer();
    outside.host = "hooks.example.com".to_owned();
    outside.port = 443;
    let forwarded = Request::to("GET /hooks")
        .header("x-forwarded-host", "hooks.example.com")
        .header("x-forwarded-proto", "https");
    let signed = forwarded.clone().by(Caller::Signed(Box::new(outside.clone())));
    assert_eq!(signed.send(&server).await.status, 200);
    outside.port = 8443;
    let other_port = forwarded.header("x-forwarded-port", "8443").by(Caller::Signed(Box::new(outside)));
    assert_eq!(other_port.send(&server).await.status, 200);
}

#[tokio::test]
async fn signed_urls() {
    let server = Server::start().await;
    let root = server.signer();
    let resource = format!("{API}/hooks");
    let good = root.signed_url(&resource, 60);
    let send = async |line: String| Request::to(&line).anonymously().send(&server).await;
    assert_eq!(send(format!("GET ^{good}")).await.status, 200);
    assert_eq!(send(format!("HEAD ^{good}")).await.status, 200);
}

/// Milliseconds of these minutes.
const fn minutes(minutes: i64) -> i64 {
    minutes * 60_000
}

/// Moves both ends of a certificate's time, by minutes.
fn moved(start: i64, expiry: i64) -> impl Fn(&mut Value) {
    move |certificate| {
        for (key, by) in [("start", start), ("expiry", expiry)] {
            certificate[key] = json!(certificate[key].as_i64().unwrap() + minutes(by));
        }
    }
}

#[tokio::test]
async fn accepted_certificates() {
    let server = Server::start().await;
    let root = server.signer();
    let scopes = &["hooks:list-hooks:"];
    let mut text = root.issue(None, scopes, |_| {});
    let ext: Value = serde_json::from_str(text.ext.as_ref().unwrap()).unwrap();
    text.ext = Some(json!({"certificate": ext["certificate"].to_string()}).to_string());
    let mut narrowed = root.issue(None, &["hooks:*"], |_| {});
    let mut ext: Value = serde_json::from_str(narrowed.ext.as_ref().unwrap()).unwrap();
    ext["authorizedScopes"] = json!(scopes);
    narrowed.ext = Some(ext.to_string());
    let cases = [
        ("unnamed", root.issue(None, scopes, |_| {})),
        ("named", root.issue(Some("temporary/x"), scopes, |_| {})),
        ("as text", text),
        ("narrowed", narrowed),
        ("from in four minutes on", root.issue(None, scopes, moved(4, 0))),
        ("until four minutes ago", root.issue(None, scopes, moved(-120, -64))),
        ("for 31 days", root.issue(None, scopes, moved(0, 31 * 24 * 60 - 60))),
    ];
    let mut wrong = Vec::new();
    for (case, signer) in &cases {
        let reply = groups_by(&server, signer).await;
        wrong.push((*case, (reply.status != 200).then(|| reply.text())));
        let other = Request::to("GET /hooks/g").by(Caller::Signed(Box::new(signer.clone())));
        let other = other.send(&server).await;
        wrong.push((*case, (other.status != 403).then(|| other.text())));
    }
    assert_none(wrong);
}
