//! Lanes: who works which, and how their endpoints do.

use treble_core::gate::ports::{LaneState, LaneStore, Taken};
use treble_core::ports::StoreError;

use super::{World, name, now, seconds};

fn failing() -> LaneState {
    LaneState {
        failures: 3,
        down_since: Some(now() - seconds(60)),
        next_attempt: Some(now() + seconds(100)),
        owner_told: true,
        last_error: Some("größe".into()),
    }
}

#[tokio::test]
async fn a_lane_is_whose_who_took_it() {
    let world = World::new().await;
    let (lanes, acme, now) = (world.lanes(), name("acme"), now());
    let fresh = Taken::Yes(LaneState::default());
    assert_eq!(lanes.get(&acme).await.unwrap(), LaneState::default());
    assert_eq!(lanes.take(&acme, "one", now, now + seconds(30)).await.unwrap(), fresh);
    assert_eq!(lanes.take(&acme, "two", now + seconds(29), now + seconds(60)).await.unwrap(), Taken::Busy);
    assert_eq!(lanes.take(&name("other"), "two", now, now + seconds(30)).await.unwrap(), fresh);
    assert!(lanes.keep(&acme, "one", now + seconds(50)).await.unwrap());
    assert!(!lanes.keep(&acme, "two", now + seconds(50)).await.unwrap());
    assert_eq!(lanes.take(&acme, "two", now + seconds(49), now + seconds(60)).await.unwrap(), Taken::Busy);
    // Nobody kept it any longer.
    assert_eq!(lanes.take(&acme, "two", now + seconds(50), now + seconds(80)).await.unwrap(), fresh);
    assert!(!lanes.keep(&acme, "one", now + seconds(99)).await.unwrap());
    assert!(lanes.leave(&acme, "one", &failing()).await.unwrap(), "it is somebody else's");
    assert_eq!(lanes.get(&acme).await.unwrap(), LaneState::default(), "and as it was");
    assert!(lanes.leave(&acme, "two", &LaneState::default()).await.unwrap());
    assert_eq!(lanes.take(&acme, "one", now, now + seconds(30)).await.unwrap(), fresh);
}

#[tokio::test]
async fn who_took_it_may_ask_once_more() {
    let world = World::new().await;
    let (lanes, acme, now) = (world.lanes(), name("acme"), now());
    for _ in 0..2 {
        let taken = lanes.take(&acme, "one", now, now + seconds(30)).await.unwrap();
        assert_eq!(taken, Taken::Yes(LaneState::default()));
    }
    assert!(lanes.leave(&acme, "one", &LaneState::default()).await.unwrap(), "that was no note");
}

#[tokio::test]
async fn whoever_came_meanwhile_is_heeded_before_the_lane_is_left() {
    let world = World::new().await;
    let (lanes, acme, now) = (world.lanes(), name("acme"), now());
    lanes.take(&acme, "one", now, now + seconds(30)).await.unwrap();
    for _ in 0..2 {
        for other in ["two", "three"] {
            assert_eq!(lanes.take(&acme, other, now, now + seconds(30)).await.unwrap(), Taken::Busy);
        }
        assert!(!lanes.leave(&acme, "one", &failing()).await.unwrap(), "somebody came");
        assert_eq!(lanes.get(&acme).await.unwrap(), LaneState::default(), "it was not left");
        assert!(lanes.keep(&acme, "one", now + seconds(40)).await.unwrap(), "it is still theirs");
    }
    assert!(lanes.leave(&acme, "one", &failing()).await.unwrap());
    assert_eq!(lanes.get(&acme).await.unwrap(), failing());
    assert!(!lanes.keep(&acme, "one", now + seconds(50)).await.unwrap(), "it was left");
}

#[tokio::test]
async fn a_note_for_somebody_who_died_is_none_for_the_next() {
    let world = World::new().await;
    let (lanes, acme, now) = (world.lanes(), name("acme"), now());
    lanes.take(&acme, "one", now, now + seconds(30)).await.unwrap();
    assert_eq!(lanes.take(&acme, "two", now, now + seconds(30)).await.unwrap(), Taken::Busy);
    let then = now + seconds(30);
    let taken = lanes.take(&acme, "three", then, then + seconds(30)).await.unwrap();
    assert!(matches!(taken, Taken::Yes(_)), "{taken:?}");
    assert!(lanes.leave(&acme, "three", &LaneState::default()).await.unwrap());
}

