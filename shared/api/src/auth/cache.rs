//! Clients and roles, remembered for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use treble_core::ports::{ClientCredentials, Credentials, StoreError};
use treble_core::scope::{Roles, ScopeSet};

use super::ANONYMOUS;

/// How long and how much is remembered.
#[derive(Debug, Clone, Copy)]
pub struct CacheLimits {
    /// How long a client or the roles may be out of date: a client that was disabled is accepted for so long.
    pub ttl: SignedDuration,
    /// How many clients are remembered.
    pub clients: usize,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self { ttl: SignedDuration::from_secs(30), clients: 1000 }
    }
}

/// A client with its scopes expanded.
#[derive(Debug)]
pub struct KnownClient {
    /// The client as it is kept.
    pub credentials: ClientCredentials,
    /// Its scopes together with [`ANONYMOUS`], expanded.
    pub expanded: Arc<ScopeSet>,
}

/// Remembers clients, roles, and the expansion of each client's scopes. A name that no client has is not remembered:
/// a new client works at once.
pub struct CachedCredentials {
    store: Arc<dyn Credentials>,
    limits: CacheLimits,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// How often everything was forgotten: what was read before the last time is not to be remembered after it.
    forgotten: u64,
    roles: Option<Fresh<KnownRoles>>,
    clients: HashMap<String, Fresh<RememberedClient>>,
}

#[derive(Clone)]
struct Fresh<T> {
    since: Timestamp,
    value: T,
}

/// The roles, and what everybody has by them.
#[derive(Clone)]
struct KnownRoles {
    roles: Arc<Roles>,
    anonymous: Arc<ScopeSet>,
}

#[derive(Clone)]
struct RememberedClient {
    client: Arc<KnownClient>,
    /// Those that the scopes were expanded by.
    roles: Arc<Roles>,
}

impl CachedCredentials {
    /// Remembers what the store answers.
    pub fn new(store: Arc<dyn Credentials>, limits: CacheLimits) -> Self {
        Self { store, limits, memory: Mutex::default() }
    }

    /// The roles.
    pub async fn roles(&self, now: Timestamp) -> Result<Arc<Roles>, StoreError> {
        Ok(self.known_roles(now).await?.roles)
    }

    /// The scopes of who doesn't sign, expanded.
    pub async fn anonymous(&self, now: Timestamp) -> Result<Arc<ScopeSet>, StoreError> {
        Ok(self.known_roles(now).await?.anonymous)
    }

    /// A client by its name; nothing if there is none.
    pub async fn client(&self, id: &str, now: Timestamp) -> Result<Option<Arc<KnownClient>>, StoreError> {
        let asked = self.memory().forgotten;
        let roles = self.known_roles(now).await?.roles;
        let remembered = self.memory().clients.get(id).filter(|c| self.is_fresh(c.since, now)).cloned();
        let (since, credentials) = match remembered {
            Some(Fresh { value, .. }) if Arc::ptr_eq(&value.roles, &roles) => return Ok(Some(value.client)),
            Some(Fresh { since, value }) => (since, value.client.credentials.clone()),
            None => match self.store.client(id).await? {
                Some(credentials) => (now, credentials),
                None => return Ok(None),
            },
        };
        let scopes = credentials.scopes.iter().map(String::as_str);
        let expanded = Arc::new(roles.expand(scopes.chain([ANONYMOUS])));
        let client = Arc::new(KnownClient { credentials, expanded });
        let value = RememberedClient { client: client.clone(), roles };
        self.remember(id, Fresh { since, value }, asked, now);
        Ok(Some(client))
    }

    /// Forgets everything: for who knows that something changed, and doesn't want to wait.
    pub fn forget(&self) {
        let mut memory = self.memory();
        *memory = Memory { forgotten: memory.forgotten + 1, ..Memory::default() };
    }

    async fn known_roles(&self, now: Timestamp) -> Result<KnownRoles, StoreError> {
        if let Some(known) = self.memory().roles.as_ref().filter(|r| self.is_fresh(r.since, now)) {
            return Ok(known.value.clone());
        }
        let asked = self.memory().forgotten;
        let roles = self.store.roles().await?;
        let anonymous = Arc::new(roles.expand([ANONYMOUS]));
        let value = KnownRoles { roles, anonymous };
        let mut memory = self.memory();
        if memory.forgotten == asked {
            memory.roles = Some(Fresh { since: now, value: value.clone() });
        }
        Ok(value)
    }

    fn remember(&self, id: &str, client: Fresh<RememberedClient>, asked: u64, now: Timestamp) {
        let mut memory = self.memory();
        if memory.forgotten != asked {
            return;
        }
        let clients = &mut memory.clients;
        if clients.len() >= self.limits.clients && !clients.contains_key(id) {
            clients.retain(|_, client| self.is_fresh(client.since, now));
        }
        if clients.len() >= self.limits.clients && !clients.contains_key(id) {
            // Rare enough for a look at each: more clients than room within one ttl.
            let oldest = clients.iter().min_by_key(|(_, client)| client.since).map(|(id, _)| id.clone());
            oldest.map(|id| clients.remove(&id));
        }
        if self.limits.clients > 0 {
            clients.insert(id.to_owned(), client);
        }
    }

    fn is_fresh(&self, since: Timestamp, now: Timestamp) -> bool {
        let age = now.duration_since(since);
        !age.is_negative() && age < self.limits.ttl
    }

    /// The memory; one that a panic left behind is as good as any.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
