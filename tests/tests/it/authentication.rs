//! Hawk headers, signed URLs and temporary credentials: what is accepted, and in what words the rest is
//! refused. (Published clients' own signatures are tested in `clients` and `rust_client`.)

use serde_json::{Value, json};
use treble_tests::{API, Caller, Reply, Request, Server, Signer, tampered};

/// A request for the groups, with this `Authorization`.
async fn groups(server: &Server, authorization: &str) -> Reply {
    Request::to("GET /hooks").by(Caller::Header(authorization.to_owned())).send(server).await
}

/// A request for the groups, signed so.
async fn groups_by(server: &Server, signer: &Signer) -> Reply {
    Request::to("GET /hooks").by(Caller::Signed(Box::new(signer.clone()))).send(server).await
}

/// `None` if a reply is a 401 that says this (up to a final `…`), otherwise what it is.
fn refusal(reply: &Reply, says: &str) -> Option<String> {
    if reply.status != 401 || reply.header("www-authenticate") != Some("hawk") {
        return Some(format!("{} {:?}: {}", reply.status, reply.headers, reply.text()));
    }
    let (code, message) = reply.error();
    let as_told = match says.strip_suffix('…') {
        Some(start) => message.starts_with(start),
        None => message == says,
    };
    let right = code == "AuthenticationFailed" && as_told;
    (!right).then(|| format!("{code}: {message:?}, expected {says:?}"))
}

