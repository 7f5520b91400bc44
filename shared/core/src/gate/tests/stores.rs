//! The ports, over what is in memory.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::ports::{
    Correlation, CorrelationStore, DeliveryFilter, DeliveryStore, DueLane, DueLanes, IntegratorStore,
    LaneState, LaneStore, LaterWakes, Taken, Wake, WakeQueue,
};
use super::super::{Attempt, Delivery, DeliveryId, DeliveryStatus, Event, Integrator, IntegratorName};
use super::world::{World, due_in, queue_failed, store_failed};
use crate::notice::Notice;
use crate::ports::{MAX_DELAY, MailError, Mailer, Page, PageRequest, QueueError, StoreError};

#[async_trait]
impl IntegratorStore for World {
    async fn get(&self, name: &IntegratorName) -> Result<Option<Integrator>, StoreError> {
        self.call(|state| state.integrators.get(name).cloned()).await.ok_or_else(store_failed)
    }

    async fn list(&self, _: &PageRequest) -> Result<Page<Integrator>, StoreError> {
        unreachable!()
    }

    async fn wanting(&self, event: Event) -> Result<Vec<Integrator>, StoreError> {
        let wanting = |integrator: &&Integrator| integrator.events.contains(&event);
        let found = self.call(|state| state.integrators.values().filter(wanting).cloned().collect());
        found.await.ok_or_else(store_failed)
    }

    async fn put(&self, _: Option<&Integrator>, _: &Integrator) -> Result<bool, StoreError> {
        unreachable!()
    }

    async fn delete(&self, _: &Integrator) -> Result<bool, StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl CorrelationStore for World {
    async fn put(&self, correlation: &Correlation) -> Result<(), StoreError> {
        let put = self.call(|state| {
            state.correlations.insert(correlation.work_id.clone(), correlation.clone());
        });
        put.await.ok_or_else(store_failed)
    }

    async fn get(&self, work_id: &str) -> Result<Option<Correlation>, StoreError> {
        self.call(|state| state.correlations.get(work_id).cloned()).await.ok_or_else(store_failed)
    }
}

#[async_trait]
impl DeliveryStore for World {
    async fn add(&self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        let most = self.state().most.unwrap_or(usize::MAX);
        if deliveries.iter().any(|delivery| delivery.body.to_string().len() > most) {
            return Err(StoreError::TooLarge { what: "a delivery".into() });
        }
        let add = self.call(|state| {
            for delivery in deliveries {
                let key = (delivery.integrator.clone(), delivery.id.clone());
                state.deliveries.entry(key).or_insert_with(|| delivery.clone());
            }
        });
        add.await.ok_or_else(store_failed)
    }

    async fn get(&self, _: &IntegratorName, _: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        unreachable!()
    }

    async fn list(
        &self,
        _: &IntegratorName,
        _: DeliveryFilter,
        _: &PageRequest,
    ) -> Result<Page<Delivery>, StoreError> {
        unreachable!()
    }

    async fn attempts(&self, _: &DeliveryId) -> Result<Vec<Attempt>, StoreError> {
        unreachable!()
    }

    async fn waiting(&self, integrator: &IntegratorName, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        let found = self.call(|state| {
            let own = state.own(integrator);
            own.filter(|delivery| delivery.status == DeliveryStatus::Waiting).take(limit).cloned().collect()
        });
        found.await.ok_or_else(store_failed)
    }

    async fn attempted(&self, delivery: &Delivery, attempt: Option<&Attempt>) -> Result<(), StoreError> {
        let attempted = self.call(|state| {
            state.attempts.entry(delivery.id.clone()).or_default().extend(attempt.cloned());
            let stored =
                state.deliveries.get_mut(&(delivery.integrator.clone(), delivery.id.clone())).unwrap();
            assert_eq!(stored.status, DeliveryStatus::Waiting, "nobody else is at it");
            *stored = delivery.clone();
        });
        attempted.await.ok_or_else(store_failed)
    }

