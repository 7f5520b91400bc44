//! A calendar on the clocks of a time zone.
//!
//! Clocks are turned on and back, mostly for daylight saving. Then some times of day don't exist, and others come twice.
//! What a calendar does there depends on whether its hours are restricted, however that is written:
//!
//! - **Every hour is allowed** (`*/10 * * * *`, `30 * * * *`): it fires whenever the clocks show one of its times. So it goes
//!   on each ten minutes, or each hour, of real time: where an hour comes twice it fires in both, and where one is missing
//!   it makes up for nothing, as no time has passed.
//! - **Otherwise** (`30 2 * * *`, `0 */2 * * *`): each of its times counts once. It fires when the clocks first show it, and
//!   not again when they have been turned back to it; and when they leap over it, at the first moment after the leap,
//!   once for all that they leap over, and for a time at that very moment as well. This is so for a whole day
//!   that is missing, too.
//!
//! The second rule is that of a clock that is never turned back: while the real ones are behind where they have been,
//! nothing happens.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::calendar::Calendar;
use super::zone::Zone;

/// The shortest time there is: what is before a moment at which the clocks are changed, and after it.
const TICK: SignedDuration = SignedDuration::from_nanos(1);

/// A calendar, and where the clocks are that it goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LocalCalendar {
    pub(super) calendar: Calendar,
    pub(super) zone: Zone,
}

impl LocalCalendar {
    /// The first occurrence strictly after an instant.
    pub(super) fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let calendar = &self.calendar;
        match &self.zone {
            Zone::Utc => {
                Offset::UTC.to_timestamp(calendar.next_after(Offset::UTC.to_datetime(instant))?).ok()
            }
            Zone::Other(zone) if calendar.has_every_hour() => next_shown(calendar, zone, instant),
            Zone::Other(zone) => next_reached(calendar, zone, instant),
        }
    }

    /// Whether there is an occurrence at exactly this instant.
    pub(super) fn contains(&self, instant: Timestamp) -> bool {
        let calendar = &self.calendar;
        match &self.zone {
            Zone::Utc => calendar.contains(Offset::UTC.to_datetime(instant)),
            Zone::Other(zone) if calendar.has_every_hour() => calendar.contains(zone.to_datetime(instant)),
            Zone::Other(zone) => is_reached(calendar, zone, instant),
        }
    }
}

/// When the clocks next show one of the calendar's times: by what they are now if they are not changed until then, or else
/// by what they are after the change.
fn next_shown(calendar: &Calendar, zone: &TimeZone, instant: Timestamp) -> Option<Timestamp> {
    let mut from = instant;
    loop {
        let offset = zone.to_offset(from);
        let next = offset.to_timestamp(calendar.next_after(offset.to_datetime(from))?).ok()?;
        match zone.following(from).next() {
            Some(change) if change.timestamp() <= next => from = change.timestamp(),
            _ => return Some(next),
        }
        if calendar.contains(zone.to_datetime(from)) {
            return Some(from);
        }
    }
}

/// When the clocks next reach one of the calendar's times, or leap over it.
fn next_reached(calendar: &Calendar, zone: &TimeZone, instant: Timestamp) -> Option<Timestamp> {
    let mut time = zone.to_datetime(instant);
    loop {
        time = calendar.next_after(time)?;
        let at = reached_at(zone, time)?;
        // Times that come for the second time are passed over: at most an hour's, once a year.
        if at > instant {
            return Some(at);
        }
    }
}

/// Whether it is now that the clocks reach one of the calendar's times, or have just leapt over it.
fn is_reached(calendar: &Calendar, zone: &TimeZone, instant: Timestamp) -> bool {
    let shown = zone.to_datetime(instant);
    if calendar.contains(shown) && reached_at(zone, shown) == Some(instant) {
        return true;
    }
    // What they would show if they had not been changed at this moment.
    let Ok(before) = instant.checked_sub(TICK) else { return false };
    let unchanged = zone.to_offset(before).to_datetime(instant);
    unchanged < shown && first_from(calendar, unchanged).is_some_and(|time| time < shown)
}

/// The first of the calendar's times that is not before another.
fn first_from(calendar: &Calendar, time: DateTime) -> Option<DateTime> {
    calendar.next_after(time.checked_sub(TICK).ok()?)
}

/// When the clocks first show a time, or else when they leap over it.
fn reached_at(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    let at = zone.to_ambiguous_timestamp(time);
    match at.offset() {
        AmbiguousOffset::Gap { .. } => last_change(zone, at.later().ok()?),
        _ => at.earlier().ok(),
    }
}

/// When the clocks were last changed, be it at this very instant.
fn last_change(zone: &TimeZone, instant: Timestamp) -> Option<Timestamp> {
    Some(zone.preceding(instant.checked_add(TICK).ok()?).next()?.timestamp())
}