/// Asserts that nothing is wrong, or shows all that is.
#[track_caller]
fn assert_none(wrong: Vec<(&str, Option<String>)>) {
    let wrong: Vec<_> = wrong.into_iter().filter_map(|(case, wrong)| Some((case, wrong?))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn refused_headers() {
    let server = Server::start().await;
    let root = server.signer();
    let good = root.header("GET", &format!("{API}/hooks"));
    let signed = |change: &dyn Fn(&mut Signer)| {
        let mut signer = root.clone();
        change(&mut signer);
        signer.header("GET", &format!("{API}/hooks"))
    };
    let ext = |ext: Value| signed(&|signer| signer.ext = Some(ext.to_string()));
    let cases = [
        ("unknown client", signed(&|s| s.client_id = "nope".into()), "Client with clientId 'nope' not found"),
        ("wrong token", signed(&|s| s.access_token = "no".into()), "Unauthorized: Bad mac"),
        ("another port", signed(&|s| s.port += 1), "Unauthorized: Bad mac"),
        ("another host", signed(&|s| s.host = "example.com".into()), "Unauthorized: Bad mac"),
        ("another method", root.header("POST", &format!("{API}/hooks")), "Unauthorized: Bad mac"),
        ("another path", root.header("GET", &format!("{API}/hooks/g")), "Unauthorized: Bad mac"),
        ("another query", root.header("GET", &format!("{API}/hooks?limit=1")), "Unauthorized: Bad mac"),
        ("another nonce", tampered(&good, "nonce", "x"), "Unauthorized: Bad mac"),
        ("another time", tampered(&good, "ts", "1"), "Unauthorized: Bad mac"),
        ("a time beyond time", tampered(&good, "ts", "9999999999999999999"), "…"),
        ("a time that is none", tampered(&good, "ts", "now"), "…"),
        ("an old request", signed(&|s| s.ahead = -16 * 60), "Unauthorized: Stale timestamp"),
        ("an early request", signed(&|s| s.ahead = 16 * 60), "Unauthorized: Stale timestamp"),
        ("another scheme", "Basic eDp5".to_owned(), "Unauthorized: Unauthorized"),
        ("no attributes", "Hawk nonsense".to_owned(), "Bad Request: Bad header format"),
        ("no scheme", "Hawk, nonsense".to_owned(), "Bad Request: Invalid header syntax"),
        ("an attribute twice", format!("{good}, id=\"x\""), "…"),
        ("an unknown attribute", format!("{good}, admin=\"true\""), "…"),
        ("no mac", "Hawk id=\"root\", ts=\"1\", nonce=\"n\"".to_owned(), "…"),
        ("a hash of another body", hashed(&root, "{}"), "Invalid payload hash: …"),
        ("ext that is no JSON", signed(&|s| s.ext = Some("{".into())), "…"),
        ("scopes that are no list", ext(json!({"authorizedScopes": "hooks:*"})), "…"),
        ("scopes that are no scopes", ext(json!({"authorizedScopes": ["é"]})), "…"),
    ];
    let mut wrong = Vec::new();
    for (case, header, says) in &cases {
        wrong.push((*case, refusal(&groups(&server, header).await, says)));
    }
    assert_none(wrong);
}

/// A header of a GET without a body that claims this one.
fn hashed(root: &Signer, body: &str) -> String {
    let mut signer = root.clone();
    signer.hashed = Some((body.to_owned(), "application/json".to_owned()));
    signer.header("GET", &format!("{API}/hooks"))
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

    let mut wrong_key = root.clone();
    wrong_key.access_token = "no".to_owned();
    let narrow = root.clone().ext(json!({"authorizedScopes": ["hooks:get:*"]})).signed_url(&resource, 60);
    let other = good.replace("/hooks?", "/hooks/g?");
    let cases = [
        ("expired", format!("GET ^{}", root.signed_url(&resource, -60)), "Unauthorized: Access expired"),
        ("another key", format!("GET ^{}", wrong_key.signed_url(&resource, 60)), "Unauthorized: Bad mac"),
        ("another path", format!("GET ^{other}"), "Unauthorized: Bad mac"),
        ("no base64", format!("GET ^{resource}?bewit=!!!"), "…"),
        ("no bewit in it", format!("GET ^{resource}?bewit=eHg"), "Bad Request: Invalid bewit structure"),
        (
            "not for reading",
            format!("POST ^{}", root.signed_url(&format!("{API}/hooks/g/h/token"), 60)),
            "Unauthorized: Invalid method",
        ),
    ];
    let mut wrong = Vec::new();
    for (case, line, says) in cases {
        wrong.push((case, refusal(&send(line).await, says)));
    }
    let twice = Request::to(&format!("GET ^{good}")).send(&server).await;
    let says = "Cannot use two authentication schemes at once this request has both bewit in querystring \
                and 'authorization' header";
    wrong.push(("a header as well", refusal(&twice, says)));
    assert_none(wrong);
    assert_eq!(send(format!("GET ^{narrow}")).await.status, 403);
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

#[tokio::test]
async fn refused_certificates() {
    let server = Server::start().await;
    let root = server.signer();
    let scopes = &["hooks:list-hooks:"];
    let issue = |change: &dyn Fn(&mut Value)| root.issue(None, scopes, change);
    let named = |change: &dyn Fn(&mut Value)| root.issue(Some("temporary/x"), scopes, change);
    let set = |key: &'static str, value: Value| issue(&move |c| c[key] = value.clone());
    let mut forged = issue(&|_| {});
    forged.ext = forged.ext.map(|ext| ext.replace("list-hooks:", "list-hooks:*"));
    let mut renamed = named(&|_| {});
    renamed.client_id = "temporary/y".to_owned();
    let mut other_token = issue(&|_| {});
    other_token.access_token = root.access_token.clone();
    let cases = [
        ("from in ten minutes on", issue(&moved(10, 10))),
        ("until ten minutes ago", issue(&moved(-120, -70))),
        ("for 32 days", issue(&moved(0, 32 * 24 * 60))),
        ("another version", set("version", json!(2))),
        ("no version", issue(&|c| drop(c.as_object_mut().unwrap().remove("version")))),
        ("a short seed", set("seed", json!("short"))),
        ("scopes that are no list", set("scopes", json!("hooks:*"))),
        ("scopes that are no scopes", set("scopes", json!(["\n"]))),
        ("a start that is no number", set("start", json!("now"))),
        ("a clientId without an issuer", set("clientId", json!("x"))),
        ("its own issuer", root.issue(Some(&root.client_id), scopes, |_| {})),
        ("an unknown issuer", named(&|c| c["issuer"] = json!("nope"))),
        ("scopes added after signing", forged),
        ("a name changed after signing", renamed),
        ("the issuer's own token", other_token),
        ("a certificate that is a number", root.clone().ext(json!({"certificate": 1}))),
        ("a certificate of nothing", root.clone().ext(json!({"certificate": {}}))),
    ];
    let mut wrong = Vec::new();
    for (case, signer) in &cases {
        wrong.push((*case, refusal(&groups_by(&server, signer).await, "…")));
    }
    let over = root.issue(None, scopes, |_| {});
    let mut ext: Value = serde_json::from_str(over.ext.as_ref().unwrap()).unwrap();
    ext["authorizedScopes"] = json!(["hooks:*"]);
    let reply = groups_by(&server, &Signer { ext: Some(ext.to_string()), ..over }).await;
    let says = "Supplied credentials do not satisfy authorizedScopes; credentials have scopes:…";
    wrong.push(("more scopes than it has", refusal(&reply, says)));
    assert_none(wrong);
}
