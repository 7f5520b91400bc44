//! Executions that nobody has stored yet, as they follow from a task's schedule.
//!
//! The clock sends a firing some minutes before its moment, to wait in the queue, and moves the task on to the moment after it. So
//! what lies between now and the moment that the task is due next waits in the queue, and that moment is yet to be sent. What has
//! just come is stored once it is taken from the queue: until then it waits there as well.

use jiff::{SignedDuration, Timestamp};
use treble_core::cds::{Cause, Execution, Status, Task};
use treble_core::firing::FiredBy;
use treble_core::hook::StoredHook;
use treble_core::secret::MasterKey;

/// The most that are told of a task: more than a schedule of each second has in the time that the clock looks ahead.
const MOST: usize = 1000;

/// How long what has come may take to be stored. Longer ago than that, what is not stored was removed.
pub(super) const UNDER_WAY: SignedDuration = SignedDuration::from_secs(10);

/// The executions to come of a task, the last of them first. `stored` are those that are stored, the newest at least.
pub(super) fn pending(
    hook: &StoredHook,
    task: &Task,
    key: &MasterKey,
    now: Timestamp,
    stored: &[Execution],
) -> Vec<Execution> {
    let Some(due) = hook.due_at.filter(|_| !task.stopped) else { return Vec::new() };
    let mut pending = Vec::new();
    // A schedule that can't be read has nothing in the queue either.
    if let Ok(schedule) = hook.definition.parse_stored_schedule() {
        let come = stored.iter().map(|execution| execution.created).filter(|created| *created <= now).max();
        let past = now.checked_sub(UNDER_WAY).unwrap_or(now).max(hook.created);
        let after = come.map_or(past, |come| past.max(come));
        let moments = std::iter::successors(schedule.next_after(after), |at| schedule.next_after(*at));
        let queued = moments.take_while(|at| *at < due).take(MOST);
        pending.extend(queued.map(|at| execution(hook, task, key, at, Status::Enqueued)));
    }
    pending.push(execution(hook, task, key, due, Status::Scheduled));
    pending.retain(|pending| stored.iter().all(|stored| stored.created != pending.created));
    pending.reverse();
    pending
}

fn execution(hook: &StoredHook, task: &Task, key: &MasterKey, at: Timestamp, status: Status) -> Execution {
    Execution {
        task: hook.name.clone(),
        task_id: key.occurrence_task_id(&hook.name, at),
        fired_by: FiredBy::Schedule,
        created: at,
        status,
        errors: 0,
        last_error: None,
        processed: None,
        run: None,
        not_before: None,
        revision: 1,
        config: task.config.without_secret(),
        cause: Some(Cause::ScheduledTask { date_scheduled_execution: at }),
    }
}
