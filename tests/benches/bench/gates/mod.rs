//! Integrators: what being asked adds to a call, how fast they are told, and who waits for those that are down.
//!
//! - [`integrator`] is one, in this process, which answers at once and remembers when what came.
//! - The service is a local server, its database and queues included, that is called by the Connect protocol.

mod integrator;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use treble_tests::{Server, free_port};

use self::integrator::Integrator;
use crate::cpu;
use crate::operation::Request;
use crate::report::{self, Row, median};

/// So many calls are made before any counts, and then.
const WARM_UP: usize = 100;
const CALLS: usize = 1000;
/// So many deliveries are made, in one lane and in as many as that.
const DELIVERIES: usize = 2000;
const LANES: usize = 16;
/// So many integrators are down.
const DOWN: usize = 10_000;
/// So often the one that is not is told something beside them.
const TOLD: usize = 200;

/// A server, and who calls it.
struct Platform {
    server: Server,
    client: reqwest::Client,
}

impl Platform {
    async fn start() -> Platform {
        Platform { server: Server::start().await, client: reqwest::Client::new() }
    }

    /// Creates an integrator that is asked and told these events.
    async fn set(&self, name: &str, url: &str, events: &[&str]) {
        let body = json!({"url": url, "events": events}).to_string();
        let path = format!("/api/gates/v1/integrators/{name}");
        let request = Request::at(&self.server.signer(), "PUT", path, Some(body));
        let call = self.client.put(format!("{}{}", self.server.root_url(), request.path));
        let call = call.header("authorization", request.authorization.unwrap());
        let call = call.header("content-type", "application/json").body(request.body.unwrap());
        let reply = call.send().await.unwrap();
        assert!(reply.status().is_success(), "{}", reply.text().await.unwrap());
    }

    /// Calls as the platform does; its answer.
    async fn call(&self, method: &str, message: &Value) -> Value {
        let url = format!("{}/treble.ccx.v1.HookService/{method}", self.server.root_url());
        let call = self.client.post(url).header("content-type", "application/json").body(message.to_string());
        let reply = call.send().await.unwrap();
        let (status, text) = (reply.status(), reply.text().await.unwrap());
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// Fills in the rows.
pub(crate) async fn measure(rows: &mut Vec<Row>) {
    asked(rows).await;
    told(rows, 1).await;
    told(rows, LANES).await;
    // The rest takes long: what is known is told before.
    report::print(rows);
    rows.clear();
    beside_many_that_are_down(rows).await;
}

/// The same request to the integrator itself, and by the service; in turns, so that both have the same conditions.
async fn asked(rows: &mut Vec<Row>) {
    let (platform, integrator) = (Platform::start().await, Integrator::start().await);
    platform.set("one", &integrator.url(), &["pre-add-node"]).await;
    let node = json!({"clusterId": "1", "cloud": "c1", "nodeCount": 1, "instanceType": "i1", "authId": "a1"});
    let pid = platform.server.pid();
    let (mut direct, mut asked, mut spent) = (Vec::new(), Vec::new(), Duration::ZERO);
    for number in 0..WARM_UP + CALLS {
        if number == WARM_UP {
            direct.clear();
            asked.clear();
            spent = cpu::time(pid);
        }
        let started = Instant::now();
        let url = format!("{}/pre-add-node", integrator.url());
        platform.client.post(url).body(node.to_string()).send().await.unwrap().bytes().await.unwrap();
        direct.push(milliseconds(started.elapsed()));
        let started = Instant::now();
        assert_eq!(platform.call("PreAddNode", &node).await["approved"], true);
        asked.push(milliseconds(started.elapsed()));
    }
    let spent = milliseconds(cpu::time(pid) - spent) / CALLS as f64;
    let (direct, asked) = (median(direct.into_iter()), median(asked.into_iter()));
    let detail = format!("{asked:.2} ms, of which the integrator alone {direct:.2} ms");
    rows.push(Row::figure("gates, pre-add-node: added on the clock", asked - direct, "ms").detail(detail));
    rows.push(Row::figure("… CPU time, database included", spent, "ms"));
}

/// All that is told at once arrives, in this many lanes.
async fn told(rows: &mut Vec<Row>, lanes: usize) {
    let (platform, integrator) = (Platform::start().await, Integrator::start().await);
    for lane in 0..lanes {
        platform.set(&format!("lane-{lane}"), &integrator.url(), &["post-add-node"]).await;
    }
    let node = json!({"clusterId": "1", "cloud": "c1", "nodeCount": 1, "instanceType": "i1", "nodeIds": ["n"], "workId": "w"});
    let (pid, started) = (platform.server.pid(), Instant::now());
    let before = cpu::time(pid);
    for _ in 0..DELIVERIES / lanes {
        platform.call("PostAddNode", &node).await;
    }
    let all = DELIVERIES / lanes * lanes;
    integrator.has(all).await;
    let each = milliseconds(cpu::time(pid) - before) / all as f64;
    let what = format!("gates, deliveries, {lanes} at once");
    let per_second = all as f64 / started.elapsed().as_secs_f64();
    let detail = format!("{each:.2} ms of CPU each, with the calls that cause them, database included");
    rows.push(Row::figure(&what, per_second, "/s").detail(detail));
}

/// How long it takes to tell one, alone and beside many that are tried again and again in vain.
async fn beside_many_that_are_down(rows: &mut Vec<Row>) {
    let (platform, integrator) = (Platform::start().await, Integrator::start().await);
    platform.set("well", &integrator.url(), &["post-add-node"]).await;
    let alone = latency(&platform, &integrator).await;
    let nowhere = format!("http://127.0.0.1:{}", free_port());
    for number in 0..DOWN {
        platform.set(&format!("down-{number}"), &nowhere, &["post-remove-node"]).await;
    }
    let (pid, started) = (platform.server.pid(), Instant::now());
    platform.call("PostRemoveNode", &json!({"clusterId": "1", "nodeId": "n", "workId": "w"})).await;
    let stored = started.elapsed();
    let beside = latency(&platform, &integrator).await;
    let what = format!("gates, one told beside {DOWN} that are down");
    let detail = format!("alone {:.1} ms; the slowest {:.0} ms, alone {:.0} ms", alone.0, beside.1, alone.1);
    rows.push(Row::figure(&what, beside.0, "ms").detail(detail));
    let detail = format!("storing {DOWN} deliveries {:.1} s", stored.as_secs_f64());
    rows.push(
        Row::figure("… memory of the server, database included", cpu::peak_memory(pid), "MiB").detail(detail),
    );
}

/// From a call to what the integrator is told by it, in milliseconds: in the middle, and the slowest.
async fn latency(platform: &Platform, integrator: &Integrator) -> (f64, f64) {
    let node = json!({"clusterId": "1", "cloud": "c1", "nodeCount": 1, "instanceType": "i1", "nodeIds": [], "workId": "w"});
    let mut took = Vec::new();
    for _ in 0..TOLD {
        let (before, started) = (integrator.count(), Instant::now());
        platform.call("PostAddNode", &node).await;
        integrator.has(before + 1).await;
        took.push(milliseconds(started.elapsed()));
    }
    let slowest = took.iter().copied().fold(0.0, f64::max);
    (median(took.into_iter()), slowest)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
