//! Whatever happens while a list is read, no event is missed, and none fires twice.

use proptest::prelude::*;
use tokio::runtime::Builder;

use super::*;

/// What happens between two polls, and during the second of them.
#[derive(Debug, Clone)]
struct Step {
    /// How many events happen before it.
    before: usize,
    /// Whether one more appears, among the newest, as if it had been there.
    late: Option<usize>,
    /// How many happen after each page that is read.
    during: Vec<usize>,
    /// What goes wrong.
    trouble: Trouble,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    None,
    /// The queue takes a part.
    Queue,
    /// The poller dies before it notes what it did.
    Crash,
    /// A page can't be read.
    Page(usize),
}

/// A provider's list, and what is about to happen to it.
#[derive(Default)]
struct List {
    events: Vec<i64>,
    newest: i64,
    size: usize,
    during: Vec<usize>,
    pages: usize,
    fails_at: Option<usize>,
}

impl List {
    fn happen(&mut self, count: usize) {
        for _ in 0..count {
            self.newest += 100;
            self.events.insert(0, self.newest);
        }
    }

    /// An event that should have been listed before.
    fn late(&mut self, below: usize) {
        let below = below.min(self.events.len().saturating_sub(1));
        let Some(above) = self.events.get(below).copied() else { return };
        let free = (above - 99..above).rev().find(|id| !self.events.contains(id));
        let Some(id) = free.filter(|id| self.events.get(below + 1).is_none_or(|next| id > next)) else {
            return;
        };
        self.events.insert(below + 1, id);
    }

    fn page(&mut self, etag: Option<&str>, page: Option<u64>) -> Result<EventPage, SourceError> {
        self.pages += 1;
        if self.fails_at.take_if(|at| *at == self.pages).is_some() {
            return Err(SourceError::Unavailable { reason: "down".into(), source: None });
        }
        let now = format!("{:?}", self.events);
        if etag == Some(&now) {
            return Ok(EventPage { not_modified: true, ..EventPage::default() });
        }
        let (number, size) = (page.unwrap_or(0), self.size);
        let skipped = usize::try_from(number).unwrap() * size;
        let events = self.events.iter().skip(skipped).take(size).map(|id| push(*id, *id)).collect();
        let next = (self.events.len() > skipped + size).then_some(number + 1);
        let happened = if self.during.is_empty() { 0 } else { self.during.remove(0) };
        self.happen(happened);
        Ok(EventPage { events, next, etag: Some(now), ..EventPage::default() })
    }
}

async fn play(before: usize, size: usize, steps: &[Step]) {
    let list =
        Arc::new(Mutex::new(List { size, newest: -100 * i64::try_from(before).unwrap(), ..List::default() }));
    list.lock().unwrap().happen(before);
    let source = list.clone();
    let answer =
        Box::new(move |_: &RepositoryName, etag: Option<&str>, page| source.lock().unwrap().page(etag, page));
    let setting = setting(&["hub/o/r"], answer).await;
    let mut untroubled = true;
    for step in steps {
        pass(3600);
        {
            let mut list = list.lock().unwrap();
            list.happen(step.before);
            if let Some(below) = step.late {
                list.late(below);
            }
            list.during.clone_from(&step.during);
            list.pages = 0;
            list.fails_at = if let Trouble::Page(at) = step.trouble { Some(at) } else { None };
        }
        *setting.world.queue_fails.lock().unwrap() = step.trouble == Trouble::Queue;
        *setting.repositories.fails.lock().unwrap() = step.trouble == Trouble::Crash;
        untroubled &= !matches!(step.trouble, Trouble::Queue | Trouble::Crash);
        setting.run().await;
    }
    list.lock().unwrap().during.clear();
    *setting.repositories.fails.lock().unwrap() = false;
    *setting.world.queue_fails.lock().unwrap() = false;
    for _ in 0..2 {
        pass(3600);
        setting.run().await;
    }
    let expected: BTreeSet<String> =
        list.lock().unwrap().events.iter().filter(|id| **id > 0).map(ToString::to_string).collect();
    let sent = setting.sent();
    assert_eq!(sent.keys().cloned().collect::<BTreeSet<_>>(), expected, "each event, and none from before");
    let task_ids: BTreeSet<_> = sent.values().flatten().map(|firing| &firing.task_id).collect();
    assert_eq!(task_ids.len(), expected.len(), "each event is one firing, however often it is sent");
    if untroubled {
        assert!(sent.values().all(|firings| firings.len() == 1), "nothing is sent twice without need");
    }
}

fn step() -> impl Strategy<Value = Step> {
    let trouble = prop_oneof![
        3 => Just(Trouble::None),
        1 => Just(Trouble::Queue),
        1 => Just(Trouble::Crash),
        1 => (1..4_usize).prop_map(Trouble::Page),
    ];
    let during = prop::collection::vec(0..3_usize, 0..4);
    (0..5_usize, prop::option::weighted(0.2, 0..2_usize), during, trouble)
        .prop_map(|(before, late, during, trouble)| Step { before, late, during, trouble })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn none_is_missed_and_none_fires_twice(
        // So many that what is left over from polls that failed is within the pages that are read.
        before in 0..40_usize, size in 12..25_usize, steps in prop::collection::vec(step(), 1..6),
    ) {
        Builder::new_current_thread().build().unwrap().block_on(play(before, size, &steps));
    }
}
