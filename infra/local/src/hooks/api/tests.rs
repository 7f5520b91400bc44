use super::*;

fn answered(status: u16, body: &str) -> ApiError {
    ApiError::answered(status, &serde_json::from_str(body).unwrap()).unwrap()
}

#[test]
fn a_slash_in_an_id_is_none_of_the_path() {
    assert_eq!(path(&"g/a/b".parse().unwrap(), "/status"), "/hooks/g/a%2Fb/status");
}

#[test]
fn what_the_api_says_is_told_without_its_footer() {
    let body = r#"{"code": "InputError", "message": "It is wrong.\n\n```\nx\n```\n\n---\n\n* method: hook"}"#;
    assert_eq!(answered(400, body).to_string(), "It is wrong.\nx");
    assert_eq!(answered(503, body).to_string(), "the service answered 503: It is wrong.\nx");
    assert!(ApiError::answered(400, &json!({"error": "x"})).is_none());
}

#[test]
fn only_what_may_pass_is_tried_again() {
    let error = |status| answered(status, r#"{"code": "x", "message": "y"}"#);
    assert!(error(429).may_pass(false) && error(503).may_pass(true));
    assert!(!error(503).may_pass(false) && !error(404).may_pass(true));
    let unanswered = |source| ApiError::Unanswered { root_url: String::new(), local: None, source };
    assert!(unanswered(HttpError::Refused("x".into())).may_pass(false));
    assert!(!unanswered(HttpError::Late(CALL_TIMEOUT)).may_pass(false));
    assert!(!unanswered(HttpError::Unsendable("x".into())).may_pass(true));
}
