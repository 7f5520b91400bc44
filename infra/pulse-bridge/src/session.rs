//! One connection, from its queue to its end.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use lapin::options::QueueDeclareOptions;
use lapin::types::{FieldTable, ShortString};
use lapin::{Connection, Error};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinError;
use tokio::time::{MissedTickBehavior, interval_at, sleep, timeout};
use treble_core::hook::HookName;
use treble_core::ports::chain;

use crate::backoff::Backoff;
use crate::bridge::Bridge;
use crate::channel::Reopening;
use crate::reconcile::{ReconcileError, Reconciler};
use crate::{consume, publish};

/// AMQP's code of a connection that ends well.
const SUCCESS: u16 = 200;
/// How often to look whether the connection is still one.
const LOOK: Duration = Duration::from_secs(2);
/// How long the broker may take to say goodbye.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    /// The broker did not answer, refused, or was lost.
    #[error("the broker is not there")]
    Broker(#[from] Error),
    /// The broker refuses the queue.
    #[error("the broker refuses the queue: {0}")]
    Queue(String),
    /// The queue is gone.
    #[error("the broker has removed the queue")]
    Cancelled,
    /// The connection is gone, and who waits for something on it may not have been told.
    #[error("the connection to the broker is lost")]
    Lost,
    /// A fault of ours.
    #[error("passing on failed")]
    Fault(#[from] JoinError),
}

/// Serves one connection, until told to stop.
pub(crate) async fn run(
    bridge: &Bridge,
    reconciler: &mut Reconciler,
    stop: watch::Receiver<bool>,
) -> Result<(), SessionError> {
    let connection = bridge.options.broker.connect().await?;
    let queue = &bridge.queue;
    declare(&connection, queue).await?;
    let (changed, changes) = unbounded_channel();
    let publishing = async {
        match &bridge.changes {
            Some(queue) => publish::run(&connection, &**queue, &changed).await,
            None => pending().await,
        }
    };
    let consuming = consume::run(&connection, queue, bridge.options.prefetch, &bridge.outlet, stop);
    tokio::select! {
        consumed = consuming => consumed?,
        lost = reconciling(bridge, reconciler, &connection, changes) => match lost? {},
        lost = publishing => match lost? {},
        () = lost(&connection) => return Err(SessionError::Lost),
    }
    // Whatever the broker says to that; a connection that was lost just now may say nothing at all.
    let _ = timeout(CLOSE_PATIENCE, connection.close(SUCCESS, "stopped".into())).await;
    Ok(())
}

/// Resolves once the connection isn't one any longer.
async fn lost(connection: &Connection) {
    let mut times = interval_at(tokio::time::Instant::now() + LOOK, LOOK);
    while connection.status().connected() {
        times.tick().await;
    }
}

/// The queue as it is, if it is there: who made it may have had reasons to make it otherwise.
async fn declare(connection: &Connection, queue: &ShortString) -> Result<(), SessionError> {
    let mut channels = Reopening::on(connection);
    let existing = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    for options in [existing, durable] {
        let channel = channels.channel().await?;
        let Err(error) = channel.queue_declare(queue.clone(), options, FieldTable::default()).await else {
            return Ok(());
        };
        let refusal = channels.refusal(error)?;
        if !refusal.is_missing {
            return Err(SessionError::Queue(refusal.message));
        }
    }
    Err(SessionError::Cancelled)
}

/// Keeps the bindings what they should be: all of them from time to time, a hook's when it changes, and those that were
/// refused again and again.
async fn reconciling(
    bridge: &Bridge,
    reconciler: &mut Reconciler,
    connection: &Connection,
    mut changes: UnboundedReceiver<HookName>,
) -> Result<Infallible, Error> {
    let mut channels = Reopening::on(connection);
    let mut backoff = Backoff::default();
    let every = |period| {
        let mut times = interval_at(tokio::time::Instant::now() + period, period);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        times
    };
    let mut all = every(bridge.options.reconcile);
    let mut refused = every(bridge.options.retry);
    let mut reconciled = reconciler.all(&mut channels).await;
    let mut told = false;
    loop {
        match reconciled {
            Ok(()) => {
                backoff.reset();
                if !std::mem::replace(&mut told, true) {
                    let refused = reconciler.refused();
                    tracing::info!(refused, "the queue is bound to what the hooks want");
                }
            }
            Err(ReconcileError::Broker(error)) => return Err(error),
            Err(ReconcileError::Store(error)) => {
                tracing::warn!(error = chain(&error), "the bindings may not be what they should be");
                sleep(backoff.next()).await;
                reconciled = reconciler.all(&mut channels).await;
                continue;
            }
        }
        reconciled = tokio::select! {
            Some(hook) = changes.recv() => reconciler.changed(hook, &mut channels).await,
            _ = all.tick() => reconciler.all(&mut channels).await,
            _ = refused.tick(), if reconciler.refused() > 0 => reconciler.missing(&mut channels).await,
        };
    }
}
