//! Requests made to do harm: whatever they are, the answer is a regular one, soon, and never a 5xx.

use std::time::Instant;

use serde_json::{Value, json};
use treble_tests::{Caller, Reply, Request, Server, definition, table};

/// What is wrong with an answer.
fn wrong(what: &str, reply: &Reply) -> Option<String> {
    let irregular = table::irregularities(reply);
    (!irregular.is_empty()).then(|| format!("{what}: {} {irregular:?} {}", reply.status, reply.text()))
}

async fn send(server: &Server, what: &str, request: Request, found: &mut Vec<String>) -> u16 {
    let started = Instant::now();
    let reply = request.send(server).await;
    found.extend(wrong(what, &reply));
    if started.elapsed() > table::SOON {
        found.push(format!("{what}: took {:?}", started.elapsed()));
    }
    reply.status
}

/// `[what, members of the definition, payload]`: saved, if they are accepted, and triggered.
#[tokio::test]
async fn definitions_and_payloads() {
    let server = Server::start().await;
    let cases: Vec<(String, Value, Value)> =
        serde_json::from_str(include_str!("../../cases/hostile.json")).unwrap();
    let mut found = Vec::new();
    for (number, (what, members, payload)) in cases.iter().enumerate() {
        let mut hook = definition();
        hook.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let path = format!("/hooks/g/h{number}");
        let saving = Request::to(&format!("PUT {path}")).json(&hook);
        if send(&server, what, saving, &mut found).await != 200 {
            continue;
        }
        let trigger = Request::to(&format!("POST {path}/trigger")).json(payload);
        send(&server, what, trigger, &mut found).await;
        for path in [&path, &format!("{path}/last-fires"), &format!("{path}/status")] {
            send(&server, what, Request::to(&format!("GET {path}")), &mut found).await;
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    Request::to("GET /ping").send(&server).await.ok();
}

/// Every route, with parameters, queries and bodies that don't belong there.
#[tokio::test]
async fn every_route() {
    let routes = [
        "GET /hooks",
        "GET /hooks/{}",
        "GET /hooks/g/{}",
        "PUT /hooks/g/{}",
        "POST /hooks/{}/h",
        "DELETE /hooks/g/{}",
        "GET /hooks/g/{}/status",
        "POST /hooks/g/{}/trigger",
        "GET /hooks/{}/h/token",
        "POST /hooks/g/{}/token",
        "POST /hooks/g/h/trigger/{}",
        "GET /hooks/g/{}/last-fires",
    ];
    let long = "a".repeat(1001);
    let words = ["h", "", "%", "%zz", "%ff", "%00", "%2F", "a%0d%0ab", "%F0%9F%98%80", "*", "\\", ";", &long];
    let queries =
        ["", "?", "?limit=99999999999999999999", "?continuationToken=%00", "?limit[]=1", "?bewit=x"];
    let bodies = ["", "{", "[]", "{}", "{\"task\":{}}", "\u{0}"];
    let server = Server::start().await;
    Request::to("PUT /hooks/g/h").json(&definition()).send(&server).await.ok();
    let mut found = Vec::new();
    let mut number = 0;
    for route in routes {
        for word in words {
            // Not all with all: each word meets each query and each body somewhere.
            number += 1;
            let (query, body) = (queries[number % queries.len()], bodies[number % bodies.len()]);
            let line = route.replace("{}", word) + query;
            let mut request = Request::to(&line);
            if !body.is_empty() {
                request = request.header("content-type", "application/json").bytes(body);
            }
            for caller in [Caller::Root, Caller::Anonymous] {
                send(&server, &line, request.clone().by(caller), &mut found).await;
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// An expression of twenty thousand terms, and one as deep: a limit's error, not the end of the process.
#[tokio::test]
async fn long_and_deep_expressions() {
    let server = Server::start().await;
    let mut found = Vec::new();
    let deep = (0..100).fold(json!(1), |inner, _| json!({"a": inner}));
    for (number, task) in [
        json!({"a": {"$eval": vec!["1"; 20_000].join("+")}}),
        json!({"a": {"$eval": "-".repeat(20_000) + "1"}}),
        json!({"a": {"$eval": "(".repeat(20_000) + "1" + &")".repeat(20_000)}}),
        json!({"a": {"$eval": "[".repeat(20_000) + &"]".repeat(20_000)}}),
        json!({"a": {"$eval": format!("payload{}", ".a".repeat(20_000))}}),
        json!({"a": "${".repeat(20_000)}),
        json!({"a": deep}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut hook = definition();
        hook["task"] = task;
        let what = format!("expression {number}");
        let path = format!("/hooks/g/h{number}");
        send(&server, &what, Request::to(&format!("PUT {path}")).json(&hook), &mut found).await;
        let trigger = Request::to(&format!("POST {path}/trigger")).json(&json!({}));
        send(&server, &what, trigger, &mut found).await;
    }
    assert!(found.is_empty(), "{found:#?}");
    Request::to("GET /ping").send(&server).await.ok();
}
