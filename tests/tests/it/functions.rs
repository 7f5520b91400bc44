//! The function binaries, behind a gateway: the same tables of requests, the same clients, the same bytes as the local server.
//! They need an AWS for their tables, so that these tests only run where there is an emulator.

use serde_json::{Value, json};
use treble_api::cds;
use treble_api::taskcluster::ALL_ROUTES;
use treble_tests::{
    API, Caller, Delivery, InterfaceEmulator, Lambda, Polling, Reply, Request, Server, Watch, definition,
    node, python, release_size, table,
};

macro_rules! tables {
    ($($name:ident)*) => {$(
        #[tokio::test]
        async fn $name() {
            let Some(server) = Server::on_functions().await else { return };
            table::run(&server, include_str!(concat!("../../cases/", stringify!($name), ".json"))).await;
        }
    )*};
}

tables! { transport scopes parameters bodies hooks trigger }

/// The functions that answer no route.
const BESIDE_ROUTES: [&str; 13] = [
    "ccx",
    "cds-beat",
    "cds-kafka",
    "cds-poll",
    "cds-synchronize",
    "default",
    "deliver",
    "fire",
    "publish-changes",
    "pulse",
    "record-dead-firing",
    "tell-owner",
    "tick",
];

/// There is a binary for each route, and for none that isn't.
#[test]
fn each_route_has_its_binary() {
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/src/bin");
    let stem = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".rs").to_owned()
    };
    let mut binaries: Vec<String> = std::fs::read_dir(files).unwrap().map(stem).collect();
    let mut functions: Vec<String> = ALL_ROUTES.iter().map(|route| route.function()).collect();
    functions.extend(cds::ROUTES.iter().map(|route| route.function()));
    functions.extend(BESIDE_ROUTES.map(str::to_owned));
    binaries.sort();
    functions.sort();
    assert_eq!(binaries, functions);
}

/// A function that uses no AWS is less than half of one that reads a table, and that two thirds of one that checks a schema: unless
/// something that all functions have leads to what only some of them use, as a table of all routes does.
#[test]
fn a_function_is_linked_with_what_it_uses_alone() {
    let [Some(ping), Some(hook), Some(trigger)] = ["ping", "hook", "trigger-hook"].map(release_size) else {
        return;
    };
    let told = format!("ping: {ping} B, hook: {hook} B, trigger-hook: {trigger} B");
    assert!(2 * ping < hook && 3 * hook < 2 * trigger, "{told}");
}

/// What of a reply is the same whoever answers: the status, the body, and all headers but those of the connection.
fn comparable(reply: &Reply) -> (u16, String, Vec<(String, String)>) {
    let own = ["connection", "keep-alive", "date", "content-length", "x-for-request-id", "x-for-trace-id"];
    let headers = reply.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (reply.status, reply.text(), headers)
}

/// Fails unless the function and the local server, on the same tables, answer alike.
async fn assert_same(server: &Server, request: &Request) -> Reply {
    let (function, local) = (request.send(server).await, request.send_to(&server.own_url(), server).await);
    assert_eq!(comparable(&function), comparable(&local), "{}", function.path);
    function
}

#[tokio::test]
async fn functions_and_the_local_server_answer_with_the_same_bytes() {
    let Some(server) = Server::on_functions().await else { return };
    for (name, schedule) in [("g/h", json!(["0 0 1 1 *"])), ("g/a%2Fb", json!([]))] {
        let mut hook = definition();
        hook["schedule"] = schedule;
        Request::to(&format!("PUT /hooks/{name}")).json(&hook).send(&server).await.ok();
        let payload = json!({"taskId": "Ns1Y6lKgRleywPcymoeDsg"});
        if name == "g/h" {
            Request::to(&format!("POST /hooks/{name}/trigger")).json(&payload).send(&server).await.ok();
        }
    }
    for line in [
        "GET ^/__version__",
        "GET ^/__heartbeat__",
        "POST ^/__lbheartbeat__/x",
        "GET /__version__",
        "GET /__heartbeat__",
        "GET /hooks",
        "GET /hooks?limit=1",
        "HEAD /hooks",
        "GET /hooks/g",
        "GET /hooks/g?limit=1",
        "GET /hooks/g/h",
        "GET /hooks/g/a%2Fb",
        "GET /hooks/g/h/status",
        "GET /hooks/g/h/last-fires",
        "GET /hooks/g/h/last-fires?limit=1",
        "GET /hooks/g/h/token",
        "OPTIONS /hooks/g/h",
        "GET ^/robots.txt",
        "GET ^/references/manifest.json",
        "GET ^/references/hooks/v1/api.json",
        "GET ^/schemas/hooks/v1/list-hooks-response.json",
    ] {
        let reply = assert_same(&server, &Request::to(line)).await;
        assert_eq!(reply.status, 200, "{line}: {}", reply.text());
        let known = Request::to(line).header("if-none-match", reply.header("etag").unwrap_or("-"));
        assert_same(&server, &known).await;
    }
}

