//! Hooks that fire, and what came of it.

use serde_json::{Value, json};

use crate::{Request, Server, definition};

impl Server {
    /// Creates the hook that most tests create, with this schedule.
    pub async fn schedule(&self, hook: &str, schedule: &[&str]) {
        let mut definition = definition();
        definition["schedule"] = json!(schedule);
        Request::to(&format!("PUT /hooks/{hook}")).json(&definition).send(self).await.ok();
    }

    /// The hook's last firings, newest first; none where it has none, or isn't there.
    pub async fn last_fires(&self, hook: &str) -> Vec<Value> {
        let reply = Request::to(&format!("GET /hooks/{hook}/last-fires")).send(self).await;
        if reply.status == 404 { Vec::new() } else { reply.ok()["lastFires"].as_array().unwrap().clone() }
    }
}
