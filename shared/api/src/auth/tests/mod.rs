//! Requests are signed here by the engine's own signer, whose output is checked against known vectors there.

mod bewits;
mod caching;
mod certificates;
mod headers;
mod remote;
mod requests;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::{Builder, Parts};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use treble_core::hawk::{Signer, Target, Unsigned};
use treble_core::ports::{AccessToken, BoxError, ClientCredentials, Credentials, StoreError};
use treble_core::scope::Roles;

use super::*;

const NOW: i64 = 1_700_000_000;
const TOKEN: &str = "KeyOfTheClient-0123456789_abcdefghijklmnopqr";
const TARGET: Target<'_> =
    Target { method: "GET", resource: "/api/hooks/v1/hooks/g/a%2Fb?x=1", host: "example.com", port: 443 };

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn now() -> Timestamp {
    at(NOW)
}

fn client(id: &str, scopes: &[&str]) -> ClientCredentials {
    ClientCredentials {
        client_id: id.to_owned(),
        access_token: AccessToken::new(TOKEN),
        scopes: scopes.iter().map(|s| s.to_string()).collect(),
        expires: at(NOW + 3600),
        disabled: false,
    }
}

/// Clients and roles in memory, counting how often they are read.
struct Store {
    clients: Vec<ClientCredentials>,
    roles: Mutex<Arc<Roles>>,
    client_reads: AtomicUsize,
    role_reads: AtomicUsize,
    is_down: AtomicBool,
}

impl Store {
    fn new() -> Self {
        let mut clients = vec![
            client("plain", &["assume:team:red", "s:*", "auth:create-client:plain/*"]),
            client("off", &[]),
            client("old", &[]),
            client("keyless", &[]),
        ];
        clients[1].disabled = true;
        clients[2].expires = at(NOW - 1);
        clients[3].access_token = AccessToken::new("");
        let roles = [("team:*", "team-of:<..>"), ("anonymous", "public")];
        let roles = roles.map(|(id, scope)| (id.to_owned(), vec![scope.to_owned()]));
        Self {
            clients,
            roles: Mutex::new(Arc::new(Roles::new(roles))),
            client_reads: AtomicUsize::new(0),
            role_reads: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
        }
    }

    fn check_up(&self) -> Result<(), StoreError> {
        if self.is_down.load(Ordering::Relaxed) {
            let source: BoxError = "unplugged".into();
            return Err(StoreError::Unavailable { operation: "read".into(), source });
        }
        Ok(())
    }
}

#[async_trait]
impl Credentials for Store {
    async fn client(&self, id: &str) -> Result<Option<ClientCredentials>, StoreError> {
        self.client_reads.fetch_add(1, Ordering::Relaxed);
        self.check_up()?;
        Ok(self.clients.iter().find(|c| c.client_id == id).cloned())
    }

    async fn roles(&self) -> Result<Arc<Roles>, StoreError> {
        self.role_reads.fetch_add(1, Ordering::Relaxed);
        self.check_up()?;
        Ok(self.roles.lock().unwrap().clone())
    }
}

fn table() -> TableAuth {
    TableAuth::new(Arc::new(CachedCredentials::new(Arc::new(Store::new()), CacheLimits::default())))
}

fn request() -> Builder {
    http::Request::builder()
        .uri(TARGET.resource)
        .header("host", "example.com")
        .header("x-forwarded-proto", "https")
}

fn parts(builder: Builder) -> Parts {
    builder.body(()).unwrap().into_parts().0
}

/// `Authorization` for [`TARGET`], now.
fn signed(id: &str, ext: Option<&str>) -> String {
    header_of(&Signer::new(id, TOKEN), ext)
}

fn header_of(signer: &Signer, ext: Option<&str>) -> String {
    signer.header(&TARGET, &Unsigned { ts: NOW, nonce: "n0nce", ext, hash: None }).unwrap()
}

fn ext(json: &Value) -> String {
    STANDARD.encode(json.to_string())
}

async fn with_header(value: &str) -> Result<Caller, AuthError> {
    let parts = parts(request().header("authorization", value));
    table().authenticate(&SignedRequest::new(&parts, None), now()).await
}

fn message<T: std::fmt::Debug>(result: Result<T, AuthError>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.status(), 401);
    error.to_string()
}
