//! Between an AMQP broker and Treble's queues. Messages that hooks are bound to go in, changes of hooks go out.
//!
//! ```text
//!  broker ──► one durable queue, bound to ──► consume ──► PulseQueue (SQS) ──► hooks fire
//!             all that any hook wants         publish ◄── ChangeQueue (SQS) ◄── hooks change
//!                      ▲                         │
//!                      └────── reconcile ◄───────┘
//! ```
//!
//! - A [`Broker`] is where, and as whom, to connect; `session` is one connection, from queue to end. [`Bridge::run`] opens one
//!   after the other, with a growing pause (`backoff`) between.
//! - `consume` passes messages on, made of `delivery`. A message is acknowledged when the queue behind has it, never before.
//! - `reconcile` binds the queue to what the hooks want (`wanted`), on `channel`s that a refusal closes.
//! - `publish` tells the broker's other users what happened to hooks.
//! - [`Health`] says how it goes, to whom asks over HTTP (`health::serve`).
//! - [`run_from_environment`] is the program; [`LocalChanges`] stands in for SQS where all is one process.

mod backoff;
mod bridge;
mod broker;
mod channel;
mod consume;
mod delivery;
pub mod health;
mod local;
mod program;
mod publish;
mod reconcile;
mod session;
mod settings;
mod wanted;

pub use bridge::{Bridge, QueueNameTooLong};
pub use broker::{Broker, InvalidBroker};
pub use health::Health;
pub use local::LocalChanges;
pub use program::{ProgramError, check_from_environment, run_from_environment};
pub use settings::{BridgeOptions, Settings};
