//! A client that has one hook to itself, and what it knows of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use treble_core::slugid::SlugId;
use treble_tests::{Reply, Request, Server};

use super::Random;

pub(super) struct Client {
    pub(super) group: String,
    pub(super) id: String,
    /// What was acknowledged.
    known: State,
    /// What was asked for and not answered.
    in_flight: Option<Step>,
    /// The taskIds and payloads of all firings that were asked for, of this hook and of those before it.
    pub(super) firings: BTreeMap<String, Value>,
}

/// What a hook is, as far as its client can tell.
#[derive(Debug, Clone, Default, PartialEq)]
struct State {
    definition: Option<Value>,
    /// None, if it wasn't asked for yet.
    token: Option<String>,
    fired: BTreeSet<String>,
}

/// What a client asks for.
#[derive(Debug, Clone)]
enum Step {
    Create(Value),
    Update(Value),
    Remove,
    GetToken,
    ResetToken,
    /// With this taskId; and with a token, where there is one, instead of credentials.
    Trigger(String, Option<String>),
}

impl State {
    /// What it is once a step is done.
    fn after(&self, step: &Step) -> State {
        let mut state = self.clone();
        match step {
            Step::Create(definition) | Step::Update(definition) => {
                state.definition = Some(definition.clone())
            }
            Step::Remove => state = State::default(),
            Step::GetToken => {}
            Step::ResetToken => state.token = None,
            Step::Trigger(task_id, _) => drop(state.fired.insert(task_id.clone())),
        }
        state
    }

    /// Whether this is what was found, where everything is known.
    fn is(&self, found: &State) -> bool {
        let known = State { token: self.token.clone().or_else(|| found.token.clone()), ..self.clone() };
        known == *found
    }
}

impl Client {
    /// A client of a hook that isn't there yet.
    pub(super) fn new(group: &str, id: &str) -> Client {
        let (group, id) = (group.to_owned(), id.to_owned());
        Client { group, id, known: State::default(), in_flight: None, firings: BTreeMap::new() }
    }

    /// Whether its hook exists.
    pub(super) fn has_hook(&self) -> bool {
        self.known.definition.is_some()
    }

    /// The hook that it may have, if any: two, where what was in flight changes it.
    pub(super) fn definitions(&self) -> Vec<Option<Value>> {
        self.possible().into_iter().map(|state| state.definition).collect()
    }

    /// The firing that may have been done, or half done.
    pub(super) fn firing_in_flight(&self) -> Option<&str> {
        match &self.in_flight {
            Some(Step::Trigger(task_id, _)) => Some(task_id),
            _ => None,
        }
    }

    fn possible(&self) -> Vec<State> {
        let after = self.in_flight.as_ref().map(|step| self.known.after(step));
        [self.known.clone()].into_iter().chain(after).collect()
    }

    /// Decides what to do next.
    pub(super) fn begin(&mut self, random: &mut Random) -> Request {
        let step = match random.below(20) {
            _ if !self.has_hook() => Step::Create(self.definition(random)),
            0..6 => Step::Update(self.definition(random)),
            6..8 => Step::Remove,
            8 => Step::ResetToken,
            _ if self.known.token.is_none() => Step::GetToken,
            9..14 => self.trigger(None, random),
            _ => self.trigger(self.known.token.clone(), random),
        };
        let request = self.request(&step);
        self.in_flight = Some(step);
        request
    }

    /// A definition unlike others, in all that is stored apart from it: bindings, and when it is due.
    fn definition(&self, random: &mut Random) -> Value {
        let bindings: BTreeSet<(usize, usize)> =
            (0..random.below(6)).map(|_| (random.below(3), random.below(4))).collect();
        let binding = |(exchange, pattern): (usize, usize)| -> Value {
            let (exchange, pattern) = (format!("exchange/{exchange}"), format!("{pattern}.#"));
            json!({"exchange": exchange, "routingKeyPattern": pattern})
        };
        let schedules = [json!([]), json!(["0 0 * * *"]), json!(["0 30 4 * * *", "0 0 1 1 *"])];
        json!({
            "hookGroupId": self.group,
            "hookId": self.id,
            "metadata": {"name": "n", "description": "d", "owner": "o@example.com", "emailOnError": true},
            "bindings": bindings.into_iter().map(binding).collect::<Vec<_>>(),
            "schedule": schedules[random.below(schedules.len())],
            "task": {
                "number": random.below(usize::MAX).to_string(),
                "provisionerId": "p",
                "workerType": "w",
                "payload": {"$eval": "payload"},
            },
            "triggerSchema": {"type": "object"},
        })
    }

