//! `Scheduler`: the workflow runs at each moment of a schedule, with what is configured.

use super::entries::{FULLNAME, USERNAME, invalid, other_cause};
use super::{Cause, Config, InvalidConfig, KindOf, Payload, PayloadError, Wakes, json};
use crate::cron::cronexpr;

/// See the module.
pub(super) static SCHEDULER: KindOf = KindOf {
    name: "Scheduler",
    model: "Scheduler",
    has_url: false,
    of_broker: false,
    wakes,
    admit: |_, _, _| Ok(()),
    event_id: |_| None,
    of_message: |event| Cause::Repository { event },
    payload,
};

fn wakes(config: &Config) -> Result<Wakes, InvalidConfig> {
    json::of_config(config)?;
    let cron = config.required("cron")?;
    let timezone = config.get("timezone").unwrap_or_default();
    let schedule =
        cronexpr::stored(cron, timezone).map_err(|error| InvalidConfig::new("cron", error.to_string()))?;
    Ok(Wakes { schedule: vec![schedule], ..Wakes::default() })
}

fn payload(config: &Config, cause: &Cause) -> Result<Payload, PayloadError> {
    let Cause::ScheduledTask { .. } = cause else {
        return Err(other_cause("Scheduler", "moments on its schedule", cause));
    };
    let mut entries = json::of_config(config).map_err(invalid)?;
    entries.config(config, &["project", "workflow", "cron", "timezone", "payload"]);
    entries.set(USERNAME, "cds.scheduler");
    entries.set(FULLNAME, "CDS Scheduler");
    Ok(entries.run())
}
