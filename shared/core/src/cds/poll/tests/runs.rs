//! What a run does about each repository, and what it leaves alone.

use super::*;

fn unavailable() -> SourceError {
    SourceError::Unavailable { reason: "there was no answer".into(), source: None }
}

#[tokio::test]
async fn what_happened_since_a_repository_is_watched_is_news() {
    let answer = |_: &RepositoryName, _: Option<&str>, _| Ok(whole([push(3, 5), push(2, 1), push(1, -5)]));
    let setting = setting(&["hub/o/r"], Box::new(answer)).await;
    pass(30);
    let report = setting.run().await;
    assert_eq!((report.watched, report.polled, report.events, report.fired), (1, 1, 2, 2));
    let sent = setting.sent();
    assert_eq!(sent.keys().collect::<Vec<_>>(), ["2", "3"]);
    assert_eq!(sent["3"][0].created, at(5));
    let report = setting.run().await;
    assert_eq!((report.polled, report.unchanged, report.fired), (1, 1, 0));
    assert_eq!(*setting.repositories.saves.lock().unwrap(), 1, "a poll that finds nothing writes nothing");
}

#[tokio::test]
async fn what_no_workflow_runs_for_is_not_sent() {
    let star = || Found {
        event: RepositoryEvent { event: json!({"type": "WatchEvent"}), ..push(2, 2).event },
        ..push(2, 2)
    };
    let answer = move |_: &RepositoryName, _: Option<&str>, _| Ok(whole([push(3, 3), star()]));
    let setting = setting(&["hub/o/r"], Box::new(answer)).await;
    setting.run().await;
    assert_eq!(setting.sent().keys().collect::<Vec<_>>(), ["3"]);
    assert_eq!(setting.run().await.unchanged, 1);
}

#[tokio::test]
async fn events_that_the_provider_has_no_longer_are_no_hindrance() {
    let mut polls = 0;
    let answer = move |_: &RepositoryName, _: Option<&str>, _| {
        polls += 1;
        Ok(if polls == 1 { whole([push(2, -2), push(1, -3)]) } else { whole([push(9, 9), push(8, 8)]) })
    };
    let setting = setting(&["hub/o/r"], Box::new(answer)).await;
    setting.run().await;
    setting.run().await;
    assert_eq!(setting.sent().keys().collect::<Vec<_>>(), ["8", "9"]);
}

#[tokio::test]
async fn one_repository_holds_up_no_other() {
    let answer = |name: &RepositoryName, _: Option<&str>, _| match name.path() {
        "o/broken" => Err(SourceError::Refused { status: 404, message: "Not Found".into() }),
        _ => Ok(whole([push(1, 1)])),
    };
    let setting = setting(&["hub/o/broken", "hub/o/fine"], Box::new(answer)).await;
    let report = setting.run().await;
    assert_eq!((report.polled, report.failed, report.fired), (1, 1, 1));
    let broken = setting.repositories.one("hub/o/broken");
    assert_eq!(broken.last_error.as_deref(), Some("the server answered 404: Not Found"));
    assert_eq!(setting.repositories.one("hub/o/fine").last_error, None);
    // It is asked for later each time, and at once again when it is well.
    let mut waits = Vec::new();
    for _ in 0..8 {
        let until = setting.repositories.one("hub/o/broken").not_before.unwrap();
        waits.push(until.duration_since(now()).as_secs());
        NOW.set(until.duration_since(at(0)).as_secs());
        setting.run().await;
    }
    assert_eq!(waits, [55, 115, 235, 475, 955, 1915, 3595, 3595]);
    *setting.world.answer.lock().unwrap() = Box::new(|_, _, _| Ok(whole([])));
    pass(3600);
    setting.run().await;
    let well = setting.repositories.one("hub/o/broken");
    assert_eq!((well.failures, well.last_error, well.not_before), (0, None, None));
}

