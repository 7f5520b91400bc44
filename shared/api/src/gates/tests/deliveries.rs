use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use treble_core::gate::{Attempt, Delivery, DeliveryId, DeliveryStatus, Event};

use super::world::{Client, at, now};

/// A delivery of a minute's.
fn delivery(client: &Client, minute: i64, status: DeliveryStatus) -> DeliveryId {
    let created = at("2026-11-26T00:00:00Z") + SignedDuration::from_mins(minute);
    let delivery = Delivery {
        id: DeliveryId::new(created, 7),
        integrator: "one".parse().unwrap(),
        event: Event::PostAddNode,
        body: json!({"cluster_id": "c"}),
        created,
        retry_until: created + SignedDuration::from_hours(48),
        status,
        attempts: 1,
        last_error: Some("it answered 500".into()),
    };
    let id = delivery.id.clone();
    let key = format!("{id} one");
    client.world.deliveries.lock().unwrap().insert(key, delivery);
    id
}

/// A client of an integrator with a delivery of each status, one a minute.
async fn world() -> (Client, [DeliveryId; 3]) {
    use DeliveryStatus::{Dead, Delivered, Waiting};
    let client = Client::new();
    client.set("one", &["post-add-node"]).await;
    let ids =
        [(0, Dead), (1, Delivered), (2, Waiting)].map(|(minute, status)| delivery(&client, minute, status));
    (client, ids)
}

fn listed(list: &Value) -> Vec<&str> {
    let deliveries = list["deliveries"].as_array().unwrap().iter();
    deliveries.map(|delivery| delivery["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn deliveries_are_listed() {
    let (client, ids) = world().await;
    let cases: [(&str, &[&str]); 6] = [
        ("", &["dead", "delivered", "waiting"]),
        ("?status=dead", &["dead"]),
        ("?since=2026-11-26T00:01:00Z", &["delivered", "waiting"]),
        ("?since=2026-11-26T00:01:00.000000001Z&status=delivered", &[]),
        ("?limit=2", &["dead", "delivered"]),
        ("?since=2026-11-27T00:00:00Z", &[]),
    ];
    for (query, expected) in cases {
        let list = client.gates("GET", &format!("/one/deliveries{query}"), Value::Null).await.ok();
        assert_eq!(listed(&list), expected, "{query}");
    }
    let list = client.gates("GET", "/one/deliveries", Value::Null).await.ok();
    let first = json!({
        "deliveryId": ids[0].as_str(),
        "integrator": "one",
        "event": "post-add-node",
        "created": "2026-11-26T00:00:00.000Z",
        "retryUntil": "2026-11-28T00:00:00.000Z",
        "status": "dead",
        "attemptCount": 1,
        "lastError": "it answered 500",
    });
    assert_eq!(list["deliveries"][0], first);
    for query in ["?status=lost", "?since=yesterday", "?since=2026-13-01T00:00:00Z"] {
        let answer = client.gates("GET", &format!("/one/deliveries{query}"), Value::Null).await;
        answer.error(400, "InvalidRequestArguments");
    }
}

#[tokio::test]
async fn deliveries_outlive_their_integrator() {
    let (client, ids) = world().await;
    client.gates("GET", "/other/deliveries", Value::Null).await.error(404, "ResourceNotFound");
    client.gates("DELETE", "/one", Value::Null).await.ok();
    let list = client.gates("GET", "/one/deliveries", Value::Null).await.ok();
    assert_eq!(listed(&list).len(), 3);
    client.gates("GET", &format!("/one/deliveries/{}", ids[0]), Value::Null).await.ok();
    let resent = client.gates("POST", &format!("/one/deliveries/{}/resend", ids[0]), Value::Null).await;
    assert_eq!(resent.error(404, "ResourceNotFound"), "There is no integrator one");
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_attempts() {
    let (client, [id, ..]) = world().await;
    let attempt = Attempt {
        at: at("2026-11-26T00:00:01Z"),
        latency: Duration::from_millis(15),
        status: Some(500),
        error: Some("it answered 500".into()),
        reply: "oh".into(),
    };
    client.world.attempts.lock().unwrap().insert(id.clone(), vec![attempt]);
    let shown = client.gates("GET", &format!("/one/deliveries/{id}"), Value::Null).await.ok();
    assert_eq!(shown["body"], json!({"cluster_id": "c"}));
    assert_eq!(shown["deliveryId"], id.as_str());
    let attempt = json!({
        "at": "2026-11-26T00:00:01.000Z", "latencyMs": 15, "status": 500, "error": "it answered 500", "reply": "oh",
    });
    assert_eq!(shown["attempts"], json!([attempt]));
    let other = DeliveryId::new(now(), 1);
    client
        .gates("GET", &format!("/one/deliveries/{other}"), Value::Null)
        .await
        .error(404, "ResourceNotFound");
}

#[tokio::test]
async fn a_delivery_is_sent_again() {
    let (client, ids) = world().await;
    for (id, retry_until) in
        ids.iter().zip(["2026-11-29T10:00:30.000Z", "2026-11-29T10:00:30.000Z", "2026-11-28T00:02:00.000Z"])
    {
        let resent = client.gates("POST", &format!("/one/deliveries/{id}/resend"), Value::Null).await.ok();
        assert_eq!((&resent["status"], &resent["retryUntil"]), (&json!("waiting"), &json!(retry_until)));
        assert_eq!(resent["deliveryId"], id.as_str());
        assert_eq!(client.world.woken(), ["one"]);
    }
    let other = DeliveryId::new(now(), 1);
    let none = client.gates("POST", &format!("/one/deliveries/{other}/resend"), Value::Null).await;
    none.error(404, "ResourceNotFound");
}

#[tokio::test]
async fn all_dead_ones_are_sent_again() {
    let (client, _) = world().await;
    for minute in 10..460 {
        delivery(&client, minute, DeliveryStatus::Dead);
    }
    let recover = |since: &str, token: Value| {
        let mut body = json!({"since": since});
        if !token.is_null() {
            body["continuationToken"] = token;
        }
        client.gates("POST", "/one/deliveries/recover", body)
    };
    let (mut token, mut recovered) = (Value::Null, Vec::new());
    loop {
        let answer = recover("2026-11-26T00:10:00Z", token).await.ok();
        recovered.push(answer["recovered"].as_u64().unwrap());
        token = answer["continuationToken"].clone();
        assert_eq!(client.world.woken(), ["one"]);
        if token.is_null() {
            break;
        }
    }
    assert_eq!(recovered, [200, 200, 50]);
    let dead = |delivery: &Delivery| delivery.status == DeliveryStatus::Dead;
    assert_eq!(client.world.deliveries().iter().filter(|delivery| dead(delivery)).count(), 1);
    let until: Timestamp = at("2026-11-29T10:00:30Z");
    assert_eq!(client.world.deliveries().last().unwrap().retry_until, until);

    client.world.queue_is_down.store(true, Ordering::Relaxed);
    recover("2026-11-26T00:00:00Z", Value::Null).await.error(503, "ServiceUnavailable");
    client.world.queue_is_down.store(false, Ordering::Relaxed);
    // It waits already; what is left is that its lane is looked at.
    let again = recover("2026-11-26T00:00:00Z", Value::Null).await.ok();
    assert_eq!((&again["recovered"], client.world.woken()), (&json!(0), vec!["one".to_owned()]));
    for wrong in [json!({}), json!({"since": "yesterday"}), json!({"since": 3})] {
        let answer = client.gates("POST", "/one/deliveries/recover", wrong).await;
        answer.error(400, "InputValidationError");
    }
}
