//! Deliveries and attempts as items, and back.

use std::time::Duration;

use jiff::Timestamp;
use treble_core::gate::{Attempt, Delivery, DeliveryStatus};
use treble_core::ports::StoreError;

use crate::dynamodb::gates::change::change;
use crate::dynamodb::gates::names::{
    AT, ATTEMPTS, BODY, CREATED, DELIVERIES, EVENT, HTTP_STATUS, LAST_ERROR, LATENCY, PROBLEM, REPLY,
    RETRY_UNTIL, STATUS, WAITING, attempts,
};
use crate::dynamodb::gates::{expires, insert_optional, json, read_json, read_optional};
use crate::dynamodb::item::{
    Item, check_format, corrupt, instant, item, number, read_instant, read_number, read_text, text,
};
use crate::dynamodb::schema::{PARTITION_KEY, SORT_KEY, TIME_TO_LIVE};

const STATUSES: [DeliveryStatus; 3] =
    [DeliveryStatus::Waiting, DeliveryStatus::Delivered, DeliveryStatus::Dead];

/// All attributes of a delivery; its record and its place among those that wait differ in their keys only.
pub(super) fn attributes(delivery: &Delivery) -> Result<Item, StoreError> {
    let body = json(&delivery.body, || format!("the body of delivery {}", delivery.id))?;
    let mut item = Item::from([
        (EVENT.to_owned(), text(delivery.event.as_str())),
        (BODY.to_owned(), text(body)),
        (CREATED.to_owned(), instant(delivery.created)),
        (RETRY_UNTIL.to_owned(), instant(delivery.retry_until)),
        (STATUS.to_owned(), text(delivery.status.as_str())),
        (ATTEMPTS.to_owned(), number(delivery.attempts)),
    ]);
    insert_optional(&mut item, LAST_ERROR, delivery.last_error.as_deref());
    Ok(item)
}

/// The update that makes a delivery's item as far as it is, and its values; `over` says since when it is, where it is.
pub(super) fn progress(delivery: &Delivery, over: Option<Timestamp>) -> (String, Item) {
    change([
        (STATUS, Some(text(delivery.status.as_str()))),
        (ATTEMPTS, Some(number(delivery.attempts))),
        (RETRY_UNTIL, Some(instant(delivery.retry_until))),
        (LAST_ERROR, delivery.last_error.as_deref().map(text)),
        (TIME_TO_LIVE, over.map(expires)),
    ])
}

pub(super) fn from_item(item: &Item) -> Result<Delivery, StoreError> {
    check_format(item)?;
    let unreadable =
        |name, error: &dyn std::fmt::Display| corrupt(item, name, &format!("can't be read: {error}"));
    let partition = read_text(item, PARTITION_KEY)?;
    let integrator = partition.strip_prefix(DELIVERIES).or_else(|| partition.strip_prefix(WAITING));
    let integrator = integrator.unwrap_or_default().parse();
    let status = read_text(item, STATUS)?;
    let status = STATUSES.into_iter().find(|known| known.as_str() == status);
    Ok(Delivery {
        id: read_text(item, SORT_KEY)?.parse().map_err(|error| unreadable(SORT_KEY, &error))?,
        integrator: integrator.map_err(|error| unreadable(PARTITION_KEY, &error))?,
        event: read_text(item, EVENT)?.parse().map_err(|error| unreadable(EVENT, &error))?,
        body: read_json(item, BODY)?,
        created: read_instant(item, CREATED)?,
        retry_until: read_instant(item, RETRY_UNTIL)?,
        status: status.ok_or_else(|| corrupt(item, STATUS, "is none that a delivery has"))?,
        attempts: read_number(item, ATTEMPTS)?,
        last_error: read_optional(item, LAST_ERROR)?,
    })
}

/// The item of an attempt after which a delivery is so.
pub(super) fn attempt_item(delivery: &Delivery, attempt: &Attempt) -> Item {
    let place = format!("{:.9}#{:010}", attempt.at, delivery.attempts);
    let mut item = item(attempts(&delivery.id), place);
    let latency = u64::try_from(attempt.latency.as_micros()).unwrap_or(u64::MAX);
    item.insert(AT.into(), instant(attempt.at));
    item.insert(LATENCY.into(), number(latency));
    if let Some(status) = attempt.status {
        item.insert(HTTP_STATUS.into(), number(status));
    }
    insert_optional(&mut item, PROBLEM, attempt.error.as_deref());
    item.insert(REPLY.into(), text(&attempt.reply));
    item.insert(TIME_TO_LIVE.into(), expires(attempt.at));
    item
}

pub(super) fn attempt(item: &Item) -> Result<Attempt, StoreError> {
    check_format(item)?;
    Ok(Attempt {
        at: read_instant(item, AT)?,
        latency: Duration::from_micros(read_number(item, LATENCY)?),
        status: item.contains_key(HTTP_STATUS).then(|| read_number(item, HTTP_STATUS)).transpose()?,
        error: read_optional(item, PROBLEM)?,
        reply: read_text(item, REPLY)?.to_owned(),
    })
}
