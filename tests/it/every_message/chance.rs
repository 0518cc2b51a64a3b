//! Chance that can be had again.

use std::time::{SystemTime, UNIX_EPOCH};

use super::bad_day::BadDay;

/// A sequence of numbers that looks like chance, and follows from its seed (splitmix64).
pub struct Chance(u64);

impl Chance {
    /// Of a seed that is another for each run, unless one is given.
    pub fn of_this_run(day: BadDay) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let given = std::env::var("HERON_TEST_SEED").ok();
        let seed = given.map_or(u64::from(now.subsec_nanos()), |seed| seed.parse().unwrap());
        eprintln!(
            "HERON_TEST_SEED={seed} cargo test --test it every_message::{} does the same again",
            day.test()
        );
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number less than a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}
