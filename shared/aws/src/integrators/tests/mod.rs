mod addresses;
mod answers;
mod signatures;

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDnsError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use treble_core::gate::{Event, FailurePolicy, Integrator, SigningSecret};

use super::*;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Longer than anything here takes.
const AMPLE: Duration = Duration::from_secs(30);

fn secret(bytes: u8, expires: Option<Timestamp>) -> SigningSecret {
    let secret = format!("whsec_{}", STANDARD.encode([bytes; 32]));
    SigningSecret { secret, created: Timestamp::UNIX_EPOCH, expires }
}

fn integrator(url: &str) -> Integrator {
    Integrator {
        name: "acme".parse().unwrap(),
        url: url.to_owned(),
        events: BTreeSet::from([Event::PreAddNode]),
        timeout: AMPLE,
        failure_policy: FailurePolicy::Reject,
        owner: None,
        secrets: vec![secret(1, None)],
        created: Timestamp::UNIX_EPOCH,
        updated: Timestamp::UNIX_EPOCH,
    }
}

async fn post(client: &HttpIntegrators, integrator: &Integrator) -> Result<GateReply, Unanswered> {
    let now = Timestamp::now();
    let request = GateRequest { integrator, path: "pre-add-node", id: "msg_1", now, body: r#"{"a":"é"}"# };
    client.post(request).await
}

/// One for this machine.
fn local() -> HttpIntegrators {
    HttpIntegrators::new(AddressRules::Local)
}

async fn reason(client: &HttpIntegrators, integrator: &Integrator) -> String {
    post(client, integrator).await.unwrap_err().to_string()
}

/// A resolver that says one thing after the other.
#[derive(Debug)]
struct Answers(Mutex<VecDeque<Vec<IpAddr>>>);

impl Answers {
    fn new(answers: impl IntoIterator<Item = Vec<IpAddr>>) -> Self {
        Self(Mutex::new(answers.into_iter().collect()))
    }
}

impl ResolveDns for Answers {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        let answer = self.0.lock().unwrap().pop_front();
        DnsFuture::ready(answer.ok_or_else(|| ResolveDnsError::new(format!("no answer for {name}"))))
    }
}

/// Fails, if anybody has connected to it, or does so before the next one does: this.
async fn is_alone_at(listener: TcpListener) {
    let own = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (_, first) = listener.accept().await.unwrap();
    assert_eq!(first, own.local_addr().unwrap(), "somebody connected");
}

fn headers(request: &str) -> (HeaderMap, &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
    };
    (head.lines().skip(1).map(header).collect(), body)
}