    /// A trigger with a new taskId. Some have a line in the journal that takes long to write.
    fn trigger(&mut self, token: Option<String>, random: &mut Random) -> Step {
        let task_id =
            SlugId::from_bytes(std::array::from_fn(|_| random.below(256).to_le_bytes()[0])).to_string();
        let len = if random.below(4) == 0 { 20_000 } else { 20 };
        self.firings.insert(task_id.clone(), json!({"taskId": task_id, "text": "x".repeat(len)}));
        Step::Trigger(task_id, token)
    }

    fn to(&self, method: &str, below: &str) -> Request {
        let (group, id) = (&self.group, self.id.replace('/', "%2F"));
        Request::to(&format!("{method} /hooks/{group}/{id}{below}"))
    }

    fn request(&self, step: &Step) -> Request {
        match step {
            Step::Create(definition) => self.to("PUT", "").json(definition),
            Step::Update(definition) => self.to("POST", "").json(definition),
            Step::Remove => self.to("DELETE", ""),
            Step::GetToken => self.to("GET", "/token"),
            Step::ResetToken => self.to("POST", "/token"),
            Step::Trigger(task_id, None) => self.to("POST", "/trigger").json(&self.firings[task_id]),
            Step::Trigger(task_id, Some(token)) => {
                self.to("POST", &format!("/trigger/{token}")).json(&self.firings[task_id]).anonymously()
            }
        }
    }

    /// Takes the answer to what was asked for.
    pub(super) fn acknowledged(&mut self, reply: &Reply) {
        let reply = reply.ok();
        let step = self.in_flight.take().unwrap();
        let after = self.known.after(&step);
        let before = std::mem::replace(&mut self.known, after);
        match &step {
            Step::GetToken | Step::ResetToken => {
                let token = Some(reply["token"].as_str().unwrap().to_owned());
                assert!(matches!(step, Step::GetToken) || token != before.token, "the token is the old one");
                self.known.token = token;
            }
            Step::Trigger(task_id, _) => assert_eq!(reply["taskId"], **task_id),
            Step::Create(_) | Step::Update(_) | Step::Remove => {}
        }
    }

    /// Finds out what its hook is after a crash: what it was, or that with all of what was in flight.
    pub(super) async fn find(&mut self, server: &Server) {
        let found = self.look(server).await;
        let possible = self.possible();
        assert!(possible.iter().any(|state| state.is(&found)), "{found:#?} is none of {possible:#?}");
        self.known = found;
    }

    async fn look(&self, server: &Server) -> State {
        let reply = self.to("GET", "").send(server).await;
        if reply.status == 404 {
            for below in ["/status", "/token", "/last-fires"] {
                assert_eq!(self.to("GET", below).send(server).await.status, 404, "{below}");
            }
            return State::default();
        }
        let definition = reply.ok();
        let token = self.to("GET", "/token").send(server).await.ok()["token"].as_str().unwrap().to_owned();
        let status = self.to("GET", "/status").send(server).await.ok();
        let is_scheduled = definition["schedule"] != json!([]);
        assert_eq!(status.get("nextScheduledDate").is_some(), is_scheduled, "{status}");
        let fires = self.to("GET", "/last-fires").send(server).await;
        let fires = if fires.status == 404 { json!([]) } else { fires.ok()["lastFires"].clone() };
        let fires = fires.as_array().unwrap();
        let last = &status["lastFire"]["taskId"];
        assert_eq!(fires.first().map_or(&Value::Null, |fire| &fire["taskId"]), last);
        assert!(fires.iter().all(|fire| fire["result"] == "success"), "{fires:#?}");
        let fired: BTreeSet<String> =
            fires.iter().map(|fire| fire["taskId"].as_str().unwrap().to_owned()).collect();
        assert_eq!(fired.len(), fires.len(), "{fires:#?}");
        State { definition: Some(definition), token: Some(token), fired }
    }

    /// Asks once more for what was in flight; then it is done, and done once. The hook may have changed meanwhile.
    pub(super) async fn repeat(&mut self, server: &Server, random: &mut Random) {
        let Some(step) = self.in_flight.take() else { return };
        if matches!(step, Step::Trigger(..)) && random.below(2) == 0 {
            self.take(Step::Update(self.definition(random)), server).await;
        }
        self.take(step, server).await;
        let found = self.look(server).await;
        assert!(self.known.is(&found), "{found:#?} is not {:#?}", self.known);
    }

    async fn take(&mut self, step: Step, server: &Server) {
        let reply = self.request(&step).send(server).await;
        self.in_flight = Some(step);
        self.acknowledged(&reply);
    }
}
