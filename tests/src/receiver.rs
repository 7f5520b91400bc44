//! An integrator's server: it keeps what it is asked and told, and behaves as it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::stub::{Answer, Door, Incoming};

/// A running server, which is over with the test. Below each of its paths is another integrator: see [`Receiver::url_of`].
pub struct Receiver {
    door: Mutex<Door>,
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    received: Mutex<Vec<Received>>,
    /// What befalls the next requests at a path.
    next: Mutex<BTreeMap<String, VecDeque<Habit>>>,
    /// What befalls all others at a path.
    habits: Mutex<BTreeMap<String, Habit>>,
}

/// How it answers.
#[derive(Debug, Clone)]
pub enum Habit {
    /// As it does by itself: what may be refused is approved, with a `work_id` that the cluster's id is part of.
    Well,
    /// With 200 and this text.
    Says(String),
    /// With this status.
    Status(u16),
    /// With this status, and when to come again.
    RetryAfter(u16, String),
    /// Not at all: the connection ends.
    Lost,
    /// After so long, well.
    Slow(Duration),
}

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Received {
    /// The path of the integrator, without slashes.
    pub path: String,
    /// What it was asked or told: the last segment of the URL.
    pub event: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub text: String,
    /// The same, read.
    pub body: Value,
    /// What was answered; 0 where nothing was.
    pub status: u16,
    /// When.
    pub at: Timestamp,
}

impl Received {
    /// A header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| &**value).unwrap_or_default()
    }

    /// Its `webhook-id`.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }
}

impl Receiver {
    /// One that answers well.
    pub fn start() -> Receiver {
        let state = Arc::new(State::default());
        let answering = state.clone();
        let door = Door::open(move |request| answering.answer(request));
        Receiver { port: door.port(), door: Mutex::new(door), state }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where the integrator at a path of it is.
    pub fn url_of(&self, path: &str) -> String {
        format!("{}/{path}", self.url())
    }

    /// From now on, the integrator at a path does so.
    pub fn behaves(&self, path: &str, habit: Habit) {
        self.state.habits.lock().unwrap().insert(path.to_owned(), habit);
    }

    /// It does so for the next requests, one after the other.
    pub fn next(&self, path: &str, habits: impl IntoIterator<Item = Habit>) {
        self.state.next.lock().unwrap().entry(path.to_owned()).or_default().extend(habits);
    }

    /// All that came in, in its order.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// What came in at a path for an event.
    pub fn received_at(&self, path: &str, event: &str) -> Vec<Received> {
        let mut received = self.received();
        received.retain(|received| received.path == path && received.event == event);
        received
    }

    /// What the integrator at a path has taken, answering with 200 to 299.
    pub fn taken(&self, path: &str) -> Vec<Received> {
        let mut received = self.received();
        received.retain(|received| received.path == path && (200..300).contains(&received.status));
        received
    }

    /// Refuses connections from now on.
    pub fn go_down(&self) {
        self.door.lock().unwrap().close();
    }

    /// Is there again.
    pub fn come_back(&self) {
        self.door.lock().unwrap().reopen();
    }
}

impl State {
    fn answer(&self, request: &Incoming) -> Answer {
        let (path, event) =
            request.resource.trim_start_matches('/').rsplit_once('/').unwrap_or(("", &request.resource[1..]));
        let text = String::from_utf8(request.body.clone()).unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        let next = self.next.lock().unwrap().get_mut(path).and_then(VecDeque::pop_front);
        let habit = next.or_else(|| self.habits.lock().unwrap().get(path).cloned()).unwrap_or(Habit::Well);
        let answer = habit.answer(event, &body);
        self.received.lock().unwrap().push(Received {
            path: path.to_owned(),
            event: event.to_owned(),
            headers: request.headers.clone(),
            text,
            body,
            status: answer.status,
            at: Timestamp::now(),
        });
        if let Habit::Slow(time) = habit {
            sleep(time);
        }
        answer
    }
}

impl Habit {
    fn answer(&self, event: &str, body: &Value) -> Answer {
        match self {
            Self::Well | Self::Slow(_) => Answer::json(200, well(event, body)),
            Self::Says(text) => Answer::json(200, text),
            Self::Status(status) => Answer::json(*status, json!({"trouble": status})),
            Self::RetryAfter(status, when) => {
                let mut answer = Answer::json(*status, json!({}));
                answer.headers.push(("retry-after".to_owned(), when.clone()));
                answer
            }
            Self::Lost => Answer::json(Answer::NONE, json!({})),
        }
    }
}

fn well(event: &str, body: &Value) -> Value {
    let work_id = format!("own-{}", body["cluster_id"].as_str().unwrap_or_default());
    match event {
        "pre-remove-node" | "pre-delete-cluster" => json!({ "work_id": work_id }),
        "pre-create-cluster" => json!({
            "approved": true, "work_id": work_id, "user_id": "u1", "project_id": "p1", "organisation_id": "o1",
        }),
        event if event.starts_with("pre-") => json!({ "approved": true, "work_id": work_id }),
        _ => json!({}),
    }
}
