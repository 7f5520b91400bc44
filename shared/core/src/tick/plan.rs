//! Which occurrences of a hook's schedule are to be fired, and when it is due again.

use jiff::Timestamp;

use crate::cron::Schedule;

/// What is to be done about a hook that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The moments to fire at, in their order.
    pub occurrences: Vec<Timestamp>,
    /// When the hook is due again.
    pub next: Option<Timestamp>,
}

/// The occurrences before `until` of a hook that has been due since `due`, seen from `now`.
///
/// However many occurrences were missed, they are one firing, at the first of them: what was to happen happens, late, but
/// not a thousand times after a night's outage.
pub fn plan(schedule: &Schedule, due: Timestamp, now: Timestamp, until: Timestamp) -> Plan {
    let mut occurrences = vec![due];
    let mut next = schedule.next_after(due.max(now));
    while let Some(at) = next
        && at < until
    {
        occurrences.push(at);
        next = schedule.next_after(at);
    }
    Plan { occurrences, next }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schedule(patterns: &[&str]) -> Schedule {
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        Schedule::parse(&patterns, "g/h").unwrap()
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-11-27T{time}Z").parse().unwrap()
    }

    /// Patterns, due, now (two minutes are looked ahead), occurrences, next.
    type Case = (&'static [&'static str], &'static str, &'static str, &'static [&'static str], &'static str);

    #[test]
    fn plans() {
        let cases: [Case; 7] = [
            (&["0 * * * *"], "11:00:00", "10:59:30", &["11:00:00"], "12:00:00"),
            (&["* * * * *"], "11:00:00", "10:59:30", &["11:00:00", "11:01:00"], "11:02:00"),
            (
                &["*/50 * * * * *"],
                "11:00:00",
                "10:59:55",
                &["11:00:00", "11:00:50", "11:01:00", "11:01:50"],
                "11:02:00",
            ),
            // Patterns that meet count once.
            (&["0 * * * *", "*/30 * * * *"], "11:00:00", "10:59:00", &["11:00:00"], "11:30:00"),
            // Missed, and missed often: once, at the first; then what is to come.
            (&["0 9 * * *"], "09:00:00", "10:00:00", &["09:00:00"], "2026-11-28T09:00:00Z"),
            (&["* * * * *"], "07:00:00", "10:00:30", &["07:00:00", "10:01:00", "10:02:00"], "10:03:00"),
            // Due just now is no more than that.
            (&["* * * * *"], "10:00:00", "10:00:00", &["10:00:00", "10:01:00"], "10:02:00"),
        ];
        for (patterns, due, now, occurrences, next) in cases {
            let now = at(now);
            let plan = plan(&schedule(patterns), at(due), now, after(now, 120));
            let next = next.parse().unwrap_or_else(|_| at(next));
            let occurrences = occurrences.iter().map(|time| at(time)).collect();
            assert_eq!(plan, Plan { occurrences, next: Some(next) }, "{patterns:?} due {due}");
        }
    }

    fn after(now: Timestamp, seconds: i64) -> Timestamp {
        now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap()
    }

    proptest! {
        /// Tick after tick, at whatever moments, each occurrence is sent once, and none before the tick that sends it is missed.
        #[test]
        fn nothing_is_sent_twice_or_left_out(steps in proptest::collection::vec(1_i64..=120, 1..30), second in 0_u8..60) {
            let schedule = schedule(&[&format!("{second} * * * * *"), "*/7 * * * *"]);
            let start = at("10:00:00");
            let (mut now, mut due, mut sent) = (start, schedule.next_after(start), Vec::new());
            for step in steps {
                let until = after(now, 120);
                while let Some(next) = due && next < until {
                    let plan = plan(&schedule, next, now, until);
                    sent.extend(plan.occurrences);
                    due = plan.next;
                }
                now = after(now, step);
            }
            let expected: Vec<_> = std::iter::successors(schedule.next_after(start), |at| schedule.next_after(*at))
                .take(sent.len())
                .collect();
            prop_assert_eq!(&sent, &expected);
            if let Some(last) = sent.last() {
                prop_assert_eq!(due, schedule.next_after(*last));
            }
        }
    }
}
