//! The ports of gates, as a [`World`] implements them.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use treble_core::gate::ports::{
    Correlation, CorrelationStore, DeliveryFilter, DeliveryStore, GateReply, GateRequest, IntegratorClient,
    IntegratorStore, LaneState, LaneStore, Taken, Unanswered, Wake, WakeQueue,
};
use treble_core::gate::{Attempt, Delivery, DeliveryId, DeliveryStatus, Event, Integrator, IntegratorName};
use treble_core::ports::{Page, PageRequest, QueueError, StoreError};

use super::world::{Heard, World};

/// What a delivery may say, in bytes.
const MAX_BODY_BYTES: usize = 100_000;

/// A page of what there is, in the order of its keys.
fn page<T: Clone>(all: &BTreeMap<String, T>, wanted: impl Fn(&T) -> bool, asked: &PageRequest) -> Page<T> {
    let after = asked.continuation.clone().unwrap_or_default();
    let mut left = all.iter().filter(|(key, item)| **key > after && wanted(item)).peekable();
    let (mut items, mut last) = (Vec::new(), None);
    for (key, item) in left.by_ref().take(asked.limit.unwrap_or(usize::MAX)) {
        last = Some(key.clone());
        items.push(item.clone());
    }
    Page { items, continuation: last.filter(|_| left.peek().is_some()) }
}

impl World {
    fn answers(&self) -> Result<(), StoreError> {
        if self.store_is_down.load(Ordering::Relaxed) {
            let source = "secret-host refused the connection".into();
            return Err(StoreError::Unavailable { operation: "read integrators".into(), source });
        }
        Ok(())
    }