    async fn revive(&self, _: &Delivery, _: Timestamp) -> Result<bool, StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl LaneStore for World {
    async fn take(
        &self,
        integrator: &IntegratorName,
        token: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Taken, StoreError> {
        let take = self.call(|state| {
            let lane = state.lanes.entry(integrator.clone()).or_default();
            match &mut lane.lease {
                Some((_, ends, came)) if *ends > now => {
                    *came = true;
                    return Taken::Busy;
                }
                _ => {}
            }
            if let Some(next) = lane.state.next_attempt.filter(|next| *next > now) {
                return Taken::NotBefore(next);
            }
            lane.lease = Some((token.to_owned(), until, false));
            Taken::Yes(lane.state.clone())
        });
        take.await.ok_or_else(store_failed)
    }

    async fn keep(
        &self,
        integrator: &IntegratorName,
        token: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let keep = self.call(|state| match &mut state.lanes.get_mut(integrator).unwrap().lease {
            Some((holder, ends, _)) if holder == token => {
                *ends = until;
                true
            }
            _ => false,
        });
        keep.await.ok_or_else(store_failed)
    }

    async fn leave(
        &self,
        integrator: &IntegratorName,
        token: &str,
        lane_state: &LaneState,
    ) -> Result<bool, StoreError> {
        let leave = self.call(|state| {
            let lane = state.lanes.get_mut(integrator).unwrap();
            match &mut lane.lease {
                Some((holder, _, came)) if holder == token => {
                    if std::mem::take(came) {
                        return false;
                    }
                    lane.lease = None;
                    lane.state = lane_state.clone();
                    true
                }
                _ => true,
            }
        });
        leave.await.ok_or_else(store_failed)
    }

    async fn get(&self, _: &IntegratorName) -> Result<LaneState, StoreError> {
        unreachable!()
    }

    async fn reset(&self, _: &IntegratorName) -> Result<(), StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl WakeQueue for World {
    async fn send(&self, wakes: &[Wake]) -> Vec<Result<(), QueueError>> {
        let mut sent = Vec::new();
        for Wake { integrator, delay } in wakes {
            assert!(*delay <= MAX_DELAY && delay.subsec_nanos() == 0, "{delay:?}");
            let message = (due_in(*delay), integrator.clone());
            sent.push(self.call(|state| state.messages.push(message)).await.ok_or_else(queue_failed));
        }
        sent
    }
}

#[async_trait]
impl LaterWakes for World {
    async fn wake_at(&self, integrator: &IntegratorName, at: Timestamp) -> Result<(), StoreError> {
        let keep = self.call(|state| state.due.insert(integrator.clone(), at));
        keep.await.map(drop).ok_or_else(store_failed)
    }
}

#[async_trait]
impl DueLanes for World {
    async fn due(&self, before: Timestamp, limit: usize) -> Result<Vec<DueLane>, StoreError> {
        let due = self.call(|state| {
            let lanes = state.due.iter().filter(|(_, at)| **at < before);
            let mut lanes: Vec<DueLane> =
                lanes.map(|(integrator, at)| DueLane { integrator: integrator.clone(), at: *at }).collect();
            lanes.sort_by_key(|lane| lane.at);
            lanes.truncate(limit);
            lanes
        });
        due.await.ok_or_else(store_failed)
    }

    async fn clear(&self, lanes: &[DueLane]) -> Result<(), StoreError> {
        let clear = self.call(|state| {
            for DueLane { integrator, at } in lanes {
                if state.due.get(integrator) == Some(at) {
                    state.due.remove(integrator);
                }
            }
        });
        clear.await.ok_or_else(store_failed)
    }
}

#[async_trait]
impl Mailer for World {
    async fn send(&self, notice: &Notice) -> Result<(), MailError> {
        let sent = self.call(|state| state.mails.push(notice.clone())).await;
        sent.ok_or_else(|| MailError::Unavailable("it is away".into()))
    }
}
