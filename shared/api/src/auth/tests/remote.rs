use super::*;
use serde_json::json;
use treble_core::ports::{JsonReply, PostJson};

/// Answers from a list, and keeps what it was asked; nothing for a connection that fails.
#[derive(Default)]
struct Service {
    answers: Mutex<Vec<Option<JsonReply>>>,
    asked: Mutex<Vec<(String, Value)>>,
}

impl Service {
    fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }
}

#[async_trait]
impl PostJson for Service {
    async fn post_json(&self, url: &str, body: &Value) -> Result<JsonReply, BoxError> {
        self.asked.lock().unwrap().push((url.to_owned(), body.clone()));
        let mut answers = self.answers.lock().unwrap();
        assert!(!answers.is_empty(), "asked once more than expected");
        answers.remove(0).ok_or_else(|| "connection refused".into())
    }
}

fn service(answers: &[(u16, Value)]) -> (Arc<Service>, TaskclusterAuth) {
    let answers = answers
        .iter()
        .map(|(status, body)| (*status != 0).then(|| JsonReply { status: *status, body: body.clone() }));
    let service = Arc::new(Service { answers: Mutex::new(answers.collect()), ..Service::default() });
    (service.clone(), TaskclusterAuth::new("https://tc.example/", service))
}

fn success() -> Value {
    json!({
        "status": "auth-success", "clientId": "someone", "scopes": ["b", "a*", "ab"], "scheme": "hawk",
        "expires": "2030-01-01T00:00:00.000Z",
    })
}

fn signed_parts() -> Parts {
    parts(request().header("authorization", signed("someone", None)))
}

#[tokio::test]
async fn a_good_signature() {
    let (service, auth) = service(&[(200, success())]);
    let parts = signed_parts();
    let caller = auth.authenticate(&SignedRequest::new(&parts, None), now()).await.unwrap();
    assert_eq!(caller.client_id.as_deref(), Some("someone"));
    assert_eq!(caller.scopes.as_slice(), ["a*", "b"]);
    assert_eq!(caller.expires, Some("2030-01-01T00:00:00Z".parse().unwrap()));
    let asked = json!({
        "method": "get", "resource": TARGET.resource, "host": "example.com", "port": 443,
        "authorization": signed("someone", None),
    });
    assert_eq!(service.asked(), [asked]);
    assert_eq!(service.asked.lock().unwrap()[0].0, "https://tc.example/api/auth/v1/authenticate-hawk");
}

#[tokio::test]
async fn a_bad_signature() {
    let failed = json!({"status": "auth-failed", "message": "Unauthorized: Bad mac"});
    let (_, auth) = service(&[(200, failed.clone())]);
    let parts = signed_parts();
    let request = SignedRequest::new(&parts, None);
    assert_eq!(message(auth.authenticate(&request, now()).await), "Unauthorized: Bad mac");
    // The other form of the path is tried.
    let (service, auth) = service(&[(200, failed), (200, success())]);
    assert!(auth.authenticate(&request.or_resource("/other"), now()).await.is_ok());
    assert_eq!(service.asked()[1]["resource"], "/other");
}

#[tokio::test]
async fn what_cannot_be_read_is_not_asked() {
    let (_, auth) = service(&[]);
    let parts = parts(request().header("authorization", "Bearer x"));
    let result = auth.authenticate(&SignedRequest::new(&parts, None), now()).await;
    assert_eq!(message(result), "Unauthorized: Unauthorized");
}

#[tokio::test]
async fn the_body_is_checked_here() {
    let mut answer = success();
    answer["hash"] = json!("x");
    let (_, auth) = service(&[(200, answer)]);
    let parts = signed_parts();
    let result = auth.authenticate(&SignedRequest::new(&parts, Some(b"{}")), now()).await;
    assert!(message(result).starts_with("Invalid payload hash: x\n"));
}

#[tokio::test(start_paused = true)]
async fn silence_is_no_answer() {
    let odd = json!({"status": "auth-odd"});
    for (answers, is_good) in [
        (vec![(0, json!(null)), (200, success())], true),
        (vec![(503, json!({})), (502, json!(null)), (200, success())], true),
        (vec![(0, json!(null)), (200, odd), (429, json!({}))], false),
    ] {
        let (service, auth) = service(&answers);
        let parts = signed_parts();
        let result = auth.authenticate(&SignedRequest::new(&parts, None), now()).await;
        assert_eq!(service.asked().len(), answers.len());
        match result {
            Ok(_) => assert!(is_good),
            Err(error) => {
                assert!(!is_good);
                assert_eq!(error.status(), 503);
            }
        }
    }
    // Nor does it make anybody anonymous.
    let (_, auth) = service(&[(0, json!(null)), (0, json!(null)), (0, json!(null))]);
    let parts = parts(request());
    let error = auth.authenticate(&SignedRequest::new(&parts, None), now()).await.unwrap_err();
    assert_eq!(error.status(), 503);
}

#[tokio::test]
async fn a_signature_that_was_overlooked_is_not_anonymous() {
    let no_auth = json!({"status": "no-auth", "scheme": "none", "scopes": ["public"], "expires": "2030-01-01T00:00:00Z"});
    let (_, auth) = service(&[(200, no_auth)]);
    let parts = signed_parts();
    let result = auth.authenticate(&SignedRequest::new(&parts, None), now()).await;
    assert_eq!(message(result), "the auth service found no credentials");
}

#[tokio::test]
async fn who_does_not_sign_is_asked_for_once_a_minute() {
    let no_auth = |scope| json!({"status": "no-auth", "scopes": [scope]});
    let (service, auth) = service(&[(200, no_auth("one")), (200, no_auth("two"))]);
    let parts = parts(request());
    let request = SignedRequest::new(&parts, None);
    for (second, expected) in [(0, "one"), (59, "one"), (60, "two")] {
        let caller = auth.authenticate(&request, at(NOW + second)).await.unwrap();
        assert!(caller.is_anonymous());
        assert_eq!(caller.scopes.as_slice(), [expected]);
    }
    assert_eq!(service.asked().len(), 2);
    assert!(service.asked()[0].get("authorization").is_none());
}

#[tokio::test]
async fn a_question_that_the_service_refuses() {
    let (_, auth) = service(&[(400, json!({"code": "InputValidationError"}))]);
    let parts = signed_parts();
    let result = auth.authenticate(&SignedRequest::new(&parts, None), now()).await;
    assert_eq!(message(result), "the auth service can't read the request's method, URL or host");
}
