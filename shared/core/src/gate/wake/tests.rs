use super::super::tests::{Fault, World, at, now};
use super::*;
use crate::gate::IntegratorName;

const PERIOD: Duration = Duration::from_secs(60);

fn name(name: &str) -> IntegratorName {
    name.parse().unwrap()
}

#[tokio::test]
async fn what_is_due_soon_is_sent_for_its_moment() {
    let world = World::new([]);
    let due = [
        ("late", "27T08:00:00", "27T10:00:00"),
        ("now", "27T10:00:00", "27T10:00:00"),
        ("soon", "27T10:00:00.001", "27T10:00:01"),
        ("next", "27T10:01:59.5", "27T10:02:00"),
        ("then", "27T10:02:00", ""),
        ("tomorrow", "28T10:00:00", ""),
    ];
    world.state().due.extend(due.map(|(lane, moment, _)| (name(lane), at(moment))));
    assert_eq!(wake_due(&*world, &*world, now(), PERIOD).await.unwrap(), 4);
    let state = world.state();
    let sent = due[..4].iter().map(|(lane, _, comes)| (at(comes), name(lane)));
    assert_eq!(state.messages, sent.collect::<Vec<_>>());
    let left: Vec<&str> = state.due.keys().map(IntegratorName::as_str).collect();
    assert_eq!(left, ["then", "tomorrow"]);
}

#[tokio::test]
async fn all_that_is_due_is_sent_page_by_page() {
    let world = World::new([]);
    let lanes = (0..2 * PAGE + 1).map(|number| (name(&format!("lane-{number}")), now()));
    world.state().due.extend(lanes);
    assert_eq!(wake_due(&*world, &*world, now(), PERIOD).await.unwrap(), 2 * PAGE + 1);
    let state = world.state();
    assert_eq!((state.due.len(), state.messages.len()), (0, 2 * PAGE + 1));
}

/// An index shows for a while what was taken out of it: that is sent once, and ends.
#[tokio::test]
async fn an_index_that_lags_is_no_endless_work() {
    struct Lagging(Vec<DueLane>);
    #[async_trait::async_trait]
    impl DueLanes for Lagging {
        async fn due(&self, _: Timestamp, limit: usize) -> Result<Vec<DueLane>, crate::ports::StoreError> {
            Ok(self.0.iter().take(limit).cloned().collect())
        }

        async fn clear(&self, _: &[DueLane]) -> Result<(), crate::ports::StoreError> {
            Ok(())
        }
    }
    let world = World::new([]);
    let lane = |number| DueLane { integrator: name(&format!("lane-{number}")), at: now() };
    let index = Lagging((0..PAGE).map(lane).collect());
    assert_eq!(wake_due(&index, &*world, now(), PERIOD).await.unwrap(), PAGE);
    assert_eq!(world.state().messages.len(), PAGE);
}

/// The reading, three sendings, the taking out: whichever fails, nothing is taken out that was not sent.
#[tokio::test]
async fn what_is_not_sent_stays_due() {
    for step in 0..5 {
        for fault in [Fault::Before, Fault::After] {
            let world = World::new([]);
            world.state().due.extend(["a", "b", "c"].map(|lane| (name(lane), now())));
            let mut faults = vec![None; step];
            faults.push(Some(fault));
            world.state().faults = faults.into();
            assert!(wake_due(&*world, &*world, now(), PERIOD).await.is_err(), "{step}");
            for lane in ["a", "b", "c"] {
                let state = world.state();
                let sent = state.messages.iter().any(|message| message.1 == name(lane));
                assert!(sent || state.due.contains_key(&name(lane)), "{step} {lane}");
                assert!(step != 2 || state.due.contains_key(&name(lane)) == (lane == "b"), "{step} {lane}");
            }
            wake_due(&*world, &*world, now(), PERIOD).await.unwrap();
            assert!(world.state().due.is_empty());
        }
    }
}
