//! A server that is killed in the middle of its work, again and again: what was acknowledged is there; what was in flight is
//! there whole or not at all, and done once when it is asked for again.

mod client;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use treble_tests::{Request, Server, Stopped};

use client::Client;

const KILLS: usize = 20;

/// How many hooks there are, and clients: each has one to itself, so that it knows what there must be.
const CLIENTS: usize = 9;

/// Over how many groups they are spread: few, so that groups are counted by many, and so small that some are emptied.
const GROUPS: usize = 3;

/// Pseudo-random numbers (SplitMix64): the same ones each time.
struct Random(u64);

impl Random {
    /// One of the numbers below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

#[tokio::test]
async fn kills_lose_nothing_and_leave_nothing_half_done() {
    let mut server = Server::start().await;
    if server.is_on_aws() {
        // There the data is not the process's to damage.
        return;
    }
    let mut random = Random(7);
    let mut clients: Vec<Client> = (0..CLIENTS)
        .map(|number| Client::new(&format!("group-{}", number % GROUPS), &format!("hooks/{number}")))
        .collect();
    for _ in 0..KILLS {
        let stopped = work_until_killed(server, &mut clients, &mut random).await;
        tables::assert_consistent(stopped.data(), &clients);
        server = stopped.start();
        for client in &mut clients {
            client.find(&server).await;
        }
        assert_listed(&server, &clients).await;
        for client in &mut clients {
            client.repeat(&server, &mut random).await;
        }
        assert_listed(&server, &clients).await;
        assert_tasks(&server, &clients).await;
    }
    tables::assert_consistent(server.interrupt().data(), &clients);
}

/// Keeps all clients at work until some number of requests is acknowledged; then kills the server.
async fn work_until_killed(server: Server, clients: &mut [Client], random: &mut Random) -> Stopped {
    let mut working = JoinSet::new();
    for (number, client) in clients.iter_mut().enumerate() {
        working.spawn(tagged(number, client.begin(random).attempt(&server)));
    }
    for _ in 0..10 + random.below(40) {
        let (number, reply) = working.join_next().await.unwrap().unwrap();
        let client = &mut clients[number];
        client.acknowledged(&reply.unwrap());
        working.spawn(tagged(number, client.begin(random).attempt(&server)));
    }
    let stopped = server.kill();
    while let Some(done) = working.join_next().await {
        let (number, reply) = done.unwrap();
        // An answer that was on its way counts.
        if let Ok(reply) = reply {
            clients[number].acknowledged(&reply);
        }
    }
    stopped
}

async fn tagged<T>(number: usize, sending: impl Future<Output = T>) -> (usize, T) {
    (number, sending.await)
}

/// The groups and their hooks are listed as the clients know them.
async fn assert_listed(server: &Server, clients: &[Client]) {
    let mut expected: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for client in clients.iter().filter(|client| client.has_hook()) {
        expected.entry(&client.group).or_default().insert(&client.id);
    }
    let groups = Request::to("GET /hooks").send(server).await.ok();
    assert_eq!(groups["groups"], json!(expected.keys().collect::<Vec<_>>()));
    for (group, ids) in expected {
        let hooks = Request::to(&format!("GET /hooks/{group}")).send(server).await.ok();
        let listed: Vec<&Value> =
            hooks["hooks"].as_array().unwrap().iter().map(|hook| &hook["hookId"]).collect();
        assert_eq!(json!(listed), json!(ids), "{group}");
    }
}

/// The journal has the task of each firing, once, and no other.
async fn assert_tasks(server: &Server, clients: &[Client]) {
    let tasks = server.tasks().await;
    let mut firings: BTreeMap<&str, (&Client, &Value)> = BTreeMap::new();
    for client in clients {
        firings.extend(client.firings.iter().map(|(task_id, payload)| (&**task_id, (client, payload))));
    }
    assert_eq!(tasks.len(), firings.len());
    for task in &tasks {
        let task_id = task["taskId"].as_str().unwrap();
        let (client, payload) = firings.remove(task_id).unwrap_or_else(|| panic!("{task_id} once more"));
        assert_eq!((&task["hookGroupId"], &task["hookId"]), (&json!(client.group), &json!(client.id)));
        assert!(task["task"]["payload"] == *payload, "{task_id} has another payload");
    }
}
