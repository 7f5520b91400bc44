//! What stands in for what a function doesn't use: it answers nothing, and says that it should have been given.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use treble_api::auth::{AuthError, Authenticator, Caller, SignedRequest};
use treble_core::cds::poll::{Repository, RepositoryName, RepositoryStore};
use treble_core::cds::{Counts, Execution, ExecutionStore, ServiceState, ServiceStateStore};
use treble_core::firing::{FireRecord, Firing};
use treble_core::hook::{Binding, HookName, StoredHook};
use treble_core::ports::{
    BindingLedger, Claim, ClientCredentials, CreateOutcome, CreatedTask, Credentials, DelayedFiring,
    FireStore, FiringQueue, HealthStore, HookStore, MadeBinding, NewTask, Page, PageRequest, QueueError,
    Sink, SinkError, StoreError,
};
use treble_core::scope::Roles;
use treble_core::streak::Health;

/// A part that the function was not given, by its name.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("this function was given no {0}: its binary must say that it uses it")]
pub(crate) struct Absent(pub(crate) &'static str);

impl Absent {
    fn store(self) -> StoreError {
        StoreError::Unavailable { operation: format!("use the {}", self.0), source: self.into() }
    }

    fn sink(self) -> SinkError {
        SinkError::Unavailable {
            reason: "there is none".into(),
            status: None,
            body: None,
            source: Some(self.into()),
        }
    }
}

#[async_trait]
impl BindingLedger for Absent {
    async fn made(&self) -> Result<Vec<MadeBinding>, StoreError> {
        Err(self.store())
    }

    async fn find(&self, _: &Binding) -> Result<Option<MadeBinding>, StoreError> {
        Err(self.store())
    }

    async fn note(&self, _: &MadeBinding) -> Result<(), StoreError> {
        Err(self.store())
    }

    async fn forget(&self, _: &Binding) -> Result<(), StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl HookStore for Absent {
    async fn get(&self, _: &HookName) -> Result<Option<StoredHook>, StoreError> {
        Err(self.store())
    }

    async fn create(&self, _: &StoredHook) -> Result<CreateOutcome, StoreError> {
        Err(self.store())
    }

    async fn replace(&self, _: &StoredHook, _: &StoredHook) -> Result<bool, StoreError> {
        Err(self.store())
    }

    async fn remove(&self, _: &StoredHook) -> Result<bool, StoreError> {
        Err(self.store())
    }

    async fn set_token_generation(&self, _: &StoredHook, _: u64) -> Result<bool, StoreError> {
        Err(self.store())
    }

    async fn groups(&self, _: &PageRequest) -> Result<Page<String>, StoreError> {
        Err(self.store())
    }

    async fn list(&self, _: &str, _: &PageRequest) -> Result<Page<StoredHook>, StoreError> {
        Err(self.store())
    }

    async fn check(&self) -> Result<(), StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl HealthStore for Absent {
    async fn set_health(&self, _: &StoredHook, _: &Health) -> Result<bool, StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl FireStore for Absent {
    async fn claim(&self, _: &StoredHook, _: &Firing) -> Result<Claim, StoreError> {
        Err(self.store())
    }

    async fn record(&self, _: &FireRecord) -> Result<bool, StoreError> {
        Err(self.store())
    }

    async fn list(&self, _: &StoredHook, _: &PageRequest) -> Result<Page<FireRecord>, StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl ServiceStateStore for Absent {
    async fn read(&self) -> Result<ServiceState, StoreError> {
        Err(self.store())
    }

    async fn set_registration(&self, _: Timestamp, _: Result<&str, &str>) -> Result<(), StoreError> {
        Err(self.store())
    }

    async fn set_maintenance(&self, _: Option<Timestamp>) -> Result<(), StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl ExecutionStore for Absent {
    async fn create(&self, _: &Execution) -> Result<bool, StoreError> {
        Err(self.store())
    }

    async fn get(&self, _: &HookName, _: Timestamp) -> Result<Option<Execution>, StoreError> {
        Err(self.store())
    }

    async fn update(&self, _: &Execution, _: &Execution) -> Result<bool, StoreError> {
        Err(self.store())
    }

    async fn list(&self, _: &HookName, _: &PageRequest) -> Result<Page<Execution>, StoreError> {
        Err(self.store())
    }

    async fn counts(&self, _: &HookName) -> Result<Counts, StoreError> {
        Err(self.store())
    }

    async fn all_counts(&self, _: &PageRequest) -> Result<Page<(String, Counts)>, StoreError> {
        Err(self.store())
    }

    async fn trim(&self, _: &HookName, _: usize) -> Result<usize, StoreError> {
        Err(self.store())
    }

    async fn remove_all(&self, _: &HookName) -> Result<(), StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl RepositoryStore for Absent {
    async fn watch(&self, _: &RepositoryName, _: Timestamp) -> Result<(), StoreError> {
        Err(self.store())
    }

    async fn get(&self, _: &RepositoryName) -> Result<Option<Repository>, StoreError> {
        Err(self.store())
    }

    async fn list(&self, _: &PageRequest) -> Result<Page<Repository>, StoreError> {
        Err(self.store())
    }

    async fn save(&self, _: &Repository, _: &Repository) -> Result<bool, StoreError> {
        Err(self.store())
    }

    async fn forget(&self, _: &Repository) -> Result<bool, StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl FiringQueue for Absent {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        let refused =
            || QueueError::Unavailable { reason: "there is none".into(), source: Some((*self).into()) };
        firings.iter().map(|_| Err(refused())).collect()
    }
}

#[async_trait]
impl Credentials for Absent {
    async fn client(&self, _: &str) -> Result<Option<ClientCredentials>, StoreError> {
        Err(self.store())
    }

    async fn roles(&self) -> Result<Arc<Roles>, StoreError> {
        Err(self.store())
    }
}

#[async_trait]
impl Sink for Absent {
    async fn create_task(&self, _: NewTask<'_>) -> Result<CreatedTask, SinkError> {
        Err(self.sink())
    }

    async fn check(&self) -> Result<(), SinkError> {
        Err(self.sink())
    }
}

#[async_trait]
impl Authenticator for Absent {
    async fn authenticate(&self, _: &SignedRequest<'_>, _: Timestamp) -> Result<Caller, AuthError> {
        Err(AuthError::unavailable("nobody tells who calls", Some((*self).into())))
    }
}
