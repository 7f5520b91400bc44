//! Samples for the functions that have to do with integrators.

use serde_json::json;
use treble_api::gates::ROUTES;
use treble_tests::{Aws, GateWorld, Lambda, Recorder, Request, Server};

use super::{batch, keep, of_route};
use crate::template::gates_calls;

/// No delivery's: each has its own.
const DELIVERY: &str = "msg_18bd6c5c0a2f7000000000000000002a";

/// A request to each function, and the status of its answer.
const REQUESTS: [(&str, &str, u16); 10] = [
    ("set-integrator", "PUT /integrators/acme", 200),
    ("list-integrators", "GET /integrators", 200),
    ("get-integrator", "GET /integrators/acme", 200),
    ("rotate-integrator-secret", "POST /integrators/acme/rotate-secret", 200),
    ("probe-integrator", "POST /integrators/acme/probe", 200),
    ("list-deliveries", "GET /integrators/acme/deliveries?status=dead", 200),
    ("get-delivery", "GET /integrators/acme/deliveries/DELIVERY", 404),
    ("resend-delivery", "POST /integrators/acme/deliveries/DELIVERY/resend", 404),
    ("recover-deliveries", "POST /integrators/acme/deliveries/recover", 200),
    ("remove-integrator", "DELETE /integrators/acme", 200),
];

fn request(function: &str, line: &str) -> Request {
    let request = GateWorld::admin(&line.replace("DELIVERY", DELIVERY));
    match function {
        // Nobody is there.
        "set-integrator" => {
            request.json(&json!({"url": "http://127.0.0.1:9", "events": ["pre-add-node", "post-add-node"]}))
        }
        "rotate-integrator-secret" => request.json(&json!({})),
        "recover-deliveries" => request.json(&json!({"since": "2026-11-27T08:00:00Z"})),
        _ => request,
    }
}

#[tokio::test]
async fn each_function_of_gates_takes_its_sample() {
    let Some(aws) = Aws::from_env() else { return };
    gates_calls::prepare(&aws).await;
    let told = gates_calls::environment(&aws);
    let recorder = Recorder::start(aws.endpoint());
    let server = Server::on_recorded_functions(aws, &recorder, &told).await;
    let environment = server.gateway().environment();
    // Samples are signed by nobody: a signature is good for some minutes.
    server.cli(&["role", "set", "anonymous", "--scope", "*"]);

    let mut samples = Vec::new();
    for (function, line, status) in REQUESTS {
        let route = ROUTES.iter().find(|route| route.function() == function).unwrap();
        let request = request(function, line).anonymously();
        let reply = request.send(&server).await;
        assert_eq!(reply.status, status, "{function}: {}", reply.text());
        let mut event = server.gateway().last_event();
        of_route(&mut event, &format!("{} {}", route.method, route.path_template()));
        samples.push((function, keep(function, event), status));
    }
    assert_eq!(samples.len(), ROUTES.len());
    let message =
        json!({"clusterId": "1", "cloud": "c1", "nodeCount": 1, "instanceType": "i1", "authId": "a1"});
    GateWorld::call("PreAddNode", &message).send(&server).await.ok();
    let mut event = server.gateway().last_event();
    of_route(&mut event, "POST /treble.ccx.v1.HookService/{method}");
    samples.push(("ccx", keep("ccx", event), 200));
    for (function, sample, status) in samples {
        assert_eq!(Lambda::start(function, environment).invoke(&sample)["statusCode"], status, "{function}");
    }
    let sample =
        keep("deliver", batch("treble-DeliveriesQueue", 1, &json!({"integrator": "acme"}).to_string()));
    let nothing_again = json!({"batchItemFailures": []});
    assert_eq!(Lambda::start("deliver", environment).invoke(&sample), nothing_again);
}
