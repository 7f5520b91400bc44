//! Repositories in this process: a clock in place of the rule that wakes the function `cds-poll`.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};
use treble_aws::dynamodb::DynamoHooks;
use treble_aws::http::HttpClient;
use treble_aws::settings::{SettingError, VCS_SERVERS};
use treble_aws::vcs::{Vcs, VcsServers};
use treble_core::cds::poll::{PERIOD_SECONDS, Poller};
use treble_core::pulse::Dispatcher;

use crate::environment::variables;
use crate::output;
use crate::store::Store;

/// The servers whose repositories are polled, as the environment says: JSON, or the path of a file that has it. None, where it
/// says nothing; tasks for repositories then say that there is none.
///
/// # Errors
/// When there is no such file, or it has something else.
pub(super) fn servers() -> Result<VcsServers, SettingError> {
    let Some(text) = variables().optional(VCS_SERVERS.name) else { return Ok(VcsServers::default()) };
    let malformed = |source| SettingError::Malformed { variable: VCS_SERVERS, source };
    let json = if text.trim_start().starts_with('{') {
        text
    } else {
        std::fs::read_to_string(&text)
            .map_err(|error| malformed(format!("{text} can't be read: {error}").into()))?
    };
    json.parse().map_err(|error| malformed(Box::new(error)))
}

/// Starts asking these servers for the repositories in a store.
pub(super) fn start(store: &Store, hooks: Arc<DynamoHooks>, servers: VcsServers, dispatcher: Dispatcher) {
    tokio::spawn(poll(Poller {
        repositories: Arc::new(store.repositories()),
        bindings: hooks,
        providers: Arc::new(Vcs::new(servers, HttpClient::new(), Timestamp::now)),
        dispatcher: Arc::new(dispatcher),
        clock: Timestamp::now,
    }));
}

/// Polls, again and again.
async fn poll(poller: Poller) {
    let mut times = interval(Duration::from_secs(PERIOD_SECONDS.unsigned_abs()));
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        match poller.run(Timestamp::MAX).await {
            Ok(report) if report.polled + report.failed + report.postponed > 0 => {
                tracing::info!(
                    polled = report.polled,
                    sent = report.fired,
                    failed = report.failed,
                    postponed = report.postponed,
                    "poll"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!("repositories are polled later: {}", output::chain(&error)),
        }
    }
}