#[tokio::test]
async fn a_server_that_takes_no_more_is_left_alone() {
    let answer = |name: &RepositoryName, _: Option<&str>, _| match name.server() {
        "hub" => Err(SourceError::Limited { status: 429, until: Some(at(900)) }),
        _ => Ok(whole([])),
    };
    let names: Vec<String> =
        (0..20).map(|number| format!("hub/o/r{number}")).chain(["lab/g/p".into()]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let setting = setting(&names, Box::new(answer)).await;
    let report = setting.run().await;
    assert_eq!((report.polled, report.failed, report.postponed), (1, 1, 19));
    assert_eq!(setting.asked().len(), 2, "one repository of each server");
    pass(890);
    assert_eq!(setting.run().await.polled, 1);
    assert_eq!(setting.asked(), ["lab/g/p"]);
    pass(11);
    setting.run().await;
    assert_eq!(setting.asked().len(), 2);
}

#[tokio::test]
async fn the_last_request_that_a_server_takes_is_the_last() {
    let answer = |_: &RepositoryName, _: Option<&str>, _| {
        Ok(EventPage { exhausted_until: Some(at(900)), ..whole([push(1, 1)]) })
    };
    let setting = setting(&["hub/o/a", "hub/o/b"], Box::new(answer)).await;
    let report = setting.run().await;
    assert_eq!((report.polled, report.fired, report.postponed), (1, 1, 1));
}

#[tokio::test]
async fn a_server_that_does_not_answer_costs_three_waits() {
    let answer = |_: &RepositoryName, _: Option<&str>, _| Err(unavailable());
    let names: Vec<String> = (0..20).map(|number| format!("hub/o/r{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let setting = setting(&names, Box::new(answer)).await;
    let report = setting.run().await;
    assert_eq!((report.failed, report.postponed), (3, 17));
}

#[tokio::test]
async fn a_provider_says_how_often_it_wants_to_be_asked() {
    let answer = |_: &RepositoryName, _: Option<&str>, _| {
        Ok(EventPage { not_before: Some(now() + jiff::SignedDuration::from_secs(300)), ..whole([]) })
    };
    let setting = setting(&["hub/o/r"], Box::new(answer)).await;
    setting.run().await;
    assert_eq!(setting.repositories.one("hub/o/r").not_before, Some(at(295)));
    pass(60);
    assert_eq!(setting.run().await.polled, 0);
}

#[tokio::test]
async fn what_nobody_wants_is_forgotten_after_a_while() {
    let answer = |_: &RepositoryName, _: Option<&str>, _| Ok(whole([]));
    let setting = setting(&["hub/o/r"], Box::new(answer)).await;
    setting.world.bound.lock().unwrap().clear();
    assert_eq!(setting.run().await, PollReport { watched: 1, ..PollReport::default() });
    pass(601);
    assert_eq!(setting.run().await.forgotten, 1);
    assert!(setting.repositories.names().is_empty() && setting.asked().is_empty());
}

#[tokio::test]
async fn nothing_is_begun_after_the_end() {
    let answer = |_: &RepositoryName, _: Option<&str>, _| Ok(whole([]));
    let setting = setting(&["hub/o/a", "hub/o/b"], Box::new(answer)).await;
    assert_eq!(setting.poller.run(now()).await.unwrap().unfinished, 2);
    assert!(setting.asked().is_empty());
}

#[tokio::test]
async fn more_than_is_read_is_left_out_once() {
    // An endless list: pages of two, all of them new.
    let answer = |_: &RepositoryName, _: Option<&str>, page: Option<u64>| {
        let first = 1000 - 2 * i64::try_from(page.unwrap_or(0)).unwrap();
        Ok(EventPage { next: Some(page.unwrap_or(0) + 1), ..whole([push(first, 9), push(first - 1, 9)]) })
    };
    let setting = setting(&["hub/o/r"], Box::new(answer)).await;
    let report = setting.run().await;
    assert_eq!((report.polled, report.fired), (1, 12));
    assert_eq!(setting.run().await.fired, 0);
}

#[test]
fn names_of_exchanges() {
    for (exchange, expected) in [
        ("repository/hub/o/r", Some(("hub", "o/r"))),
        ("repository/lab/a/b/c", Some(("lab", "a/b/c"))),
        ("repository/hub/", None),
        ("repository/hub", None),
        ("repository//r", None),
        ("exchange/hub/o/r", None),
    ] {
        let name = RepositoryName::of_exchange(exchange);
        assert_eq!(name.as_ref().map(|name| (name.server(), name.path())), expected, "{exchange}");
        assert!(name.is_none_or(|name| name.exchange() == exchange));
    }
}
