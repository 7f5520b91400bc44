//! What stands in for what a function of gates doesn't use.

use async_trait::async_trait;
use jiff::Timestamp;
use treble_core::gate::ports::{
    Correlation, CorrelationStore, DeliveryFilter, DeliveryStore, GateReply, GateRequest, IntegratorClient,
    LaneState, LaneStore, Taken, Unanswered, Wake, WakeQueue,
};
use treble_core::gate::{Attempt, Delivery, DeliveryId, IntegratorName};
use treble_core::ports::{Page, PageRequest, QueueError, StoreError};

use crate::absent::Absent;

#[async_trait]
impl CorrelationStore for Absent {
    async fn put(&self, _: &Correlation) -> Result<(), StoreError> {
        Err(self.store())
    }

    async fn get(&self, _: &str) -> Result<Option<Correlation>, StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl DeliveryStore for Absent {
    async fn add(&self, _: &[Delivery]) -> Result<(), StoreError> {
        Err(self.store())
    }

    async fn get(&self, _: &IntegratorName, _: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        Err(self.store())
    }

    async fn list(
        &self,
        _: &IntegratorName,
        _: DeliveryFilter,
        _: &PageRequest,
    ) -> Result<Page<Delivery>, StoreError> {
        Err(self.store())
    }

    async fn attempts(&self, _: &DeliveryId) -> Result<Vec<Attempt>, StoreError> {
        Err(self.store())
    }

    async fn waiting(&self, _: &IntegratorName, _: usize) -> Result<Vec<Delivery>, StoreError> {
        Err(self.store())
    }

    async fn attempted(&self, _: &Delivery, _: Option<&Attempt>) -> Result<(), StoreError> {
        Err(self.store())
    }

    async fn revive(&self, _: &Delivery, _: Timestamp) -> Result<bool, StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl LaneStore for Absent {
    async fn take(
        &self,
        _: &IntegratorName,
        _: &str,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Taken, StoreError> {
        Err(self.store())
    }

    async fn keep(&self, _: &IntegratorName, _: &str, _: Timestamp) -> Result<bool, StoreError> {
        Err(self.store())
    }

    async fn leave(&self, _: &IntegratorName, _: &str, _: &LaneState) -> Result<bool, StoreError> {
        Err(self.store())
    }

    async fn get(&self, _: &IntegratorName) -> Result<LaneState, StoreError> {
        Err(self.store())
    }

    async fn reset(&self, _: &IntegratorName) -> Result<(), StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl WakeQueue for Absent {
    async fn send(&self, wakes: &[Wake]) -> Vec<Result<(), QueueError>> {
        let refused =
            || QueueError::Unavailable { reason: "there is none".into(), source: Some((*self).into()) };
        wakes.iter().map(|_| Err(refused())).collect()
    }
}

#[async_trait]
impl IntegratorClient for Absent {
    async fn post(&self, _: GateRequest<'_>) -> Result<GateReply, Unanswered> {
        Err(Unanswered { reason: "nobody is called from here".into(), source: Some((*self).into()) })
    }
}
