//! What a workflow gets, while it is put together.

use std::collections::BTreeMap;

use serde_json::Value;

use super::flatten::{MAX_VALUES, Texts, TooLarge, flatten};
use super::{Cause, Config, InvalidConfig, Payload, PayloadError};

/// Who made the workflow run.
pub(super) const USERNAME: &str = "cds.triggered_by.username";
/// Their name.
pub(super) const FULLNAME: &str = "cds.triggered_by.fullname";
/// Their mail address.
pub(super) const EMAIL: &str = "cds.triggered_by.email";
/// All that came, as text.
pub(super) const PAYLOAD: &str = "payload";

/// Where values of a document go: an entry's name, and a JSON Pointer. Of several for one name the first that leads to a
/// value counts.
pub(super) type Places = [(&'static str, &'static str)];

/// Texts by name.
#[derive(Debug, Default)]
pub(super) struct Entries(BTreeMap<String, String>);

impl Entries {
    /// Sets an entry, whatever it was.
    pub(super) fn set(&mut self, name: &str, text: impl Into<String>) {
        self.0.insert(name.to_owned(), text.into());
    }

    /// Sets an entry that is not there yet, if there is anything to set it to.
    pub(super) fn offer(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty() && !self.0.contains_key(name)) {
            self.set(name, text);
        }
    }

    /// What a document says; what it doesn't say is left out.
    pub(super) fn offer_all(&mut self, document: &Value, places: &Places) {
        for (name, place) in places {
            match document.pointer(place) {
                Some(Value::String(text)) => self.offer(name, Some(text)),
                Some(Value::Number(number)) => self.offer(name, Some(&number.to_string())),
                _ => {}
            }
        }
    }

    /// Takes an entry away, if it is there.
    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// An entry.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Adds a document's values, in place of entries of the same names.
    pub(super) fn flattened(&mut self, document: &Value, texts: Texts) -> Result<(), TooLarge> {
        self.0.extend(flatten(document, texts)?);
        Ok(())
    }

    /// Adds parameters as a query or a form has them; of several with one name the first counts, as in CDS.
    pub(super) fn parameters(&mut self, encoded: &[u8]) -> Result<(), TooLarge> {
        for (count, (name, value)) in form_urlencoded::parse(encoded).enumerate() {
            if count >= MAX_VALUES {
                return Err(TooLarge::Values);
            }
            if !name.is_empty() && !self.0.contains_key(&*name) {
                self.set(&name, value);
            }
        }
        Ok(())
    }

    /// Adds all that is configured but these, in place of entries of the same names, and never the secret.
    pub(super) fn config(&mut self, config: &Config, except: &[&str]) {
        let told = config.iter().filter(|(name, _)| *name != "secret" && !except.contains(name));
        self.0.extend(told.map(|(name, entry)| (name.to_owned(), entry.value.clone())));
    }

    /// Adds what others have and these don't.
    pub(super) fn or(mut self, others: Self) -> Self {
        for (name, text) in others.0 {
            self.0.entry(name).or_insert(text);
        }
        self
    }

    /// The workflow runs, with this.
    pub(super) fn run(self) -> Payload {
        Payload::Run(self.0)
    }
}

/// What is said of an execution whose configuration no task of its type can have.
pub(super) fn invalid(error: InvalidConfig) -> PayloadError {
    PayloadError(error.to_string())
}

/// What is said of an execution whose cause is none of its type.
pub(super) fn other_cause(kind: &str, wanted: &str, cause: &Cause) -> PayloadError {
    let found = match cause {
        Cause::Webhook(_) => "a request",
        Cause::ScheduledTask { .. } => "a moment on a schedule",
        Cause::Kafka { .. } => "a message of Kafka",
        Cause::RabbitMq { .. } => "a message of RabbitMQ",
        Cause::Repository { .. } => "an event of a repository",
    };
    PayloadError(format!("a {kind} task fires from {wanted}, and this is {found}"))
}
