//! How long a container that ended waits until it is launched again, and when it is in a crash loop. Pure.

use crate::clock::Millis;

/// First pause before something is tried again; doubles with each try.
pub(super) const FIRST_BACKOFF_MS: Millis = 1_000;
/// Longest pause between launches of a container that fails.
pub(super) const LONGEST_BACKOFF_MS: Millis = 60_000;
/// A task that ran for so long was no failure from the start: what went before is forgotten.
const STABLE_MS: Millis = 60_000;

/// Failures in a row that are no accident any more: a container that fails so often is in a crash loop.
pub const CRASH_LOOP: u32 = 3;

/// Pause after so many failures in a row, none of whose tasks ran for long. The first one may be an accident, and whoever waits
/// for the container is better off at once; from then on it doubles.
pub(super) fn pause_ms(failures: u32) -> Millis {
    match failures {
        0 | 1 => 0,
        _ => (FIRST_BACKOFF_MS << (failures - 2).min(10)).min(LONGEST_BACKOFF_MS),
    }
}

/// Whether a task that has run for so long tells that the failures before it are over.
pub(super) fn is_stable(ran_ms: Millis) -> bool {
    ran_ms >= STABLE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_begin_with_none_and_double_to_the_longest() {
        let pauses: Vec<Millis> = (0..=9).map(pause_ms).collect();
        assert_eq!(pauses, [0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(pause_ms(u32::MAX), LONGEST_BACKOFF_MS);
    }

    #[test]
    fn a_minute_is_enough_to_be_stable() {
        assert!(!is_stable(59_999) && is_stable(60_000));
    }
}
