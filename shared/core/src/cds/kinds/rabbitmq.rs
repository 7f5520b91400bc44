//! `RabbitMQ`.

use std::collections::BTreeMap;

use super::{Cause, KindOf, Payload, Wakes};

/// See the module.
pub(super) static RABBITMQ: KindOf = KindOf {
    name: "RabbitMQ",
    model: "RabbitMQ hook",
    has_url: false,
    wakes: |_| Ok(Wakes::default()),
    admit: |_, _, _| Ok(()),
    event_id: |_| None,
    of_message: |event| Cause::Repository { event },
    payload: |_, _| Ok(Payload::Run(BTreeMap::new())),
};
