//! Chance that can be had again.

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::bad_day::BadDay;

/// Of a seed that is another for each run, unless one is given.
pub fn of_this_run(day: BadDay) -> StdRng {
    let given = std::env::var("HERON_TEST_SEED").ok();
    let seed = given.map_or_else(|| rand::random::<u32>().into(), |seed| seed.parse().unwrap());
    eprintln!(
        "HERON_TEST_SEED={seed} cargo test --test it every_message::{} does the same again",
        day.test()
    );
    StdRng::seed_from_u64(seed)
}
