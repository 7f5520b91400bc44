//! `treble mock-hooks`: an integrator's HTTP server, which prints what it is asked and told.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use treble_core::gate::{Event, Phase};

use crate::admin::block_on;
use crate::cli::MockHooks;
use crate::output::{self, Failure, Styled, style};
use crate::server::listen;

/// No hook says more.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// How long a connection may be silent.
const KEEP_ALIVE: Duration = Duration::from_secs(90);

/// Runs the command, until it is interrupted.
pub(crate) fn run(arguments: MockHooks) -> Result<(), Failure> {
    block_on(async {
        let (listeners, port) = listen(&arguments.host, arguments.port).await?;
        let url = format!("http://{}:{port}", arguments.host);
        output::line(&format!(
            "Mock hooks are at {url}\n\nTry: treble local-server {url}\n     treble test-client add_node \
             '{{\"clusterId\": \"1\", \"nodeCount\": 1}}'\nStop: Ctrl-C\n"
        ));
        let mock = Arc::new(Mock::new(&arguments)?);
        for listener in listeners {
            tokio::spawn(accept(listener, mock.clone()));
        }
        Ok(tokio::signal::ctrl_c().await?)
    })
}

async fn accept(listener: TcpListener, mock: Arc<Mock>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, mock.clone()))),
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, mock: Arc<Mock>) {
    let _ = stream.set_nodelay(true);
    let answer = service_fn(|request| async { Ok::<_, Infallible>(mock.answer(request).await) });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(KEEP_ALIVE)
        .serve_connection(TokioIo::new(stream), answer);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended");
    }
}

/// How hooks are answered.
struct Mock {
    deny: Vec<Event>,
    fail_rate: f64,
    delay: Duration,
    /// What signatures are checked by, where they are.
    secrets: Vec<Webhook>,
}

impl Mock {
    fn new(arguments: &MockHooks) -> Result<Self, Failure> {
        let secrets = arguments.secret.iter().map(|secret| Webhook::new(secret));
        Ok(Self {
            deny: arguments.deny.clone(),
            fail_rate: arguments.fail_rate,
            delay: arguments.delay,
            secrets: secrets.collect::<Result<_, _>>()?,
        })
    }

    /// Prints what came in, and answers it.
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
            return response(
                StatusCode::PAYLOAD_TOO_LARGE,
                &json!({"error": "the body did not come, or is too long"}),
            );
        };
        let body = body.to_bytes();
        let name = parts.uri.path().rsplit('/').next().unwrap_or_default();
        let signature = self.signature(&parts.headers, &body);
        print(name, signature.as_ref(), &body);
        sleep(self.delay).await;
        let (status, answer) = if parts.method != Method::POST {
            (StatusCode::METHOD_NOT_ALLOWED, json!({"error": "hooks are POSTed"}))
        } else if let Some(Err(why)) = signature {
            (StatusCode::UNAUTHORIZED, json!({"error": why}))
        } else {
            self.decide(name, unit())
        };
        output::styled(&format!("{} {} {answer}\n", Styled(style::DIM, "answered"), status.as_u16()));
        response(status, &answer)
    }

    /// What a hook is answered; `chance` decides whether by a failure.
    fn decide(&self, name: &str, chance: f64) -> (StatusCode, Value) {
        if chance < self.fail_rate {
            return (StatusCode::INTERNAL_SERVER_ERROR, json!({"error": "failed, as --fail-rate asked for"}));
        }
        // Whether somebody is there at all.
        if name == "probe" {
            return (StatusCode::OK, json!({}));
        }
        let Ok(event) = name.parse::<Event>() else {
            return (StatusCode::NOT_FOUND, json!({"error": format!("there is no hook {name:?}")}));
        };
        let answer = match event.phase() {
            Phase::Post => json!({}),
            Phase::Pre if self.deny.contains(&event) => {
                json!({"approved": false, "reason": format!("{event} is denied here")})
            }
            Phase::Pre if event.may_be_refused() => json!({"approved": true, "work_id": work_id()}),
            Phase::Pre => json!({"work_id": work_id()}),
        };
        (StatusCode::OK, answer)
    }

    /// Whether a hook's signature is good, or why not; None where nobody asks.
    fn signature(&self, headers: &HeaderMap, body: &[u8]) -> Option<Result<(), String>> {
        let mut checked = self.secrets.iter().map(|secret| secret.verify(body, headers));
        let first = checked.next()?;
        let good = first.is_ok() || checked.any(|other| other.is_ok());
        Some(if good { Ok(()) } else { first.map_err(|error| error.to_string()) })
    }
}

