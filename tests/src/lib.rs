//! What the wire-level tests stand on: a real server in a process of its own ([`Server`]), requests that
//! say exactly what they send ([`Request`]), and tables of requests with what must come back ([`table`]).
//!
//! The server is the binary `treble` beside the tests' own target directory, or what `TREBLE_BIN` names;
//! functions are beside it, or where `TREBLE_FUNCTIONS` says. `make test` builds all of them first. With
//! `AWS_ENDPOINT_URL` set, servers keep everything on that AWS (an emulator: see `tests/python/emulator.py`)
//! instead of in their data directories.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on stops and says why"
)]

mod aws;
mod bridge;
mod bus;
mod cds;
mod cds_world;
mod clients;
mod deployment;
mod emulators;
mod gate_world;
mod gateway;
mod hooks;
mod lambda;
mod local_stack;
mod mock_hooks;
mod patience;
mod process;
mod rabbitmq;
mod receiver;
mod recorder;
mod reference;
mod repositories;
mod server;
mod signing;
mod site;
mod stack;
mod start;
mod stub;
pub mod table;
mod taskcluster;
mod wire;

pub use self::taskcluster::{Taskcluster, Trouble};
pub use aws::Aws;
pub use bridge::BridgeProcess;
pub use bus::EventBridge;
pub use cds::{Cds, CdsRun};
pub use cds_world::{CdsWorld, node_hook};
pub use clients::{
    ccx_client, curl, deploy_template, node, python, python_as, sam_local_routes, schemathesis,
    validate_openapi, verify_webhooks,
};
pub use deployment::{ACCESS_TOKEN, CLIENT_ID, Deployment};
pub use emulators::{InterfaceEmulator, Watch};
pub use gate_world::{CCX_TOKEN, GateWorld};
pub use gateway::{Delivery, Gateway};
pub use lambda::{LAMBDA_ENVIRONMENT, Lambda, Polling, queue_event, release_size};
pub use local_stack::LocalStack;
pub use mock_hooks::MockHooks;
pub use patience::until;
pub use process::Exit;
pub use rabbitmq::RabbitMq;
pub use receiver::{Habit, Received, Receiver};
pub use recorder::{Recorded, Recorder};
pub use reference::ReferenceHooks;
pub use repositories::{Asked, Repositories};
pub use server::{Server, Stopped};
pub use signing::Signer;
pub use site::program;
pub use start::Idle;
pub use stub::free_port;
pub use wire::{API, Answer, Caller, Reply, Request};

/// The hook that most tests create: any payload is accepted, the task is small and shows who fired it.
pub fn definition() -> serde_json::Value {
    serde_json::json!({
        "metadata": {"name": "n", "description": "d", "owner": "o@example.com"},
        "task": {"provisionerId": "p", "workerType": "w", "payload": {"by": "${firedBy}"}},
        "triggerSchema": {"type": "object"},
    })
}
