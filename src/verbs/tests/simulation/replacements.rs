//! Replacements and rollbacks, alone, beside other commands, and killed anywhere, on good days and on bad ones.

use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::sleep;

use super::scenarios::{KINDS, afterwards, bad_day, pick, runs, together};
use super::seeds::Scenario;
use super::world::{Ends, Fall, Shared};
use crate::scheduler::record::Goal;
use crate::topology::edit::{self, Absent};

const ROLLBACK: &str = "rollback wordcount";
/// The last message with which a replacement dies; most have sent fewer by their end.
const MESSAGES: u64 = 220;

/// Two contents for the topology, by the number of their containers.
fn replace(other: bool) -> &'static str {
    static REPLACE: OnceLock<[(String, TempDir); 2]> = OnceLock::new();
    let all = REPLACE.get_or_init(|| {
        ["1", "2"].map(|containers| {
            let directory = tempfile::tempdir().unwrap();
            let definition =
                concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/definitions/znodes.wordcount");
            let definition = std::fs::read(definition).unwrap();
            let key = "topology.stmgrs";
            let definition = edit::with_setting(&definition, key, containers, Absent::Add).unwrap();
            let file = directory.path().join("wordcount.defn");
            std::fs::write(&file, definition).unwrap();
            std::fs::write(directory.path().join("wordcount.pex"), "code").unwrap();
            (format!("submit --replace {}", file.display()), directory)
        })
    });
    &all[usize::from(other)].0
}

/// Replacements first, then all others.
fn any(seed: u64) -> &'static str {
    match seed % 5 {
        0 => replace(true),
        1 => ROLLBACK,
        2 => replace(false),
        _ => pick(&KINDS, seed / 5),
    }
}

/// The number of the revision that runs, and of the containers that are wanted.
fn running(world: &Shared) -> (u32, usize) {
    let desired = world.lock().desired().unwrap();
    assert_eq!(desired.goal, Goal::Running);
    (desired.revisions.current(), desired.containers.len())
}

#[test]
fn a_replacement_and_a_rollback_do_what_they_are_for() {
    let happens = async |world: Shared, _: u64| {
        sleep(Duration::from_secs(5)).await;
        let commands = [
            (replace(false), (2, 2)),
            (replace(false), (2, 2)),
            (replace(true), (3, 3)),
            (ROLLBACK, (2, 2)),
            (ROLLBACK, (3, 3)),
        ];
        for (at, (words, wanted)) in commands.into_iter().enumerate() {
            let ended = world.run(u32::try_from(at).unwrap() + 1, words, None).await;
            assert_eq!(ended, Some(0), "{words}");
            assert_eq!(running(&world), wanted, "{words}");
            assert_eq!(runs(&world), Ok(()), "{words}");
        }
        afterwards(&world).await;
    };
    let name = "a_replacement_and_a_rollback_do_what_they_are_for";
    Scenario { name, fixed: 1, start: |_| Some("running"), happens }.try_all();
}

#[test]
fn replacements_beside_other_commands() {
    let happens = async |world: Shared, seed: u64| {
        bad_day(&world);
        let deaths = seed.is_multiple_of(3);
        together(&world, &[replace(false), any(seed)], deaths).await;
        together(&world, &[ROLLBACK, any(seed / 3)], deaths).await;
        afterwards(&world).await;
    };
    let name = "replacements_beside_other_commands";
    Scenario { name, fixed: 12, start: |_| Some("running"), happens }.try_all();
}

#[test]
fn replacements_die_with_any_of_their_messages() {
    let happens = async |world: Shared, seed: u64| {
        let dies = |every: u64, arrives| {
            Some(Fall { what: Ends::Process, message: 1 + seed * every % MESSAGES, arrives })
        };
        sleep(Duration::from_secs(5)).await;
        world.run(1, replace(false), dies(37, seed.is_multiple_of(2))).await;
        if seed.is_multiple_of(3) {
            world.run(2, ROLLBACK, dies(53, seed.is_multiple_of(5))).await;
        }
        afterwards(&world).await;
    };
    let name = "replacements_die_with_any_of_their_messages";
    Scenario { name, fixed: 12, start: |_| Some("running"), happens }.try_all();
}

#[test]
fn a_supervisor_carries_replacements_out() {
    let happens = async |world: Shared, seed: u64| {
        bad_day(&world);
        let days = async {
            sleep(Duration::from_secs(5)).await;
            together(&world, &[replace(false), any(seed)], seed.is_multiple_of(2)).await;
            world.lock().turn_for_the_better();
            // Longer than a task is waited for of which nobody knows.
            sleep(Duration::from_mins(15)).await;
            world.lock().kill_process(50);
        };
        let supervisor = world.run(50, "supervise wordcount", None);
        futures_util::future::join(supervisor, days).await;
        afterwards(&world).await;
    };
    let name = "a_supervisor_carries_replacements_out";
    Scenario { name, fixed: 6, start: |_| Some("running"), happens }.try_all();
}