fn print(name: &str, signature: Option<&Result<(), String>>, body: &[u8]) {
    let signature = match signature {
        None => String::new(),
        Some(Ok(())) => format!("  {}", Styled(style::GOOD, "(signature: good)")),
        Some(Err(why)) => format!("  {}", Styled(style::BAD, format!("(signature: {why})"))),
    };
    let body = match serde_json::from_slice::<Value>(body) {
        Ok(json) => format!("{json:#}"),
        Err(_) => output::plain(&String::from_utf8_lossy(body)),
    };
    output::styled(&format!("{}{signature}\n{body}", Styled(style::HEADING, output::plain(name))));
}

fn response(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

/// What a post- hook will say that it belongs to.
fn work_id() -> String {
    format!("work-{:016x}", random())
}

fn random() -> u64 {
    // Without the system's, anything will do.
    getrandom::u64().unwrap_or_default()
}

/// A random number from 0 up to 1.
fn unit() -> f64 {
    f64::from(u32::try_from(random() >> 32).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mock(secrets: &[&str]) -> Mock {
        Mock {
            deny: vec![Event::PreCreateCluster],
            fail_rate: 0.5,
            delay: Duration::ZERO,
            secrets: secrets.iter().map(|secret| Webhook::new(secret).unwrap()).collect(),
        }
    }

    #[test]
    fn hooks_are_answered_as_an_integrator_would() {
        let mock = mock(&[]);
        let cases = [
            ("pre-add-node", 0.9, 200, &["approved", "work_id"][..]),
            ("pre-create-cluster", 0.9, 200, &["approved", "reason"]),
            ("pre-remove-node", 0.9, 200, &["work_id"]),
            ("post-add-node", 0.9, 200, &[]),
            ("probe", 0.9, 200, &[]),
            ("pre-add-node", 0.4, 500, &["error"]),
            ("favicon.ico", 0.9, 404, &["error"]),
        ];
        for (name, chance, status, members) in cases {
            let (answered, body) = mock.decide(name, chance);
            let keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!((answered.as_u16(), &*keys), (status, members), "{name} {chance}");
        }
        assert_eq!(mock.decide("pre-create-cluster", 1.0).1["approved"], false);
        assert_eq!(mock.decide("pre-add-node", 1.0).1["approved"], true);
    }

    #[test]
    fn any_secret_will_do() {
        let secrets = ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_AAAAsBQIhrscChlQIMV+b5sSYspob7oD"];
        let now = jiff::Timestamp::now().as_second();
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_1".parse().unwrap());
        headers.insert("webhook-timestamp", now.into());
        let signature = Webhook::new(secrets[1]).unwrap().sign("msg_1", now, b"{}").unwrap();
        headers.insert("webhook-signature", signature.parse().unwrap());
        assert_eq!(mock(&secrets).signature(&headers, b"{}"), Some(Ok(())));
        assert_eq!(mock(&secrets[1..]).signature(&headers, b"{}"), Some(Ok(())));
        assert_eq!(mock(&secrets[..1]).signature(&headers, b"{}"), Some(Err("signature invalid".to_owned())));
        assert_eq!(mock(&secrets).signature(&headers, b"{ }"), Some(Err("signature invalid".to_owned())));
        assert_eq!(mock(&[]).signature(&headers, b"{}"), None);
    }
}
