//! What a function costs before it is warm: its start, its first request, and how much of it there is to load.
//!
//! AWS is behind TLS here, with a certificate that only these processes trust. What a function does before it asks for its first
//! event, it does at its own time: Lambda gives a start more CPU than a request, and no caller waits.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use tempfile::TempDir;
use treble_api::taskcluster::ROUTES;

use crate::cpu;
use crate::lambda::{Lambda, binary};
use crate::load::Deployment;
use crate::operation::Operation;
use crate::report::{Row, median};

/// So many starts, of which the one in the middle counts.
const STARTS: usize = 15;

/// The functions that answer no route of the API.
const BESIDE_ROUTES: [&str; 7] =
    ["default", "tick", "fire", "record-dead-firing", "pulse", "publish-changes", "tell-owner"];

/// Fills in the rows.
pub(crate) async fn measure(deployment: &Deployment, rows: &mut Vec<Row>) {
    let certificate = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("certificate.pem");
    fs::write(&file, certificate.cert.pem()).unwrap();
    let address = deployment.emulator.listen_with_tls(&certificate).await;
    let mut environment = deployment.environment(&format!("https://localhost:{}", address.port()));
    environment.push(("SSL_CERT_FILE".to_owned(), file.to_str().unwrap().to_owned()));

    for (name, value) in [("TREBLE_EVENT_BUS", "bus"), ("TREBLE_MAIL_FROM", "hooks@example.com")] {
        environment.push((name.to_owned(), value.to_owned()));
    }

    for operation in Operation::ALL {
        let starts = starts(deployment, &environment, operation.function(), Some(operation)).await;
        let middle = |of: fn(&Start) -> f64| median(starts.iter().map(of));
        let what = format!("{}: its first request, over TLS", operation.function());
        let row =
            Row::figure(&what, middle(|start| start.first), "ms").reference("Node 24 ms; SDK defaults 32 ms");
        rows.push(row.at_most(2.0));
        let what = format!("{}: memory after it", operation.function());
        rows.push(
            Row::figure(&what, middle(|start| start.memory), "MiB").reference("Node 65 MiB").at_most(12.0),
        );
    }
    let functions = || ROUTES.iter().map(|route| route.function()).chain(BESIDE_ROUTES.map(str::to_owned));
    for function in functions() {
        let starts = starts(deployment, &environment, &function, None).await;
        let row = Row::figure(
            &format!("{function}: exec to first poll"),
            median(starts.iter().map(|start| start.ready)),
            "ms",
        );
        rows.push(row.reference("Node 107 ms; Rust hello 1.0 ms").at_most(2.5));
    }
    for function in functions() {
        let row = Row::figure(&format!("{function}: zipped"), zipped(&function), "MB");
        rows.push(row.reference("4.7 MB as the SDK comes").at_most(4.0));
    }
}

/// What one start took: milliseconds of CPU, and MiB.
struct Start {
    ready: f64,
    first: f64,
    memory: f64,
}

async fn starts(
    deployment: &Deployment,
    environment: &[(String, String)],
    function: &str,
    operation: Option<Operation>,
) -> Vec<Start> {
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let lambda = Lambda::start(function, deployment, environment).await;
        let ready = cpu::settled_time(lambda.pid());
        if let Some(operation) = operation {
            lambda.call(deployment.server.requests.next(operation)).await;
        }
        let first = cpu::settled_time(lambda.pid()) - ready;
        let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
        let memory = cpu::peak_memory(lambda.pid());
        starts.push(Start { ready: milliseconds(ready), first: milliseconds(first), memory });
    }
    starts
}

/// The size of a binary as deployed, in MB; but for the archive's directory, some 100 bytes.
fn zipped(function: &str) -> f64 {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&fs::read(binary(function)).unwrap()).unwrap();
    encoder.finish().unwrap().len() as f64 / 1e6
}
