//! `treble cds`: what an operator does beside a service that is CDS's.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use treble_api::cds::routes::monitoring_status;
use treble_aws::cds::{CdsClient, CdsService};
use treble_aws::http::HttpClient;
use treble_aws::seal::TextSeal;
use treble_aws::settings::CDS_API_URL;
use treble_core::cds::{ServiceStateStore as _, SyncReport, Synchronizer, Tasks};

use super::{Opened, block_on};
use crate::cli::{self, CdsAction, Switch};
use crate::environment::variables;
use crate::output::{self, Failure, Table, plain};
use crate::store::Store;

/// Runs the command.
pub(crate) fn run(arguments: cli::Cds) -> Result<(), Failure> {
    let cli::Cds { action, common } = arguments;
    block_on(async move {
        let on_aws = match action {
            CdsAction::Synchronize { .. } => Store::aws,
            CdsAction::Maintenance { .. } | CdsAction::Status => Store::aws_auth,
        };
        let command = CdsCommand { place: Opened::at(&common.place, on_aws).await?, json: common.json };
        match action {
            CdsAction::Maintenance { switch } => command.maintenance(switch == Switch::On).await,
            CdsAction::Status => command.status().await,
            CdsAction::Synchronize { root_url } => command.synchronize(root_url).await,
        }
    })
}

/// The URL that tasks' own begin with is not known.
#[derive(Debug, thiserror::Error)]
#[error(
    "the service's root URL is not known here: say it by --root-url or TREBLE_ROOT_URL, as tasks' own URLs begin with it"
)]
struct NoRootUrl;

struct CdsCommand {
    place: Opened,
    json: bool,
}

impl CdsCommand {
    async fn maintenance(&self, on: bool) -> Result<(), Failure> {
        let state = self.place.store.service_state(&self.place.master_key);
        let mut since = state.read().await?.maintenance_since;
        if since.is_some() != on {
            since = on.then(Timestamp::now);
            state.set_maintenance(since).await?;
        }
        if self.json {
            return output::json(&json!({"maintenance": on, "since": since}));
        }
        output::line(&match since {
            Some(since) => {
                format!("Maintenance since {since}: what is accepted waits for `treble cds maintenance off`.")
            }
            None => "There is no maintenance: what waited is done within a minute.".to_owned(),
        });
        Ok(())
    }

    async fn status(&self) -> Result<(), Failure> {
        let state = self.place.store.service_state(&self.place.master_key).read().await?;
        let status = monitoring_status(env!("CARGO_PKG_VERSION"), &state, Timestamp::now());
        if self.json {
            return output::json(&status);
        }
        let mut table = Table::new(["COMPONENT", "STATUS", "VALUE"]);
        for line in status["lines"].as_array().into_iter().flatten() {
            let text = |name: &str| plain(line.get(name).and_then(Value::as_str).unwrap_or_default());
            table.row([text("component").into(), text("status").into(), text("value").into()]);
        }
        table.print();
        Ok(())
    }

    async fn synchronize(&self, root_url: Option<String>) -> Result<(), Failure> {
        // As the service's last start had it.
        let kept = || std::fs::read_to_string(self.place.dir.root_url()).ok().filter(|url| !url.is_empty());
        let public_url = root_url.or_else(kept).ok_or(NoRootUrl)?;
        let report = self.synchronizer(public_url)?.run().await?;
        let SyncReport { known, failed, removed } = report;
        if self.json {
            return output::json(&json!({"known": known, "failed": failed, "removed": removed}));
        }
        output::line(&format!("CDS knows {known} hooks; removed {removed} tasks that it doesn't know."));
        if failed > 0 {
            output::line(&format!("{failed} could not be saved, as was warned of."));
        }
        Ok(())
    }

    fn synchronizer(&self, public_url: String) -> Result<Synchronizer, Failure> {
        let Opened { store, master_key, .. } = &self.place;
        let variables = variables();
        let service = CdsService {
            api_url: variables.parsed(CDS_API_URL)?,
            token: None,
            name: variables.cds()?.map(|settings| settings.name).unwrap_or_default(),
            public_url: public_url.clone(),
        };
        let tasks = Tasks {
            hooks: Arc::new(store.hooks()),
            executions: Arc::new(store.executions()),
            repositories: Arc::new(store.repositories()),
            seal: Arc::new(TextSeal::new(master_key)),
            public_url,
            now: Timestamp::now,
        };
        Ok(Synchronizer {
            tasks,
            api: Arc::new(CdsClient::new(HttpClient::new(), service)),
            state: Arc::new(store.service_state(master_key)),
        })
    }
}
