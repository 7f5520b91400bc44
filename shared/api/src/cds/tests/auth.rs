use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::world::{Client, HASH, pass};

#[tokio::test]
async fn who_shows_the_hash_may_call() {
    let client = Client::new();
    let right = STANDARD.encode(HASH);
    let unpadded = STANDARD_NO_PAD.encode(HASH);
    assert_ne!(right, unpadded, "the hash of these tests is one whose base64 is padded");
    type Case<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>);
    let cases: [Case<'_>; 8] = [
        (&[("X_AUTH_HEADER", &right)], None),
        (&[("x-auth-header", &right)], None),
        (&[("X-Auth-Header", &unpadded)], None),
        (&[], Some("X_AUTH_HEADER (or X-Auth-Header) is missing")),
        (&[("X_AUTH_HEADER", HASH)], Some("X_AUTH_HEADER (or X-Auth-Header) is not this service's hash")),
        (&[("X_AUTH_HEADER", "")], Some("X_AUTH_HEADER (or X-Auth-Header) is not")),
        (&[("X_AUTH_HEADER", "dGhlIGhhc2g")], None),
        (&[("X_AUTH_HEADER", "dGhlIGhhc2")], Some("X_AUTH_HEADER (or X-Auth-Header) is not")),
    ];
    for (headers, refused) in cases {
        let answer = client.send("GET", "/task", headers, "").await;
        match refused {
            None => assert!(answer.ok().is_array(), "{headers:?}"),
            Some(message) => assert!(answer.error(401).starts_with(message), "{headers:?}"),
        }
    }
}

#[tokio::test]
async fn nobody_may_call_before_the_registration() {
    let client = Client::new();
    client.world.state.lock().unwrap().hash = None;
    for shown in [STANDARD.encode(HASH), String::new()] {
        let answer = client.send("GET", "/task", &[("X_AUTH_HEADER", &shown)], "").await;
        assert!(answer.error(401).starts_with("This service is not registered"));
    }
}

#[tokio::test]
async fn the_hash_is_read_seldom_and_a_new_one_counts_soon() {
    let client = Client::new();
    let reads = || client.world.state_reads.load(Ordering::Relaxed);
    let with = async |hash: &str| {
        let shown = STANDARD.encode(hash);
        client.send("GET", "/task", &[("X_AUTH_HEADER", &shown)], "").await.status.as_u16()
    };
    for _ in 0..3 {
        assert_eq!(with(HASH).await, 200);
    }
    assert_eq!(reads(), 1);
    for _ in 0..3 {
        assert_eq!(with("new").await, 401);
    }
    assert_eq!(reads(), 1, "who guesses makes no reads of his own");
    client.world.state.lock().unwrap().hash = Some("new".into());
    pass(1);
    assert_eq!((with("new").await, reads()), (200, 2));
    assert_eq!(with(HASH).await, 401);
    pass(10);
    assert_eq!((with("new").await, reads()), (200, 3));
}