    /// Whether a write meets what another one has left.
    fn lost_race(&self) -> bool {
        self.lost_races.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

#[async_trait]
impl IntegratorStore for World {
    async fn get(&self, name: &IntegratorName) -> Result<Option<Integrator>, StoreError> {
        self.answers()?;
        Ok(self.integrators.lock().unwrap().get(name.as_str()).cloned())
    }

    async fn list(&self, asked: &PageRequest) -> Result<Page<Integrator>, StoreError> {
        self.answers()?;
        Ok(page(&self.integrators.lock().unwrap(), |_| true, asked))
    }

    async fn wanting(&self, event: Event) -> Result<Vec<Integrator>, StoreError> {
        self.answers()?;
        let integrators = self.integrators.lock().unwrap();
        Ok(integrators.values().filter(|integrator| integrator.events.contains(&event)).cloned().collect())
    }

    async fn put(&self, old: Option<&Integrator>, new: &Integrator) -> Result<bool, StoreError> {
        let mut integrators = self.integrators.lock().unwrap();
        if self.lost_race() || integrators.get(new.name.as_str()) != old {
            return Ok(false);
        }
        integrators.insert(new.name.to_string(), new.clone());
        Ok(true)
    }

    async fn delete(&self, old: &Integrator) -> Result<bool, StoreError> {
        let mut integrators = self.integrators.lock().unwrap();
        if self.lost_race() || integrators.get(old.name.as_str()) != Some(old) {
            return Ok(false);
        }
        Ok(integrators.remove(old.name.as_str()).is_some())
    }
}

#[async_trait]
impl CorrelationStore for World {
    async fn put(&self, correlation: &Correlation) -> Result<(), StoreError> {
        self.correlations.lock().unwrap().insert(correlation.work_id.clone(), correlation.clone());
        Ok(())
    }

    async fn get(&self, work_id: &str) -> Result<Option<Correlation>, StoreError> {
        Ok(self.correlations.lock().unwrap().get(work_id).cloned())
    }
}

#[async_trait]
impl DeliveryStore for World {
    async fn add(&self, new: &[Delivery]) -> Result<(), StoreError> {
        let mut deliveries = self.deliveries.lock().unwrap();
        if new.iter().any(|delivery| delivery.body.to_string().len() > MAX_BODY_BYTES) {
            return Err(StoreError::TooLarge { what: "a delivery".into() });
        }
        for delivery in new {
            let key = format!("{} {}", delivery.id, delivery.integrator);
            deliveries.entry(key).or_insert_with(|| delivery.clone());
        }
        Ok(())
    }

    async fn get(
        &self,
        integrator: &IntegratorName,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError> {
        Ok(self.deliveries.lock().unwrap().get(&format!("{id} {integrator}")).cloned())
    }

    async fn list(
        &self,
        integrator: &IntegratorName,
        filter: DeliveryFilter,
        asked: &PageRequest,
    ) -> Result<Page<Delivery>, StoreError> {
        let wanted = |delivery: &Delivery| {
            delivery.integrator == *integrator
                && filter.status.is_none_or(|status| delivery.status == status)
                && filter.since.is_none_or(|since| delivery.created >= since)
        };
        Ok(page(&self.deliveries.lock().unwrap(), wanted, asked))
    }

    async fn attempts(&self, id: &DeliveryId) -> Result<Vec<Attempt>, StoreError> {
        Ok(self.attempts.lock().unwrap().get(id).cloned().unwrap_or_default())
    }

    async fn waiting(&self, _: &IntegratorName, _: usize) -> Result<Vec<Delivery>, StoreError> {
        unreachable!("the API delivers nothing")
    }

    async fn attempted(&self, _: &Delivery, _: Option<&Attempt>) -> Result<(), StoreError> {
        unreachable!("the API delivers nothing")
    }

    async fn revive(&self, delivery: &Delivery, retry_until: Timestamp) -> Result<bool, StoreError> {
        let mut deliveries = self.deliveries.lock().unwrap();
        let Some(stored) = deliveries.get_mut(&format!("{} {}", delivery.id, delivery.integrator)) else {
            return Ok(false);
        };
        if stored.status == DeliveryStatus::Waiting {
            return Ok(false);
        }
        (stored.status, stored.retry_until) = (DeliveryStatus::Waiting, retry_until);
        Ok(true)
    }
}

#[async_trait]
impl LaneStore for World {
    async fn take(
        &self,
        _: &IntegratorName,
        _: &str,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Taken, StoreError> {
        unreachable!("the API works no lane")
    }

    async fn keep(&self, _: &IntegratorName, _: &str, _: Timestamp) -> Result<bool, StoreError> {
        unreachable!("the API works no lane")
    }

    async fn leave(&self, _: &IntegratorName, _: &str, _: &LaneState) -> Result<bool, StoreError> {
        unreachable!("the API works no lane")
    }

    async fn get(&self, integrator: &IntegratorName) -> Result<LaneState, StoreError> {
        Ok(self.lanes.lock().unwrap().get(integrator.as_str()).cloned().unwrap_or_default())
    }

    async fn reset(&self, integrator: &IntegratorName) -> Result<(), StoreError> {
        self.lanes.lock().unwrap().remove(integrator.as_str());
        Ok(())
    }
}

#[async_trait]
impl WakeQueue for World {
    async fn send(&self, wakes: &[Wake]) -> Vec<Result<(), QueueError>> {
        let is_down = self.queue_is_down.load(Ordering::Relaxed);
        let down = || QueueError::Unavailable { reason: "secret-host is away".into(), source: None };
        if !is_down {
            assert!(wakes.iter().all(|wake| wake.delay == Duration::ZERO));
            self.wakes.lock().unwrap().extend(wakes.iter().map(|wake| wake.integrator.to_string()));
        }
        wakes.iter().map(|_| if is_down { Err(down()) } else { Ok(()) }).collect()
    }
}

#[async_trait]
impl IntegratorClient for World {
    async fn post(&self, request: GateRequest<'_>) -> Result<GateReply, Unanswered> {
        let body: Value = serde_json::from_str(request.body).unwrap();
        let name = request.integrator.name.to_string();
        let heard = Heard { integrator: name.clone(), path: request.path.to_owned(), body };
        self.heard.lock().unwrap().push(heard);
        let answers = self.answers.lock().unwrap();
        let (status, body) = answers.get(&name).cloned().unwrap_or((200, json!({"approved": true})));
        match status {
            0 => Err(Unanswered { reason: "nobody answers there".into(), source: None }),
            // A defect of ours.
            1 => panic!("as the test asked for"),
            status => Ok(GateReply { status, retry_after: None, body: Some(body.to_string().into_bytes()) }),
        }
    }
}
