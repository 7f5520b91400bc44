//! Tells the broker's other users what happened to hooks.

use std::convert::Infallible;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, Error, ExchangeKind};
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;
use treble_core::change::Subject;
use treble_core::hook::HookName;
use treble_core::ports::{ChangeQueue, ReceivedChange, chain};
use treble_core::pulse::{EXCHANGES, exchange};

use crate::backoff::Backoff;
use crate::channel::Reopening;

/// A message that stays when the broker restarts.
const PERSISTENT: u8 = 2;

/// Why a change was not published. It comes again.
#[derive(Debug, thiserror::Error)]
enum PublishError {
    #[error("the broker took no change of a hook")]
    Broker(#[from] Error),
    #[error("the broker could not keep a change of a hook")]
    NotConfirmed,
}

/// Publishes changes, as long as the connection lasts. Each is told to `changed` too, and is done when the broker has
/// confirmed that it has it.
pub(crate) async fn run(
    connection: &Connection,
    changes: &dyn ChangeQueue,
    changed: &UnboundedSender<HookName>,
) -> Result<Infallible, Error> {
    declare(connection).await?;
    let mut channel = confirming(connection).await?;
    let mut backoff = Backoff::default();
    loop {
        let received = match changes.receive().await {
            Ok(received) => received,
            Err(error) => {
                tracing::warn!(error = chain(&error), "changes of hooks could not be received");
                sleep(backoff.next()).await;
                continue;
            }
        };
        for received in received {
            if let Err(error) = pass_on(&received, &channel, changed).await {
                tracing::warn!(error = chain(&error), "a change of a hook is published later");
                sleep(backoff.next()).await;
                channel = confirming(connection).await?;
                break;
            }
            if let Err(error) = changes.done(&received.receipt).await {
                tracing::warn!(error = chain(&error), "a change of a hook will be published again");
            }
            backoff.reset();
        }
    }
}

async fn pass_on(
    received: &ReceivedChange,
    channel: &Channel,
    changed: &UnboundedSender<HookName>,
) -> Result<(), PublishError> {
    let Some(change) = &received.change else {
        tracing::warn!("something that is no change of a hook was dropped");
        return Ok(());
    };
    // Others say nothing of what a hook is bound to.
    let Some(exchange) = exchange(change) else { return Ok(()) };
    let subject = change.subject();
    if let Ok(hook) = HookName::new(&*subject.hook_group_id, &*subject.hook_id) {
        // Nobody listens any more only when the connection ends.
        let _ = changed.send(hook);
    }
    publish(channel, exchange, subject).await
}

async fn publish(channel: &Channel, exchange: &str, subject: &Subject) -> Result<(), PublishError> {
    let body = json!(subject).to_string();
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_content_encoding("utf-8".into())
        .with_delivery_mode(PERSISTENT);
    let options = BasicPublishOptions::default();
    let publishing = channel.basic_publish(exchange.into(), "".into(), options, body.as_bytes(), properties);
    let confirm = publishing.await?;
    match confirm.await? {
        Confirmation::Ack(_) => Ok(()),
        Confirmation::Nack(_) | Confirmation::NotRequested => Err(PublishError::NotConfirmed),
    }
}

async fn confirming(connection: &Connection) -> Result<Channel, Error> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

/// Makes the exchanges. Where that is not ours to do, they are there already.
async fn declare(connection: &Connection) -> Result<(), Error> {
    let mut channels = Reopening::on(connection);
    for exchange in EXCHANGES {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let channel = channels.channel().await?;
        let declared = channel
            .exchange_declare(exchange.into(), ExchangeKind::Topic, options, FieldTable::default())
            .await;
        if let Err(error) = declared {
            let refusal = channels.refusal(error)?;
            tracing::warn!(exchange, problem = refusal.message, "an exchange can't be made");
        }
    }
    Ok(())
}