/// A request's error has the time in it; all the rest is the same.
#[tokio::test]
async fn errors_are_the_same_but_for_their_time() {
    let Some(server) = Server::on_functions().await else { return };
    for request in [
        Request::to("GET /hooks/g/none"),
        Request::to("GET /hooks/g/none").anonymously(),
        Request::to("GET /hooks/g/none?limit=x"),
        Request::to("GET /hooks/g/%zz"),
        Request::to("PATCH /hooks/g/h").json(&json!({"a": 1})),
        Request::to("PUT /hooks/g/h").json(&json!({"a": 1})),
        Request::to("PUT /hooks/g/h").header("content-type", "application/json").bytes("{\"a\": \"\u{fc}"),
        Request::to("PUT /hooks/g/h").header("content-type", "text/plain").bytes("x"),
        Request::to("POST /hooks/g/h/trigger/AAAAAAAAAAAAAAAAAAAAAA").json(&json!({})).anonymously(),
        Request::to("GET /nothing"),
        Request::to("GET ^/"),
        Request::to("GET ^/favicon.ico"),
    ] {
        let (function, local) =
            (request.send(&server).await, request.send_to(&server.own_url(), &server).await);
        let timeless = |reply: &Reply| {
            let mut body = reply.json();
            let message = body["message"].as_str().unwrap().to_owned();
            let (ahead, _) = message.split_once("* time:").unwrap();
            body["message"] = ahead.into();
            body["requestInfo"]["time"] = Value::Null;
            (reply.status, serde_json::to_string_pretty(&body).unwrap())
        };
        assert_eq!(timeless(&function), timeless(&local), "{}", function.path);
    }
}

/// A gateway that decodes paths: the signature is over what the client sent, the hookId has slashes.
#[tokio::test]
async fn decoded_paths_authenticate_and_route() {
    let Some(server) = Server::on_functions().await else { return };
    for delivery in [Delivery::AsSent, Delivery::Decoded, Delivery::DecodedFirst] {
        server.gateway().deliver(delivery);
        for id in ["plain", "a%2Fb", "a%2F%2Fb", "%2Fa", "deep%2Fer%2Fone", "status%2Fx"] {
            let path = format!("/hooks/g/{id}");
            let told = format!("{delivery:?} {id}");
            let hook_id = id.replace("%2F", "/");
            let created = Request::to(&format!("PUT {path}")).json(&definition()).send(&server).await;
            assert_eq!(created.ok()["hookId"], hook_id, "{told}");
            let hook = Request::to(&format!("GET {path}")).send(&server).await.ok();
            assert_eq!(hook["hookId"], hook_id, "{told}");
            let updated = Request::to(&format!("POST {path}")).json(&definition()).send(&server).await;
            assert_eq!(updated.ok()["hookId"], hook_id, "{told}");
            let fired =
                Request::to(&format!("POST {path}/trigger")).json(&json!({})).send(&server).await.ok();
            let fires = Request::to(&format!("GET {path}/last-fires")).send(&server).await.ok();
            assert_eq!(fires["lastFires"][0]["taskId"], fired["taskId"], "{told}");
            Request::to(&format!("GET {path}/status")).send(&server).await.ok();
            let token = Request::to(&format!("GET {path}/token")).send(&server).await.ok();
            let by_token = format!("POST {path}/trigger/{}", token["token"].as_str().unwrap());
            Request::to(&by_token).json(&json!({})).anonymously().send(&server).await.ok();
            Request::to(&format!("POST {path}/token")).send(&server).await.ok();
            let signed = server.signer().signed_url(&format!("{API}{path}"), 60);
            Request::to(&format!("GET ^{signed}")).anonymously().send(&server).await.ok();

            // Only the scopes of this very hook, so that another reading of the path would be a 403.
            let scopes = vec![format!("hooks:modify-hook:g/{hook_id}")];
            let removed = Request::to(&format!("DELETE {path}")).by(Caller::With(scopes)).send(&server).await;
            assert_eq!(removed.status, 200, "{told}: {}", removed.text());
        }
        let elsewhere = server.signer().header("GET", &format!("{API}/hooks/g/c%2Fd"));
        let forged = Request::to("GET /hooks/g/a%2Fb").by(Caller::Header(elsewhere));
        assert_eq!(forged.send(&server).await.status, 401);
    }
}

