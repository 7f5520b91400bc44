//! What should have happened and didn't: hooks whose moment has passed, and firings that were given up.
//!
//! There is no note of when the last tick was. Each tick moves every hook on that is due within two minutes, so that the
//! earliest moment in the index tells it: where none has passed, ticks run; where one has, none has run since, or it could not
//! move that hook. A note would be a write each minute for less.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use treble_core::ports::{DeadLetters, DueHook, DueIndex, PageRequest, StoreError};

use super::finding::Finding;

/// So many hooks are named, at most, and read of each shard.
const NAMED: usize = 5;
const PAGE: usize = 100;

/// Whether hooks are overdue by more than this.
pub(super) async fn schedule(index: &dyn DueIndex, patience: Duration, remedy: &str) -> Finding {
    let check = "schedule";
    let now = Timestamp::now();
    let mut first = match earliest(index).await {
        Ok(first) => first,
        Err(error) => return Finding::failed(check, &error, "see the table of hooks"),
    };
    first.sort_by_key(|hook| hook.at);
    let Some(next) = first.first().map(|hook| hook.at) else {
        return Finding::ok(check, "no hook has a schedule: nothing tells whether ticks run");
    };
    let since = now.checked_sub(patience).unwrap_or(Timestamp::MIN);
    if next >= since {
        let says = format!("no hook is overdue; the next moment to send is {}", moment(next));
        return Finding::ok(check, says).with("overdue", 0).with("nextDue", next.to_string());
    }
    match overdue(index, since).await {
        Ok((hooks, more)) => {
            let names: Vec<String> = hooks.iter().take(NAMED).map(|hook| hook.name.to_string()).collect();
            let count = format!("{}{}", if more { "more than " } else { "" }, hooks.len());
            let dots = if hooks.len() > NAMED { ", …" } else { "" };
            let says = format!(
                "{count} overdue, the earliest since {} ({}): {}{dots}",
                moment(next),
                ago(now.duration_since(next)),
                names.join(", ")
            );
            Finding::wrong(check, says, remedy)
                .with("overdue", hooks.len())
                .with("nextDue", next.to_string())
                .with("hooks", names)
        }
        Err(error) => Finding::failed(check, &error, "see the table of hooks"),
    }
}

/// The hook of each shard that is due first.
async fn earliest(index: &dyn DueIndex) -> Result<Vec<DueHook>, StoreError> {
    let mut first = Vec::new();
    for shard in 0..index.shards() {
        first.extend(index.due(shard, Timestamp::MAX, None, 1).await?.hooks);
    }
    Ok(first)
}

/// The hooks that were due before a moment, the earliest first; and whether there are more.
async fn overdue(index: &dyn DueIndex, before: Timestamp) -> Result<(Vec<DueHook>, bool), StoreError> {
    let (mut hooks, mut more) = (Vec::new(), false);
    for shard in 0..index.shards() {
        let page = index.due(shard, before, None, PAGE).await?;
        hooks.extend(page.hooks);
        more |= page.more;
    }
    hooks.sort_by_key(|hook| hook.at);
    Ok((hooks, more))
}

/// Whether firings were given up and are kept.
pub(super) async fn dead_letters(letters: &dyn DeadLetters) -> Finding {
    let check = "dead letters";
    let (mut count, mut newest) = (0, None);
    let mut page = PageRequest { limit: Some(PAGE), continuation: None };
    loop {
        let found = match letters.list(&page).await {
            Ok(found) => found,
            Err(error) => return Finding::failed(check, &error, "see the table of fire records"),
        };
        count += found.items.len();
        newest = found.items.last().map(|letter| letter.died).or(newest);
        if found.continuation.is_none() {
            break;
        }
        page.continuation = found.continuation;
    }
    let Some(newest) = newest else { return Finding::ok(check, "none are kept").with("count", 0) };
    let says = format!("{count} firings were given up, the last at {}", moment(newest));
    let remedy = "`treble dead-letters list` shows why; `redrive` sends them again, `drop` forgets them";
    Finding::wrong(check, says, remedy).with("count", count).with("newest", newest.to_string())
}

pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

pub(super) fn ago(duration: SignedDuration) -> String {
    match duration.as_secs() {
        seconds @ ..120 => format!("{seconds} s ago"),
        seconds @ ..7200 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}
