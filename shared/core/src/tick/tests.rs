use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::*;
use crate::hook::HookName;
use crate::ports::{DuePage, QueueError};

const NOW: &str = "2026-11-27T10:00:00.250Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn clock() -> Timestamp {
    at(NOW).checked_add(SignedDuration::from_secs(SHIFT.get())).unwrap()
}

thread_local! {
    /// What the clock says, in seconds from [`NOW`]; tests run in threads of their own.
    static SHIFT: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
}

/// Hooks by shard, and a queue that refuses firings of hooks whose id begins with `refused`.
#[derive(Default)]
struct World {
    hooks: Mutex<BTreeMap<String, DueHook>>,
    sent: Mutex<Vec<DelayedFiring>>,
    broken_shard: Option<u8>,
}

impl World {
    fn with(hooks: &[(&str, &str, &str)]) -> Self {
        let hooks = hooks.iter().map(|(name, due, pattern)| {
            let name: HookName = format!("g/{name}").parse().unwrap();
            let schedule = vec![(*pattern).to_owned()];
            (name.to_string(), DueHook { name, at: at(due), schedule, revision: 1 })
        });
        Self { hooks: Mutex::new(hooks.collect()), ..Self::default() }
    }

    async fn tick(self: &Arc<Self>) -> TickReport {
        self.tick_until(Timestamp::MAX).await
    }

    async fn tick_until(self: &Arc<Self>, stop_at: Timestamp) -> TickReport {
        let (index, queue) = (self.clone(), self.clone());
        let master_key = MasterKey::new([7; 32]);
        Tick { index, queue, master_key, period: Duration::from_secs(60), clock, trace: None }
            .run(stop_at)
            .await
    }

    fn due(&self, name: &str) -> String {
        self.hooks.lock().unwrap()[&format!("g/{name}")].at.to_string()
    }

    fn delays(&self) -> Vec<(String, u64)> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|sent| (sent.firing.created.to_string(), sent.delay.as_secs())).collect()
    }
}

#[async_trait]
impl DueIndex for World {
    fn shards(&self) -> u8 {
        2
    }

    async fn due(
        &self,
        shard: u8,
        before: Timestamp,
        after: Option<&DueHook>,
        limit: usize,
    ) -> Result<DuePage, StoreError> {
        if self.broken_shard == Some(shard) {
            return Err(StoreError::Corrupt { what: "everything".into() });
        }
        let place = |hook: &DueHook| (hook.at, hook.name.clone());
        let mut hooks: Vec<DueHook> = self.hooks.lock().unwrap().values().cloned().collect();
        hooks.retain(|hook| hook.name.id().len() % 2 == usize::from(shard) && hook.at < before);
        hooks.retain(|hook| after.is_none_or(|after| place(hook) > place(after)));
        hooks.sort_by_key(place);
        let more = hooks.len() > limit;
        hooks.truncate(limit);
        Ok(DuePage { hooks, more })
    }

    async fn advance(&self, moves: &[Advance]) -> Vec<Result<bool, StoreError>> {
        let mut hooks = self.hooks.lock().unwrap();
        let mut advance = |step: &Advance| {
            let Some(hook) = hooks.get_mut(&step.hook.to_string()) else { return Ok(false) };
            if step.hook.id().starts_with("stuck") {
                return Err(StoreError::TooLarge { what: "a step".into() });
            }
            if hook.at != step.from {
                return Ok(false);
            }
            hook.at = step.to.unwrap_or(Timestamp::MAX);
            Ok(true)
        };
        moves.iter().map(&mut advance).collect()
    }
}

#[async_trait]
impl FiringQueue for World {
    async fn send(&self, firings: &[DelayedFiring]) -> Vec<Result<(), QueueError>> {
        let send = |firing: &DelayedFiring| {
            if firing.firing.hook.id().starts_with("refused") {
                return Err(QueueError::TooLarge { bytes: 2, most: 1 });
            }
            self.sent.lock().unwrap().push(firing.clone());
            Ok(())
        };
        firings.iter().map(send).collect()
    }
}

#[tokio::test]
async fn firings_wait_until_their_second() {
    let world = Arc::new(World::with(&[("a", "2026-11-27T10:00:01Z", "*/30 * * * * *")]));
    let report = world.tick().await;
    let expected = [("10:00:01", 1), ("10:00:30", 30), ("10:01:00", 60), ("10:01:30", 90), ("10:02:00", 120)];
    let expected = expected.map(|(at, delay)| (format!("2026-11-27T{at}Z"), delay));
    assert_eq!(world.delays(), expected);
    assert_eq!(world.due("a"), "2026-11-27T10:02:30Z");
    assert!(report.is_complete());
    assert_eq!((report.hooks, report.sent, report.lag), (1, 5, Duration::ZERO));
}

