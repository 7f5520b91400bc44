//! Who may call, and what is answered to who asks for something else.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};
use treble_api::cds::route::Route;
use treble_api::cds::routes::ROUTES;
use treble_tests::{CdsWorld, Request};

fn anonymous(line: &str) -> Request {
    Request::to(line).anonymously()
}

/// What is wrong with an error of the dialect.
fn check_error(body: &Value, status: u16, mentions: &str) {
    assert_eq!(body["status"], json!(status), "{body}");
    assert!(body["message"].as_str().unwrap().contains(mentions), "{body} does not tell of {mentions:?}");
    assert!(body["uuid"].is_string(), "{body}");
}

#[tokio::test]
async fn the_services_hash_is_asked_for_by_either_name() {
    let world = CdsWorld::start().await;
    let hash = world.cds.auth_header();
    for name in ["X_AUTH_HEADER", "X-Auth-Header", "x_auth_header"] {
        for value in [&*hash, hash.trim_end_matches('=')] {
            assert_eq!(world.send(&anonymous("GET ^/task").header(name, value)).await.ok(), json!([]));
        }
        for wrong in ["", "aGFzaA==", world.cds.hash().as_str()] {
            let refused = world.send(&anonymous("GET ^/task").header(name, wrong)).await;
            assert_eq!(refused.status, 401);
            check_error(&refused.json(), 401, "X_AUTH_HEADER");
        }
    }
}

#[tokio::test]
async fn each_route_asks_for_it_that_says_so() {
    let world = CdsWorld::start().await;
    for route in ROUTES {
        let path = route.path.replace("{uuid}", "none").replace("{timestamp}", "1");
        for method in route.methods {
            let reply = world.send(&anonymous(&format!("{method} ^{path}")).json(&json!({}))).await;
            let expected = match route.path {
                "/webhook/{uuid}" => 404,
                "/mon/version" | "/mon/status" => 200,
                _ => 401,
            };
            assert_eq!(reply.status, expected, "{method} {path}: {}", reply.text());
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let world = CdsWorld::start().await;
    world.save("u", "WebHook", &json!({})).await;
    for (line, status, mentions) in [
        ("GET /task/u/nothing", 404, "GET /task/u/nothing"),
        ("GET /task/none", 404, "none"),
        ("GET /task/none/execution", 404, "none"),
        ("GET /task/u/execution/1", 404, "1"),
        ("GET /task/u/execution/soon", 400, "nanoseconds since the epoch"),
        ("DELETE /task/none", 404, "none"),
        ("POST /webhook/none", 404, "none"),
        ("POST /task/none/start", 404, "none"),
        ("PATCH /task/u", 405, "DELETE, GET, HEAD, PUT"),
        ("PATCH /webhook/u", 405, "DELETE, GET, HEAD, POST, PUT"),
        ("GET /task?sort=name", 400, "nb_executions_total"),
        ("GET /task?limit=few", 400, "limit"),
        ("POST /admin/maintenance?enable=maybe", 400, "true or false"),
    ] {
        let reply = world.send(&world.call(line)).await;
        assert_eq!(reply.status, status, "{line}: {}", reply.text());
        check_error(&reply.json(), status, mentions);
        assert_eq!(reply.header("allow").is_some(), status == 405, "{line}");
    }
    for (body, mentions) in [
        (json!([]), ""),
        (json!({"uuid": "x"}), "hook_model_name"),
        (json!({"uuid": "x", "hook_model_name": "Pigeon"}), "RepositoryWebHook"),
        (json!({"uuid": "a/b", "hook_model_name": "WebHook"}), "uuid"),
        (json!({"uuid": "x", "hook_model_name": "WebHook"}), "project"),
    ] {
        let reply = world.send(&world.call("POST /task").json(&body)).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        check_error(&reply.json(), 400, mentions);
    }
}

#[tokio::test]
async fn heads_are_answered_as_gets_are_without_a_body() {
    let world = CdsWorld::start().await;
    for line in ["/mon/version", "/mon/status", "/task"] {
        let (get, head) =
            (world.send(&world.call(&format!("GET {line}"))).await, world.call(&format!("HEAD {line}")));
        let head = world.send(&head).await;
        assert_eq!((get.status, head.status, head.body.len()), (200, 200, 0), "{line}");
        assert_eq!(get.header("content-type"), head.header("content-type"), "{line}");
    }
    for method in ["POST", "GET"] {
        world.save("u", "WebHook", &json!({"method": method})).await;
        let head = world.send(&anonymous("HEAD ^/webhook/u")).await;
        assert_eq!((head.status, world.executions("u").await.len()), (405, 0), "the task is for {method}");
    }
    let head = world.send(&anonymous("HEAD ^/task")).await;
    assert_eq!((head.status, head.body.len()), (401, 0));
}

#[test]
fn the_readme_has_each_route() {
    let readme = include_str!("../../../../README.md").replace("\\|", "|");
    let section = readme.split("\n## ").find(|section| section.starts_with("In place of CDS")).unwrap();
    let table: Vec<&str> = section.lines().filter(|line| line.starts_with('|')).collect();
    let told: BTreeSet<(&str, &str)> = table
        .iter()
        .flat_map(|line| line.split('`'))
        .filter_map(|text| text.split_once(' '))
        .filter(|(_, path)| path.starts_with('/'))
        .flat_map(|(methods, path)| methods.split('|').map(move |method| (method, path)))
        .map(|(method, path)| (method, path.split('?').next().unwrap_or_default()))
        .collect();
    // What is by GET for old releases alone is told in words.
    let first = |route: &Route| match &route.methods {
        [Method::POST, Method::GET] => vec!["POST"],
        methods => methods.iter().map(Method::as_str).collect(),
    };
    let routes: BTreeSet<(&str, &str)> = ROUTES
        .iter()
        .flat_map(|route| first(route).into_iter().map(|method| (method, route.path)).collect::<Vec<_>>())
        .collect();
    assert_eq!(told, routes);
}
