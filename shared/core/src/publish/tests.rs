use std::sync::Mutex;

use async_trait::async_trait;

use super::*;
use crate::change::Subject;

/// Keeps what it is sent, and does not take what it is told not to: once, or never.
#[derive(Default)]
struct Bus {
    calls: Mutex<Vec<Vec<String>>>,
    busy: Mutex<HashSet<String>>,
    refused: HashSet<String>,
}

#[async_trait]
impl EventBus for Bus {
    async fn publish(&self, changes: &[Change]) -> Vec<Result<(), PublishError>> {
        let names: Vec<String> = changes.iter().map(name).collect();
        self.calls.lock().unwrap().push(names.clone());
        let mut busy = self.busy.lock().unwrap();
        let take = |name: &String| match () {
            () if busy.remove(name) => Err(PublishError::Unavailable("busy".into())),
            () if self.refused.contains(name) => Err(PublishError::Refused { reason: "odd".into() }),
            () => Ok(()),
        };
        names.iter().map(take).collect()
    }
}

/// `+a` for a hook `a` that was created, `~a` for an update of it.
fn change(name: &str) -> Change {
    let subject = Subject { hook_group_id: "g".into(), hook_id: name[1..].into() };
    if name.starts_with('+') { Change::HookCreated(subject) } else { Change::HookUpdated(subject) }
}

fn name(change: &Change) -> String {
    let sign = if matches!(change, Change::HookCreated(_)) { '+' } else { '~' };
    format!("{sign}{}", change.subject().hook_id)
}

fn writes(names: &[&[&str]]) -> Vec<Vec<Change>> {
    names.iter().map(|names| names.iter().map(|name| change(name)).collect()).collect()
}

fn set(names: &[&str]) -> HashSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test]
async fn a_hook_is_in_one_call_once() {
    for (written, calls) in [
        (&[][..], vec![]),
        (&[&[][..], &[]], vec![]),
        (&[&["+a"], &["+b"], &[], &["+c"]], vec![vec!["+a", "+b", "+c"]]),
        (&[&["+a"], &["+b"], &["~a"], &["~b"]], vec![vec!["+a", "+b"], vec!["~a", "~b"]]),
        (&[&["+a", "~a"]], vec![vec!["+a"], vec!["~a"]]),
    ] {
        let bus = Bus::default();
        publish(&bus, &writes(written)).await.unwrap();
        assert_eq!(*bus.calls.lock().unwrap(), calls);
    }
}

/// Each time again from the first write that was not published, as a stream does it.
async fn until_published(bus: &Bus, writes: &[Vec<Change>]) -> Vec<usize> {
    let (mut from, mut failures) = (0, Vec::new());
    while let Err(failed) = publish(bus, &writes[from..]).await {
        from += failed.write;
        failures.push(from);
    }
    failures
}

#[tokio::test]
async fn what_failed_is_published_again_in_order() {
    let written = writes(&[&["+a"], &["+b"], &["+c"], &["~b"], &["~a"]]);
    let bus = Bus { busy: Mutex::new(set(&["+b", "~a"])), ..Bus::default() };
    assert_eq!(until_published(&bus, &written).await, [1, 4]);
    let calls = bus.calls.lock().unwrap();
    // Nothing of b's update is sent while its creation is not there.
    assert_eq!(*calls, [vec!["+a", "+b", "+c"], vec!["+b", "+c"], vec!["~b", "~a"], vec!["~a"]]);
}

#[tokio::test]
async fn what_is_never_taken_holds_nothing_up() {
    let bus = Bus { refused: set(&["+a"]), ..Bus::default() };
    publish(&bus, &writes(&[&["+a"], &["~a"], &["+b"]])).await.unwrap();
    assert_eq!(bus.calls.lock().unwrap().concat(), ["+a", "~a", "+b"]);
}
