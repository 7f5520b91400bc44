//! Messages from the broker's queue to ours.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Connection, Consumer};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use treble_core::ports::{PulseQueue, QueueError, chain};
use treble_core::pulse::PulseMessage;

use crate::backoff::Backoff;
use crate::delivery::{message, without_payload};
use crate::health::Health;
use crate::session::SessionError;

/// What SQS takes at once.
const BATCH: usize = 10;
/// So many batches are under way at once.
const BATCHES: usize = 8;
/// How long a stop waits for what is under way.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// What the broker calls us.
const TAG: &str = "treble";

/// Where messages go, and who is told how that goes.
#[derive(Clone)]
pub(crate) struct Outlet {
    pub(crate) queue: Arc<dyn PulseQueue>,
    pub(crate) health: Arc<Health>,
}

/// Passes messages on until told to stop; then finishes what is under way.
///
/// At most `prefetch` messages are with us at a time: the broker keeps the others.
pub(crate) async fn run(
    connection: &Connection,
    queue: &ShortString,
    prefetch: u16,
    outlet: &Outlet,
    mut stop: watch::Receiver<bool>,
) -> Result<(), SessionError> {
    let channel = connection.create_channel().await?;
    channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
    let mut consumer = channel
        .basic_consume(queue.clone(), TAG.into(), BasicConsumeOptions::default(), FieldTable::default())
        .await?;
    outlet.health.up();
    tracing::info!("messages are passed on");
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(passed) = under_way.join_next() => passed??,
            delivery = consumer.next(), if under_way.len() < BATCHES => {
                let first = delivery.ok_or(SessionError::Cancelled)??;
                let batch = batch(first, &mut consumer)?;
                under_way.spawn(pass_on(batch, outlet.clone()));
            }
        }
    }
    let rest = async {
        // What the broker has sent besides, it takes back when the connection ends.
        channel.basic_cancel(TAG.into(), BasicCancelOptions::default()).await?;
        while let Some(passed) = under_way.join_next().await {
            passed??;
        }
        Ok(())
    };
    timeout(STOP_PATIENCE, rest).await.unwrap_or(Ok(()))
}

/// A delivery and those that are there already.
fn batch(first: Delivery, consumer: &mut Consumer) -> Result<Vec<Delivery>, SessionError> {
    let mut batch = vec![first];
    while batch.len() < BATCH
        && let Some(Some(delivery)) = consumer.next().now_or_never()
    {
        batch.push(delivery?);
    }
    Ok(batch)
}

/// Sends messages, again and again until the queue has all of them; each is acknowledged as soon as the queue has it.
async fn pass_on(deliveries: Vec<Delivery>, outlet: Outlet) -> Result<(), SessionError> {
    let now = Timestamp::now();
    let messages = deliveries.iter().map(|delivery| message(delivery, now)).collect();
    let mut pending: Vec<(Delivery, PulseMessage)> = deliveries.into_iter().zip::<Vec<_>>(messages).collect();
    let mut backoff = Backoff::default();
    loop {
        let messages: Vec<_> = pending.iter().map(|(_, message)| message.clone()).collect();
        let results = outlet.queue.send(&messages).await;
        let mut refused: Option<QueueError> = None;
        let mut left = Vec::new();
        for ((delivery, message), result) in pending.into_iter().zip(results) {
            match result {
                Ok(()) => {
                    delivery.acker.ack(BasicAckOptions::default()).await?;
                }
                Err(error @ QueueError::TooLarge { .. }) => {
                    left.push((delivery, without_payload(message, error.to_string())));
                }
                Err(error) => {
                    refused = Some(error);
                    left.push((delivery, message));
                }
            }
        }
        outlet.health.sent(refused.as_ref().map(|error| chain(error)));
        if left.is_empty() {
            return Ok(());
        }
        if let Some(error) = refused {
            tracing::warn!(
                error = chain(&error),
                messages = left.len(),
                "the queue took not all messages yet"
            );
            sleep(backoff.next()).await;
        }
        pending = left;
    }
}