#[tokio::test]
async fn an_endpoint_that_fails_is_left_alone_until_its_time() {
    let world = World::new().await;
    let (lanes, acme, now) = (world.lanes(), name("acme"), now());
    lanes.take(&acme, "one", now, now + seconds(30)).await.unwrap();
    assert!(lanes.leave(&acme, "one", &failing()).await.unwrap());
    let next = failing().next_attempt.unwrap();
    let early = lanes.take(&acme, "two", next - seconds(1), next).await.unwrap();
    assert_eq!(early, Taken::NotBefore(next));
    assert_eq!(lanes.take(&acme, "two", next, next + seconds(30)).await.unwrap(), Taken::Yes(failing()));
    let busy = lanes.take(&acme, "three", next, next + seconds(30)).await.unwrap();
    assert_eq!(busy, Taken::Busy);
    assert!(!lanes.leave(&acme, "two", &LaneState::default()).await.unwrap());
    assert!(lanes.leave(&acme, "two", &LaneState::default()).await.unwrap());
    assert_eq!(lanes.get(&acme).await.unwrap(), LaneState::default());
}

#[tokio::test]
async fn a_reset_lane_can_be_taken_at_once() {
    let world = World::new().await;
    let (lanes, acme, now) = (world.lanes(), name("acme"), now());
    lanes.reset(&acme).await.unwrap();
    assert_eq!(world.item("lane#acme", "lane").await, None, "there was none");
    lanes.take(&acme, "one", now, now + seconds(30)).await.unwrap();
    assert!(lanes.leave(&acme, "one", &failing()).await.unwrap());
    lanes.reset(&acme).await.unwrap();
    // Whoever was told that it fails is to be told that it doesn't any more.
    let reset = LaneState { owner_told: true, ..LaneState::default() };
    assert_eq!(lanes.get(&acme).await.unwrap(), reset);
    let taken = lanes.take(&acme, "one", now, now + seconds(30)).await.unwrap();
    assert_eq!(taken, Taken::Yes(reset));
    // A reset takes nobody's lane away, nor the note that somebody came.
    lanes.take(&acme, "two", now, now + seconds(30)).await.unwrap();
    lanes.reset(&acme).await.unwrap();
    assert!(!lanes.leave(&acme, "one", &LaneState::default()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_gets_it_and_hears_of_the_others() {
    let world = World::new().await;
    let now = now();
    let mut rivals = tokio::task::JoinSet::new();
    for number in 0..20 {
        let store = world.store.clone();
        rivals.spawn(async move {
            let token = format!("rival {number}");
            let taken = LaneStore::take(&store, &name("acme"), &token, now, now + seconds(30)).await.unwrap();
            (taken, token)
        });
    }
    let outcomes = rivals.join_all().await;
    let got: Vec<_> = outcomes.iter().filter(|(taken, _)| matches!(taken, Taken::Yes(_))).collect();
    let [(_, winner)] = got[..] else { panic!("{} got it", got.len()) };
    assert_eq!(outcomes.iter().filter(|(taken, _)| *taken == Taken::Busy).count(), 19);
    assert!(!world.lanes().leave(&name("acme"), winner, &LaneState::default()).await.unwrap());
    assert!(world.lanes().leave(&name("acme"), winner, &LaneState::default()).await.unwrap());
}

/// Many come with work and look for a lane, as the deliverer does: whoever gets it does all the work that is there, until nobody
/// came meanwhile. No work is left over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobodys_work_is_left_over() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let world = World::new().await;
    let now = now();
    let (waiting, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut rivals = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (store, waiting, done) = (world.store.clone(), waiting.clone(), done.clone());
        rivals.spawn(async move {
            waiting.fetch_add(1, Ordering::SeqCst);
            let (acme, token) = (name("acme"), format!("rival {number}"));
            let taken = loop {
                match LaneStore::take(&store, &acme, &token, now, now + seconds(30)).await {
                    // The others were always quicker; then its message comes again.
                    Err(StoreError::Unavailable { .. }) => {}
                    taken => break taken.unwrap(),
                }
            };
            match taken {
                Taken::Yes(_) => loop {
                    done.fetch_add(waiting.swap(0, Ordering::SeqCst), Ordering::SeqCst);
                    if LaneStore::leave(&store, &acme, &token, &LaneState::default()).await.unwrap() {
                        break;
                    }
                },
                Taken::Busy => {}
                Taken::NotBefore(at) => panic!("not before {at}"),
            }
        });
    }
    rivals.join_all().await;
    assert_eq!((waiting.load(Ordering::SeqCst), done.load(Ordering::SeqCst)), (0, 40));
}
