//! Who a request is from.

use jiff::SignedDuration;
use standardwebhooks::Webhook;

use super::*;
use crate::http::one_shot::{Then, server};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

#[tokio::test]
async fn a_request_is_signed_by_each_secret_that_is_good() {
    let (origin, serving) = server(OK, Then::Close).await;
    let mut acme = integrator(&format!("{origin}/hooks"));
    let now = Timestamp::now();
    let later = Some(now + SignedDuration::from_hours(1));
    acme.secrets = vec![secret(1, None), secret(2, later), secret(3, Some(now))];
    let reply = post(&local(), &acme).await.unwrap();
    assert_eq!(reply, GateReply { status: 200, retry_after: None, body: Some(b"{}".to_vec()) });

    let request = serving.await.unwrap();
    assert!(request.starts_with("POST /hooks/pre-add-node HTTP/1.1\r\n"), "{request}");
    let (headers, body) = headers(&request);
    assert_eq!(body, r#"{"a":"é"}"#);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["webhook-id"], "msg_1");
    assert_eq!(headers["user-agent"], concat!("treble/", env!("CARGO_PKG_VERSION")));
    for (bytes, verifies) in [(1, true), (2, true), (3, false), (4, false)] {
        let webhook = Webhook::new(&secret(bytes, None).secret).unwrap();
        assert_eq!(webhook.verify(body.as_bytes(), &headers).is_ok(), verifies, "secret {bytes}");
        assert!(webhook.verify(br#"{"a":"e"}"#, &headers).is_err(), "another body");
    }
    assert_eq!(headers["webhook-signature"].to_str().unwrap().split(' ').count(), 2);
}

#[tokio::test]
async fn nothing_is_sent_that_no_secret_signs() {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    for (secrets, expected) in [
        (vec![], "it has no secret that requests could be signed with"),
        (vec![secret(1, Some(Timestamp::UNIX_EPOCH))], "it has no secret that requests could be signed with"),
        (
            vec![SigningSecret { secret: "whsec_s3cret!".into(), ..secret(1, None) }],
            "can't be signed with one of",
        ),
    ] {
        let error = post(&local(), &Integrator { secrets, ..integrator(&url) }).await.unwrap_err();
        assert!(
            error.to_string().contains(expected) && !format!("{error:?}").contains("s3cret"),
            "{error:?}"
        );
    }
    is_alone_at(listener).await;
}
