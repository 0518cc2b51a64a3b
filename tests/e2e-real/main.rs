//! What the built binary does on real systems: Mesos, Heron and ZooKeeper as they are deployed. Run by `make e2e-real`
//! alone; `README.md` beside this file says what it needs.
//!
//! Tests run one after the other, in a state root of their own each, and clean up whatever comes of them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests, which say how they went"
)]

mod hosts;
mod kill;
mod life;
mod mesos;
mod place;
mod restart;
mod settings;
mod tree;
mod update;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use place::Place;
use settings::Settings;

/// A test: its name, the seconds that it may take, what it does.
struct Test(&'static str, u64, fn(&Place));

const TESTS: &[Test] = &[
    Test("life::in_python", 90, life::in_python),
    Test("life::in_java", 90, life::in_java),
    Test("restart::of_one_and_of_all", 120, restart::of_one_and_of_all),
    Test("update::of_a_running_topology", 150, update::of_a_running_topology),
    Test("update::of_a_paused_topology", 150, update::of_a_paused_topology),
    Test(
        "hosts::one_that_is_lost_is_seen_and_mended",
        300,
        hosts::one_that_is_lost_is_seen_and_mended,
    ),
    Test(
        "hosts::a_topology_is_killed_without_its_host",
        180,
        hosts::a_topology_is_killed_without_its_host,
    ),
    Test("kill::of_everything", 120, kill::of_everything),
];

fn main() -> ExitCode {
    let settings = match Settings::from_env(|name| std::env::var(name).ok()) {
        Ok(settings) => settings,
        Err(missing) => {
            eprintln!("{missing}");
            return ExitCode::from(2);
        }
    };
    // As with other test programs, words choose the tests whose names have one of them.
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let chosen =
        |test: &&Test| words.is_empty() || words.iter().any(|word| test.0.contains(word.as_str()));
    let (mut passed, mut failed) = (0, Vec::new());
    for Test(name, seconds, run) in TESTS.iter().filter(chosen) {
        println!("test {name}");
        let started = Instant::now();
        let place = Place::new(&settings, name, Duration::from_secs(*seconds));
        let went = catch_unwind(AssertUnwindSafe(|| run(&place)));
        let cleaned = catch_unwind(AssertUnwindSafe(|| place.clean_up()));
        let well = went.is_ok() && cleaned.is_ok();
        let word = if well { "ok" } else { "FAILED" };
        println!("test {name} … {word} ({:.1} s)", started.elapsed().as_secs_f64());
        if well {
            passed += 1;
        } else {
            failed.push(*name);
        }
    }
    for name in &failed {
        println!("failed: {name}");
    }
    println!("{passed} passed, {} failed", failed.len());
    // A word that chose nothing has proven nothing.
    if failed.is_empty() && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
