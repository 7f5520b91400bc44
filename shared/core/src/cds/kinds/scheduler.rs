//! `Scheduler`.

use std::collections::BTreeMap;

use super::{Cause, KindOf, Payload, Wakes};

/// See the module.
pub(super) static SCHEDULER: KindOf = KindOf {
    name: "Scheduler",
    model: "Scheduler",
    has_url: false,
    wakes: |_| Ok(Wakes::default()),
    admit: |_, _, _| Ok(()),
    event_id: |_| None,
    of_message: |event| Cause::Repository { event },
    payload: |_, _| Ok(Payload::Run(BTreeMap::new())),
};
