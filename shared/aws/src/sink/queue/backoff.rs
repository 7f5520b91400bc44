//! How long to wait before trying again.

use std::time::Duration;

/// The longest wait after the first failure; each failure doubles it.
const FIRST: Duration = Duration::from_millis(200);

/// The longest wait of all.
const LONGEST: Duration = Duration::from_secs(5);

/// Exponential backoff with full jitter: anything up to the longest wait after so many `failures` before the last,
/// as `random` has it.
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
pub(super) fn delay(failures: u32, random: u64) -> Duration {
    let longest = FIRST.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST);
    // Five seconds are a number of 33 bits: no more than 97 are needed.
    let nanos = (longest.as_nanos() * u128::from(random)) >> 64;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let almost = |failures, random| delay(failures, random).as_secs_f64();
        for (failures, longest) in
            [(0, 0.2), (1, 0.4), (2, 0.8), (3, 1.6), (4, 3.2), (5, 5.0), (u32::MAX, 5.0)]
        {
            assert!((almost(failures, u64::MAX) - longest).abs() < 1e-6, "{failures}");
            assert!((almost(failures, u64::MAX / 2) - longest / 2.0).abs() < 1e-6, "{failures}");
            assert_eq!(delay(failures, 0), Duration::ZERO);
        }
    }
}
