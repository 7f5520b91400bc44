//! `treble hooks next`.

use std::iter::successors;

use jiff::Timestamp;
use treble_core::cron::Schedule;

use super::list::written;
use super::{moment, which};
use crate::cli::{HooksCommon, Next};
use crate::output::{self, Cell, Failure, Table, style};

/// Runs the command.
pub(super) async fn run(arguments: &Next, common: &HooksCommon) -> Result<(), Failure> {
    let schedule = schedule(arguments, common).await?;
    let from = arguments.from.unwrap_or_else(Timestamp::now);
    let count = usize::try_from(arguments.count).unwrap_or(usize::MAX);
    let moments: Vec<Timestamp> = upcoming(&schedule, from).take(count).collect();
    if common.json {
        return output::json(&moments.iter().map(|&moment| written(moment)).collect::<Vec<_>>());
    }
    if moments.is_empty() {
        output::line("Never: there is no schedule.");
        return Ok(());
    }
    let mut table = Table::new(["NEXT", "", "IN"]);
    for at in moments {
        let day = at.strftime("%a").to_string();
        table.row([moment(at).into(), Cell::new(style::DIM, day), Cell::new(style::DIM, until(from, at))]);
    }
    table.print();
    Ok(())
}

async fn schedule(arguments: &Next, common: &HooksCommon) -> Result<Schedule, Failure> {
    if arguments.schedule.is_empty() {
        return Ok(which::find(&arguments.which, common).await?.hook()?.parse_stored_schedule()?);
    }
    let seed = arguments.which.hook.as_ref().map(ToString::to_string).unwrap_or_default();
    Ok(Schedule::parse(&arguments.schedule, &seed)?)
}

fn upcoming(schedule: &Schedule, from: Timestamp) -> impl Iterator<Item = Timestamp> {
    successors(schedule.next_after(from), |&last| schedule.next_after(last))
}

/// How long that is, in its two largest units.
fn until(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.as_second().saturating_sub(from.as_second());
    let units =
        [("d", seconds / 86_400), ("h", seconds / 3_600 % 24), ("m", seconds / 60 % 60), ("s", seconds % 60)];
    let parts = units.iter().skip_while(|(_, count)| *count == 0).take(2).filter(|(_, count)| *count > 0);
    let parts: Vec<String> = parts.map(|(unit, count)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_one_after_the_other() {
        let from: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let schedule = Schedule::parse(&["0 9 * * *".into(), "0 9,12 * * *".into()], "").unwrap();
        let moments: Vec<_> = upcoming(&schedule, from).take(3).map(moment).collect();
        assert_eq!(
            moments,
            ["2026-11-21 12:00:00 UTC", "2026-11-22 09:00:00 UTC", "2026-11-22 12:00:00 UTC"]
        );
    }

    #[test]
    fn times_are_told_roughly() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (seconds, told) in
            [(0, "0s"), (59, "59s"), (3600, "1h"), (3661, "1h 1m"), (90_000, "1d 1h"), (86_460, "1d")]
        {
            assert_eq!(until(at(0), at(seconds)), told);
        }
    }
}
