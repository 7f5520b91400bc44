//! Which `pre-` event a `post-` event belongs to.

use jiff::SignedDuration;
use treble_core::gate::Event;
use treble_core::gate::ports::Correlation;

use super::{World, name, now, seconds};

fn correlation(work_id: &str) -> Correlation {
    Correlation {
        work_id: work_id.into(),
        event: Event::PreAddNode,
        created: now(),
        own: vec![(name("acme"), "größe 1".into()), (name("b"), String::new())],
    }
}

#[tokio::test]
async fn each_is_kept_as_it_is_and_the_last_one_counts() {
    let world = World::new().await;
    let long = "w".repeat(5000);
    let other = format!("{long}x");
    for work_id in ["w1", "größe/#?\0", " ", &long, &other] {
        assert_eq!(world.correlations().get(work_id).await.unwrap(), None, "{work_id:?}");
        let kept = correlation(work_id);
        world.correlations().put(&kept).await.unwrap();
        assert_eq!(world.correlations().get(work_id).await.unwrap(), Some(kept.clone()));
        let later = Correlation { own: Vec::new(), created: now() + seconds(1), ..kept };
        world.correlations().put(&later).await.unwrap();
        assert_eq!(world.correlations().get(work_id).await.unwrap(), Some(later));
    }
}

#[tokio::test]
async fn after_thirty_days_it_is_gone() {
    let world = World::new().await;
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    for (age, is_there) in [(days(30) - seconds(60), true), (days(30), false)] {
        let kept = Correlation { created: now() - age, ..correlation("w") };
        world.correlations().put(&kept).await.unwrap();
        let found = world.correlations().get("w").await.unwrap();
        assert_eq!(found, is_there.then(|| kept.clone()), "{age}");
        let item = world.item("correlation#w", "correlation").await.unwrap();
        let expires = (kept.created + days(30)).as_second().to_string();
        assert_eq!(item["expires"].as_n().unwrap(), &expires);
    }
}
