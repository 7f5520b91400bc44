//! Repositories that are polled: by the poller over HTTP and an embedded database, and as a function on an emulated AWS.

pub(crate) mod function;
mod providers;
mod troubles;
mod world;

use serde_json::{Value, json};

/// A push, as GitHub lists it.
fn push(id: u64, created: &str) -> Value {
    json!({
        "id": id.to_string(), "type": "PushEvent", "created_at": created,
        "actor": {"login": "octocat"}, "repo": {"name": "octo/hello"},
        "payload": {"ref": "refs/heads/main", "head": "aa", "before": "bb"},
    })
}