#[tokio::test]
async fn a_hook_in_a_time_zone_is_moved_on_by_its_clocks() {
    let pattern = "cronexpr Asia/Kolkata 30 15 * * *";
    let world = Arc::new(World::with(&[("a", "2026-11-27T10:00:00Z", pattern)]));
    assert!(world.tick().await.is_complete());
    assert_eq!(world.delays(), [("2026-11-27T10:00:00Z".to_owned(), 0)]);
    assert_eq!(world.due("a"), "2026-11-28T10:00:00Z");
}

#[tokio::test]
async fn two_ticks_send_the_same_firings() {
    let hooks = [("a", "2026-11-27T10:00:10Z", "10 * * * * *")];
    let (one, two) = (Arc::new(World::with(&hooks)), Arc::new(World::with(&hooks)));
    tokio::join!(one.tick(), two.tick());
    assert_eq!(*one.sent.lock().unwrap(), *two.sent.lock().unwrap());
    assert_eq!(one.tick().await.hooks, 0, "nothing is due twice");
}

#[tokio::test]
async fn what_was_missed_is_late() {
    let world = Arc::new(World::with(&[("a", "2026-11-27T07:00:00Z", "0 * * * *")]));
    let report = world.tick().await;
    assert_eq!(world.delays(), [("2026-11-27T07:00:00Z".to_owned(), 0)]);
    assert_eq!(report.lag, Duration::from_millis(3 * 3_600_000 + 250));
}

#[tokio::test]
async fn one_hook_does_not_hold_up_another() {
    let due = "2026-11-27T10:00:00Z";
    let hooks = [
        ("refused", due, "0 * * * *"),
        ("stuck", due, "0 * * * *"),
        ("odd", due, "nonsense"),
        ("fine", due, "0 * * * *"),
    ];
    let world = Arc::new(World::with(&hooks));
    let report = world.tick().await;
    assert_eq!((report.hooks, report.sent), (4, 2));
    assert_eq!((report.refused, report.stuck, report.unreadable), (1, 1, 1));
    for still_due in ["refused", "stuck", "odd"] {
        assert_eq!(world.due(still_due), due, "{still_due}");
    }
    assert_eq!(world.due("fine"), "2026-11-27T11:00:00Z");
}

#[tokio::test]
async fn a_broken_shard_leaves_the_others_alone() {
    let due = "2026-11-27T10:00:00Z";
    let mut world = World::with(&[("a", due, "0 * * * *"), ("bb", due, "0 * * * *")]);
    world.broken_shard = Some(0);
    let report = Arc::new(world).tick().await;
    assert_eq!((report.failed_shards, report.sent), (1, 1));
}

#[tokio::test]
async fn many_hooks_are_read_page_by_page_and_none_when_the_time_is_up() {
    let names: Vec<String> = (0..250).map(|number| format!("{number:03}")).collect();
    let hooks: Vec<_> = names.iter().map(|name| (&**name, "2026-11-27T10:00:00Z", "0 * * * *")).collect();
    let world = Arc::new(World::with(&hooks));
    let report = world.tick_until(at(NOW)).await;
    assert_eq!((report.unfinished_shards, report.sent), (2, 0));
    let report = world.tick().await;
    assert_eq!((report.hooks, report.sent), (250, 250));
    assert!(report.is_complete());
}

#[tokio::test]
async fn a_tick_that_dies_between_sending_and_moving_on_is_made_good_by_the_next() {
    let world = Arc::new(World::with(&[("stuck", "2026-11-27T10:00:10Z", "10 * * * * *")]));
    world.tick().await;
    let first = std::mem::take(&mut *world.sent.lock().unwrap());
    SHIFT.set(60);
    world.tick().await;
    let ids =
        |sent: &[DelayedFiring]| sent.iter().map(|sent| sent.firing.task_id.clone()).collect::<Vec<_>>();
    let second = ids(&world.sent.lock().unwrap());
    assert_eq!(first.len(), 2);
    // The first of them was missed, as far as this tick can tell: it is the same firing.
    assert_eq!(second[..2], ids(&first));
}

#[tokio::test]
async fn a_clock_that_jumps_back_sends_nothing_twice() {
    let world = Arc::new(World::with(&[("a", "2026-11-27T10:00:10Z", "*/30 * * * * *")]));
    world.tick().await;
    let sent = world.sent.lock().unwrap().len();
    SHIFT.set(-3600);
    assert_eq!(world.tick().await.hooks, 0);
    SHIFT.set(60);
    world.tick().await;
    let firings: Vec<_> = world.sent.lock().unwrap().iter().map(|sent| sent.firing.created).collect();
    assert!(firings.len() > sent && firings.is_sorted_by(|one, next| one < next), "{firings:?}");
}
