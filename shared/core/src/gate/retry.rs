//! When an endpoint that failed is tried again.

use std::time::Duration;

/// How long is waited after a first failure.
const FIRST: Duration = Duration::from_secs(5);
/// How long is waited at most, unless the endpoint says so.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// As long is waited where the endpoint says so, and no longer.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long an endpoint is left alone that has failed so often in a row: twice as long each time, less a random part of up to
/// half of it, so that what failed together does not come together. An endpoint that says when to come again is not tried before.
pub(super) fn pause(failures: u32, retry_after: Option<Duration>, random: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = (FIRST * 2_u32.saturating_pow(doublings)).min(LONGEST);
    // 32 bits are enough to scatter, and are exact in a float.
    let part = (random >> 32) as f64 / f64::from(u32::MAX);
    let backoff = longest.mul_f64(1.0 - part / 2.0);
    retry_after.map_or(backoff, |said| backoff.max(said.min(LONGEST_RETRY_AFTER)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(failures: u32, random: u64) -> f64 {
        pause(failures, None, random).as_secs_f64()
    }

    #[test]
    fn pauses_double_up_to_an_hour() {
        let cases = [
            (0, 5.0),
            (1, 5.0),
            (2, 10.0),
            (3, 20.0),
            (4, 40.0),
            (10, 2560.0),
            (11, 3600.0),
            (u32::MAX, 3600.0),
        ];
        for (failures, longest) in cases {
            assert_eq!(seconds(failures, 0), longest, "{failures}");
            assert_eq!(seconds(failures, u64::MAX), longest / 2.0, "{failures}");
            let middle = seconds(failures, u64::MAX / 2);
            assert!((middle - longest * 0.75).abs() < 0.001, "{failures}: {middle}");
        }
    }

    #[test]
    fn an_endpoint_that_says_when_is_not_tried_before() {
        let day = 24 * 60 * 60;
        let cases = [
            // Not sooner than it would be anyhow: that would be as often as it likes, for two days.
            (1, 0, 5),
            (1, 5, 5),
            (1, 6, 6),
            (20, 10, 3600),
            (20, 7200, 7200),
            (1, day - 1, day - 1),
            (1, day, day),
            (1, day + 1, day),
            (1, u64::MAX, day),
        ];
        for (failures, said, waits) in cases {
            let pause = pause(failures, Some(Duration::from_secs(said)), 0);
            assert_eq!(pause, Duration::from_secs(waits), "{failures} {said}");
        }
    }
}
