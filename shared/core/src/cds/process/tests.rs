//! An execution's life, whatever CDS answers and however often its message comes.

mod world;

use proptest::prelude::*;

use super::*;
use world::{Answer, World};

const MOMENT: &str = "2026-11-27T10:00:00Z";

/// The execution of the only firing, after these answers of CDS, each once its message comes again.
async fn lived(answers: &[Answer]) -> (World, Vec<Processed>) {
    let world = World::new(answers);
    let firing = world.scheduled(MOMENT);
    world.deliver(&firing);
    let mut came = Vec::new();
    while let Some(processed) = world.next().await {
        came.push(processed.unwrap());
    }
    (world, came)
}

fn waits(seconds: u64) -> Processed {
    Processed::Waits(Duration::from_secs(seconds))
}

#[tokio::test]
async fn cds_answers_or_it_comes_again() {
    use Answer::{Down, Run, Status};
    let refused = "CDS answered 400: no".to_owned();
    type Case<'a> = (&'a [Answer], &'a [Processed], u32, Option<u64>);
    let cases: [Case<'_>; 6] = [
        (&[Run(7)], &[Processed::Ran(7)], 0, Some(7)),
        (&[Status(500), Run(1)], &[waits(120), Processed::Ran(1)], 1, Some(1)),
        (
            &[Status(400), Status(400), Status(400)],
            &[waits(120), waits(120), Processed::Failed(refused.clone())],
            3,
            None,
        ),
        // That CDS is away counts for nothing, however long it lasts.
        (
            &[Down, Down, Down, Down, Run(2)],
            &[waits(120), waits(120), waits(120), waits(120), Processed::Ran(2)],
            0,
            Some(2),
        ),
        (&[Answer::Unregistered, Run(3)], &[waits(120), Processed::Ran(3)], 0, Some(3)),
        (
            &[Status(400), Down, Status(400), Down, Run(4)],
            &[waits(120), waits(120), waits(120), waits(120), Processed::Ran(4)],
            2,
            Some(4),
        ),
    ];
    for (answers, expected, errors, run) in cases {
        let (world, came) = lived(answers).await;
        assert_eq!(came, expected, "{answers:?}");
        let execution = world.only();
        assert_eq!((execution.status, execution.errors, execution.run), (super::Status::Done, errors, run));
        assert!(execution.processed.is_some() && execution.not_before.is_none());
        assert_eq!(execution.last_error.is_some(), run.is_none(), "{answers:?}: {:?}", execution.last_error);
    }
}

#[tokio::test]
async fn a_message_that_comes_twice_is_one_run() {
    let world = World::new(&[Answer::Run(1)]);
    let firing = world.scheduled(MOMENT);
    for _ in 0..3 {
        world.deliver(&firing);
    }
    let mut came = Vec::new();
    while let Some(processed) = world.next().await {
        came.push(processed.unwrap());
    }
    let over = Processed::Dropped("the execution is over");
    assert_eq!(came, [Processed::Ran(1), over.clone(), over]);
    assert_eq!(world.runs(), 1);
}

#[tokio::test]
async fn what_somebody_else_is_doing_is_looked_at_later() {
    let world = World::new(&[Answer::Hangs, Answer::Run(2)]);
    let firing = world.scheduled(MOMENT);
    world.deliver(&firing);
    // Killed in the middle: the queue delivers the message again, while the other is still entitled to it.
    assert!(world.next().await.unwrap().is_err());
    assert_eq!(world.only().status, Status::Doing);
    world.deliver(&firing);
    assert_eq!(world.next().await.unwrap().unwrap(), waits(60));
    assert_eq!(world.next().await.unwrap().unwrap(), Processed::Ran(2));
}

#[tokio::test]
async fn a_stopped_task_skips_visibly() {
    let mut world = World::new(&[]);
    world.stop();
    let firing = world.scheduled(MOMENT);
    world.deliver(&firing);
    assert_eq!(world.next().await.unwrap().unwrap(), Processed::Skipped("the task is stopped".into()));
    let execution = world.only();
    assert_eq!(execution.last_error.as_deref(), Some("skipped: the task is stopped"));
    assert_eq!((execution.status, execution.errors, world.runs()), (Status::Done, 0, 0));
}

#[tokio::test]
async fn a_maintenance_loses_nothing() {
    let world = World::new(&[Answer::Run(1)]);
    world.maintain(true);
    world.deliver(&world.scheduled(MOMENT));
    for _ in 0..30 {
        assert_eq!(world.next().await.unwrap().unwrap(), waits(60));
    }
    assert_eq!((world.only().status, world.runs()), (Status::Enqueued, 0));
    world.maintain(false);
    assert_eq!(world.next().await.unwrap().unwrap(), Processed::Ran(1));
}

#[tokio::test]
async fn only_what_is_still_a_firing_is_put_on_record() {
    let world = World::new(&[]);
    let firing = world.scheduled(MOMENT);
    let hook = world.hook();
    let task = hook.definition.cds.clone().unwrap();
    let processor = world.processor();
    let processed = processor.process(&hook, &task, &firing, || Some("it is not"));
    assert_eq!(processed.await.unwrap(), Processed::Dropped("it is not"));
    let request = Firing { fired_by: crate::firing::FiredBy::Webhook, ..firing };
    let processed = processor.process(&hook, &task, &request, || None);
    assert_eq!(processed.await.unwrap(), Processed::Dropped("the execution was removed"));
    assert!(world.is_empty());
}

#[tokio::test]
async fn messages_of_one_moment_are_executions_of_their_own() {
    let world = World::of("Kafka", &[Answer::Run(1), Answer::Run(2)]);
    for id in [1, 2] {
        world.deliver(&world.message(id, MOMENT));
        // Told of another moment, it is the same.
        world.deliver(&world.message(id, "2026-11-27T10:00:01Z"));
    }
    while let Some(processed) = world.next().await {
        processed.unwrap();
    }
    assert_eq!((world.runs(), world.count()), (2, 2));
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let one = prop_oneof![
        Just(Answer::Status(500)),
        Just(Answer::Down),
        Just(Answer::Unregistered),
        Just(Answer::Hangs),
        (1_u64..9).prop_map(Answer::Run),
    ];
    proptest::collection::vec(one, 0..8)
}

proptest! {
    /// Whatever CDS answers, and whatever is killed or delivered twice in between: each execution is over in the end, having run
    /// once, or having been refused as often as the rules say.
    #[test]
    fn everything_is_over_in_the_end(answers in answers(), twice in proptest::collection::vec(any::<bool>(), 40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new(&answers);
            let firing = world.scheduled(MOMENT);
            world.deliver(&firing);
            for twice in twice {
                if twice {
                    world.deliver(&firing);
                }
                // What was killed is delivered again.
                if let Some(Err(_)) = world.next().await {
                    world.deliver(&firing);
                }
            }
            while let Some(processed) = world.next().await {
                if processed.is_err() {
                    world.deliver(&firing);
                }
            }
            let execution = world.only();
            prop_assert_eq!(execution.status, Status::Done);
            prop_assert_eq!(execution.errors == 3, execution.run.is_none());
            prop_assert_eq!(world.runs(), usize::from(execution.run.is_some()));
            Ok(())
        })?;
    }
}
