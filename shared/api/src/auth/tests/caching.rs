use std::sync::OnceLock;

use super::*;

fn cached(limits: CacheLimits) -> (Arc<Store>, CachedCredentials) {
    let mut store = Store::new();
    store.clients.extend((0..5).map(|i| client(&format!("c{i}"), &["x"])));
    let store = Arc::new(store);
    (store.clone(), CachedCredentials::new(store, limits))
}

fn reads(store: &Store) -> (usize, usize) {
    (store.client_reads.load(Ordering::Relaxed), store.role_reads.load(Ordering::Relaxed))
}

#[tokio::test]
async fn remembered_for_its_time() {
    let (store, cached) = cached(CacheLimits { ttl: SignedDuration::from_secs(30), clients: 10 });
    let first = cached.client("plain", now()).await.unwrap().unwrap();
    assert_eq!(reads(&store), (1, 1));
    let second = cached.client("plain", at(NOW + 29)).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(reads(&store), (1, 1));
    cached.client("plain", at(NOW + 30)).await.unwrap().unwrap();
    assert_eq!(reads(&store), (2, 2));
    // A clock that was set back makes nothing last longer.
    cached.client("plain", at(NOW - 1000)).await.unwrap().unwrap();
    assert_eq!(reads(&store), (3, 3));
}

/// Roles that changed count for a client that is still remembered.
#[tokio::test]
async fn expanded_by_the_roles_of_now() {
    let (store, cached) = cached(CacheLimits { ttl: SignedDuration::from_secs(30), clients: 10 });
    cached.roles(now()).await.unwrap();
    let known = cached.client("plain", at(NOW + 20)).await.unwrap().unwrap();
    assert!(known.expanded.satisfies("team-of:red"));
    *store.roles.lock().unwrap() = Arc::new(Roles::default());
    let known = cached.client("plain", at(NOW + 29)).await.unwrap().unwrap();
    assert!(known.expanded.satisfies("team-of:red"));
    let known = cached.client("plain", at(NOW + 30)).await.unwrap().unwrap();
    assert!(!known.expanded.satisfies("team-of:red"));
    assert_eq!(reads(&store), (1, 2));
}

#[tokio::test]
async fn a_new_client_works_at_once() {
    let (store, cached) = cached(CacheLimits::default());
    assert!(cached.client("nobody", now()).await.unwrap().is_none());
    assert!(cached.client("nobody", now()).await.unwrap().is_none());
    assert_eq!(reads(&store), (2, 1));
}

#[tokio::test]
async fn bounded() {
    let (store, cached) = cached(CacheLimits { ttl: SignedDuration::from_secs(30), clients: 3 });
    for i in 0..5 {
        cached.client(&format!("c{i}"), at(NOW + i)).await.unwrap().unwrap();
    }
    assert_eq!(reads(&store).0, 5);
    // The latest three are there, the first isn't.
    for i in 2..5 {
        cached.client(&format!("c{i}"), at(NOW + 5)).await.unwrap().unwrap();
    }
    assert_eq!(reads(&store).0, 5);
    cached.client("c0", at(NOW + 5)).await.unwrap().unwrap();
    assert_eq!(reads(&store).0, 6);
}

#[tokio::test]
async fn nothing_remembered() {
    let (store, cached) = cached(CacheLimits { ttl: SignedDuration::ZERO, clients: 0 });
    for _ in 0..2 {
        cached.client("plain", now()).await.unwrap().unwrap();
    }
    assert_eq!(reads(&store), (2, 2));
}

/// A store in which something changes, and that is told, while it is being read.
struct ChangesMeanwhile {
    store: Arc<Store>,
    cached: OnceLock<Arc<CachedCredentials>>,
}

impl ChangesMeanwhile {
    fn change(&self) {
        self.cached.get().unwrap().forget();
    }
}

#[async_trait]
impl Credentials for ChangesMeanwhile {
    async fn client(&self, id: &str) -> Result<Option<ClientCredentials>, StoreError> {
        let read = self.store.client(id).await;
        self.change();
        read
    }

    async fn roles(&self) -> Result<Arc<Roles>, StoreError> {
        let read = self.store.roles().await;
        self.change();
        read
    }
}

#[tokio::test]
async fn what_was_read_before_a_change_is_not_remembered_after_it() {
    let store = Arc::new(Store::new());
    let changes = Arc::new(ChangesMeanwhile { store: store.clone(), cached: OnceLock::new() });
    let cached = Arc::new(CachedCredentials::new(changes.clone(), CacheLimits::default()));
    assert!(changes.cached.set(cached.clone()).is_ok());
    for times in 1..=2 {
        cached.client("plain", now()).await.unwrap().unwrap();
        assert_eq!(reads(&store), (times, times));
    }
}
