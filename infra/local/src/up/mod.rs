//! `treble up`: the whole service, put together in one process.

mod banner;
mod parts;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::interval;
use treble_api::auth::{CacheLimits, CachedCredentials};
use treble_api::taskcluster::denied::DeniedExchanges;
use treble_api::taskcluster::service::{About, Service};
use treble_core::fire::Engine;
use treble_embedded::Embedded;

use crate::cli;
use crate::data_dir::DataDir;
use crate::first_start::{self, RootClient};
use crate::output::{self, Failure};
use crate::server::{self, Server};
use crate::settings::SinkChoice;
use crate::{master_key, socket};
use banner::Banner;

/// Two requests at once: one whose template takes long doesn't hold up the others, and the database, which
/// takes one call at a time, would not keep more of them busy.
const WORKERS: usize = 2;

/// How often what has expired is removed.
const SWEEP: Duration = Duration::from_secs(30);

/// Runs the command, until it is asked to stop.
pub(crate) fn run(arguments: cli::Up) -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let result = runtime.block_on(up(&arguments));
    runtime.shutdown_background();
    result
}

async fn up(arguments: &cli::Up) -> Result<(), Failure> {
    let started = Timestamp::now();
    let dir = DataDir::create(&arguments.place.data)?;
    let _lock = dir.lock()?;
    let (listeners, port) = server::listen(&arguments.host, arguments.port).await?;
    let master_key = master_key::read_or_create(&dir)?;
    let store = parts::store(arguments, &dir).await?;
    let hooks = Arc::new(store.hooks());
    let auth = Arc::new(store.auth(&master_key));
    let credentials = Arc::new(CachedCredentials::new(auth.clone(), CacheLimits::default()));
    let sink_choice = arguments.sink.clone().unwrap_or_else(|| SinkChoice::Journal(dir.journal()));
    let root_url = arguments.root_url.clone().unwrap_or_else(|| default_root_url(&arguments.host, port));

    let first = first_start::run(&dir, &auth, &*hooks, started).await?;
    let service = Service {
        about: About {
            root_url: root_url.clone(),
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("TREBLE_COMMIT"),
            started,
        },
        hooks: hooks.clone(),
        engine: Engine {
            sink: parts::sink(&sink_choice, arguments, &dir)?,
            fires: Arc::new(store.fires()),
            credentials: auth.clone(),
        },
        authenticator: parts::authenticator(&arguments.auth, &credentials),
        master_key: master_key.clone(),
        denied_exchanges: arguments
            .denied_exchanges
            .clone()
            .map_or_else(DeniedExchanges::default, DeniedExchanges::new),
        now: Timestamp::now,
    };

    let stop = stop_signal()?;
    if let Some(database) = &store.embedded {
        serve_socket(&dir, database, credentials);
        tokio::spawn(sweep(database.clone()));
    }
    let sample = first_start::sample_hook(&*hooks).await?;
    let sample_token =
        sample.map(|hook| master_key.trigger_token(&hook.name, hook.token_generation).to_string());
    let client = RootClient::good(&dir, &auth, started).await?;
    let banner = Banner {
        first,
        root_url: &root_url,
        data: dir.path(),
        sink: &sink_choice,
        client: client
            .as_ref()
            .map(|client| (&*client.client_id, &*client.access_token))
            .map_err(Clone::clone),
        sample_token: sample_token.as_deref(),
        program: banner::program(),
    };
    output::line(&banner.to_string());

    let finished = Server::new(Arc::new(service)).run(listeners, stop).await;
    // Left behind, it would only be replaced.
    let _ = std::fs::remove_file(dir.socket());
    output::line(if finished { "Stopped." } else { "Stopped, though requests were still under way." });
    Ok(())
}

/// Where clients on this machine find the server.
fn default_root_url(host: &str, port: u16) -> String {
    let host = match host {
        "0.0.0.0" | "::" => "localhost".to_owned(),
        address if address.contains(':') => format!("[{address}]"),
        name => name.to_owned(),
    };
    format!("http://{host}:{port}")
}

/// Lets other commands in. Without it they have to wait until the server stops, which is no reason not to start.
fn serve_socket(dir: &DataDir, database: &Embedded, credentials: Arc<CachedCredentials>) {
    match socket::bind(&dir.socket()) {
        Ok(listener) => {
            let written = move || credentials.forget();
            tokio::spawn(socket::serve(listener, database.clone(), written));
        }
        Err(error) => {
            tracing::warn!(
                "`treble client` and `treble role` only work while the server is stopped: {}",
                output::chain(&error)
            );
        }
    }
}

async fn sweep(database: Embedded) {
    let mut times = interval(SWEEP);
    loop {
        times.tick().await;
        let database = database.clone();
        let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!("{}", output::chain(&error));
        }
    }
}

/// Resolves at the first SIGINT or SIGTERM; the second ends the process at once.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut next = async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    Ok(async move {
        next().await;
        tokio::spawn(async move {
            next().await;
            std::process::exit(130);
        });
    })
}

#[cfg(test)]
mod tests {
    use super::default_root_url;

    #[test]
    fn the_root_url_follows_the_host() {
        let cases = [
            ("localhost", "http://localhost:8080"),
            ("0.0.0.0", "http://localhost:8080"),
            ("127.0.0.1", "http://127.0.0.1:8080"),
            ("::1", "http://[::1]:8080"),
        ];
        for (host, url) in cases {
            assert_eq!(default_root_url(host, 8080), url);
        }
    }
}