#[tokio::test]
async fn published_clients_work_unchanged() {
    let Some(server) = Server::on_functions().await else { return };
    python(&server);
    node(&server);
}

/// What can't start says why, in one line of the log.
#[tokio::test]
async fn a_function_that_lacks_a_setting_says_which() {
    let exit = Lambda::start("ping", &[]).finish();
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    assert!(exit.printed.contains("TREBLE_ROOT_URL is not set"), "{exit:?}");

    let Some(server) = Server::on_functions().await else { return };
    let environment = server.gateway().environment();
    for (name, value, told) in [
        (
            "TREBLE_HOOKS_TABLE",
            "",
            "TREBLE_HOOKS_TABLE is not set: it must hold the name of the table of hooks",
        ),
        ("TREBLE_SINK", "journal:tasks.jsonl", "a Lambda has no disk to keep a journal on"),
        ("TREBLE_AUTH", "nobody", "must be table or taskcluster:ROOT_URL"),
        (
            "TREBLE_MASTER_KEY_ARN",
            "no-such-secret",
            "the master key no-such-secret can't be read from Secrets Manager",
        ),
    ] {
        let mut environment = environment.to_vec();
        environment.push((name.to_owned(), value.to_owned()));
        let exit = Lambda::start("trigger-hook", &environment).finish();
        assert_eq!(exit.status.code(), Some(1), "{exit:?}");
        assert!(exit.printed.contains(told), "{told}: {exit:?}");
    }
}

/// AWS's own emulator of Lambda's interface gives the same reply as ours.
#[tokio::test]
async fn the_interface_emulator_agrees() {
    let Some(server) = Server::on_functions().await else { return };
    Request::to("PUT /hooks/g/h").json(&definition()).send(&server).await.ok();
    for (line, function) in
        [("GET /hooks/g/h", "hook"), ("GET /hooks", "list-hook-groups"), ("GET /nothing", "default")]
    {
        let expected = Request::to(line).send(&server).await;
        let gateway = server.gateway();
        let Some(emulator) = InterfaceEmulator::start(function, gateway.environment()) else { return };
        let reply = emulator.invoke(&gateway.last_event()).await;
        assert_eq!(reply["statusCode"], expected.status, "{reply}");
        if expected.status == 200 {
            assert_eq!(reply["body"], expected.text());
        }
        assert_eq!(reply["headers"]["content-type"].as_str(), expected.header("content-type"));
    }
}

/// `cargo lambda watch` finds each function by the router that is made from the table of routes.
#[tokio::test]
async fn cargo_lambda_watch_finds_the_functions() {
    let Some(server) = Server::on_functions().await else { return };
    let watch = Watch::start();
    let functions = [
        "ping",
        "heartbeat",
        "hook",
        "create-hook",
        "trigger-hook-with-token",
        "get-trigger-token",
        "default",
    ];
    let environment = server.gateway().environment();
    let start = |name: &str| Polling::start(name, &watch.runtime_api(name), environment);
    let _functions = functions.map(start);
    let send = async |request: Request| request.send_to(&watch.root_url(), &server).await;

    send(Request::to("PUT /hooks/g/a%2Fb").json(&definition())).await.ok();
    let hook = send(Request::to("GET /hooks/g/a%2Fb")).await;
    let local = Request::to("GET /hooks/g/a%2Fb").send_to(&server.own_url(), &server).await;
    assert_eq!((hook.status, hook.text()), (200, local.text()));
    let token = send(Request::to("GET /hooks/g/a%2Fb/token")).await.ok();
    let trigger = format!("POST /hooks/g/a%2Fb/trigger/{}", token["token"].as_str().unwrap());
    send(Request::to(&trigger).json(&json!({})).anonymously()).await.ok();
    assert_eq!(server.tasks().await.len(), 1);
    for (line, status) in [
        ("GET /ping", 200),
        ("HEAD /ping", 200),
        ("GET ^/__heartbeat__", 200),
        ("GET ^/references/manifest.json", 200),
        ("OPTIONS /hooks/g/h", 200),
        ("PATCH /hooks/g/h", 404),
        ("GET /nothing/at/all", 404),
        ("GET ^/", 404),
    ] {
        let reply = send(Request::to(line)).await;
        assert_eq!(reply.status, status, "{line}: {}", reply.text());
    }
}
