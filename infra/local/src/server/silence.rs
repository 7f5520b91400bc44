//! How long a connection has been silent, as far as that isn't hyper's concern: before the first request, when nobody knows yet
//! which HTTP it is, and between requests of HTTP/2.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http::Version;
use tokio::time::{Instant, sleep};

/// One connection's silence.
pub(super) struct Silence {
    most: Duration,
    /// Whether HTTP/1 is spoken, which has a clock of its own.
    is_http1: AtomicBool,
    requests: Arc<Requests>,
}

/// Those of HTTP/2.
struct Requests {
    started: Instant,
    under_way: AtomicU64,
    /// When the last one ended, in milliseconds from `started`.
    last: AtomicU64,
}

/// A request that is being answered.
pub(super) struct UnderWay(Arc<Requests>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.last.store(self.0.now(), Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Requests {
    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Silence {
    /// That of a new connection, which may last so long.
    pub(super) fn new(most: Duration) -> Self {
        let (under_way, last) = (AtomicU64::new(0), AtomicU64::new(0));
        let requests = Arc::new(Requests { started: Instant::now(), under_way, last });
        Self { most, is_http1: AtomicBool::new(false), requests }
    }

    /// A request begins.
    pub(super) fn broken(&self, version: Version) -> Option<UnderWay> {
        if version == Version::HTTP_2 {
            self.requests.under_way.fetch_add(1, Ordering::Relaxed);
            return Some(UnderWay(Arc::clone(&self.requests)));
        }
        self.is_http1.store(true, Ordering::Relaxed);
        None
    }

    /// Resolves when it has lasted for too long.
    pub(super) async fn too_long(&self) {
        let Requests { under_way, last, .. } = &*self.requests;
        let mut wait = self.most;
        loop {
            sleep(wait).await;
            if self.is_http1.load(Ordering::Relaxed) {
                return std::future::pending().await;
            }
            let silent = self.requests.now().saturating_sub(last.load(Ordering::Relaxed));
            let left = self.most.saturating_sub(Duration::from_millis(silent));
            let is_busy = under_way.load(Ordering::Relaxed) > 0;
            if left.is_zero() && !is_busy {
                return;
            }
            wait = if is_busy { self.most } else { left };
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    const MOST: Duration = Duration::from_secs(90);

    async fn ends(silence: &Silence) -> bool {
        timeout(MOST * 10, silence.too_long()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_unless_it_is_broken() {
        let silence = Silence::new(MOST);
        assert!(ends(&silence).await);
        // Of HTTP/2 while a request is under way.
        let request = silence.broken(Version::HTTP_2);
        assert!(!ends(&silence).await);
        drop(request);
        assert!(ends(&silence).await);
        // HTTP/1 has its own.
        assert!(silence.broken(Version::HTTP_11).is_none());
        assert!(!ends(&silence).await);
    }
}
