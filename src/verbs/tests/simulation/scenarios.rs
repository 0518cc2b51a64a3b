//! Commands of every kind, alone and beside each other, on good days and on bad ones.

use std::sync::OnceLock;
use std::time::Duration;

use futures_util::future::join_all;
use rand::Rng;
use tokio::time::sleep;

use super::seeds::Scenario;
use super::world::{Ends, Fall, Shared, Weather};
use crate::scheduler::record::Goal;

/// What commands there are that change a topology that is there.
pub(super) const KINDS: [&str; 7] = [
    "restart wordcount",
    "restart wordcount 1",
    "update wordcount --container-number 3",
    "update wordcount --component-parallelism count_bolt:1",
    "activate wordcount",
    "deactivate wordcount",
    "kill wordcount",
];
/// Topologies of which something was interrupted.
const INTERRUPTED: [&str; 6] =
    ["half-submitted", "written-only", "update-begun", "resized", "written", "removing"];
/// The last message with which commands die: most have sent fewer by their end.
const MESSAGES: u64 = 160;

/// One of several, as a seed says.
pub(super) fn pick<'a>(all: &[&'a str], seed: u64) -> &'a str {
    let count = u64::try_from(all.len()).unwrap();
    all[usize::try_from(seed % count).unwrap()]
}

/// Two kinds of commands, or the same twice: the first seeds are all such pairs.
fn pair(seed: u64) -> (usize, usize) {
    let count = KINDS.len();
    let pairs = (0..count).flat_map(|one| (one..count).map(move |two| (one, two)));
    let pairs: Vec<(usize, usize)> = pairs.collect();
    pairs[usize::try_from(seed).unwrap() % pairs.len()]
}

/// Submits a topology whose definition is ready.
fn submit() -> &'static str {
    static SUBMIT: OnceLock<(String, tempfile::TempDir)> = OnceLock::new();
    let (words, _) = SUBMIT.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let definition =
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/definitions/znodes.wordcount");
        let file = directory.path().join("wordcount.defn");
        std::fs::copy(definition, &file).unwrap();
        std::fs::write(directory.path().join("wordcount.pex"), "code").unwrap();
        (format!("submit {}", file.display()), directory)
    });
    words
}

/// A day on which things go wrong, more or less.
pub(super) fn bad_day(world: &Shared) {
    let mut world = world.lock();
    let hard = world.rng.random_range(1..6);
    let weather = Weather {
        message: 300 / hard,
        agent: 600 / hard,
        master: 1_800 / hard,
        stream: 900 / hard,
        clock: 1_500 / hard,
    };
    world.weather = Some(weather);
}

/// Runs commands, each a moment after the other or at the same time; with `deaths`, any of them may die in the middle.
pub(super) async fn together(world: &Shared, commands: &[&str], deaths: bool) -> Vec<Option<u8>> {
    let runs = commands.iter().enumerate().map(|(at, words)| {
        let (after, dies) = {
            let mut world = world.lock();
            let after = Duration::from_millis(world.rng.random_range(0..8_000));
            let dies = deaths && world.rng.random_bool(0.5);
            let dies = dies.then(|| Fall {
                what: Ends::Process,
                message: world.rng.random_range(1..MESSAGES),
                arrives: world.rng.random_bool(0.5),
            });
            (after, dies)
        };
        async move {
            sleep(after).await;
            world.run(u32::try_from(at).unwrap() + 1, words, dies).await
        }
    });
    join_all(runs).await
}

/// When luck has turned, whatever was begun can be brought to its end.
pub(super) async fn afterwards(world: &Shared) {
    world.lock().turn_for_the_better();
    sleep(Duration::from_secs(30)).await;
    let goal = world.lock().desired().map(|desired| desired.goal);
    let last = match goal {
        Some(Goal::Running) => "restart wordcount",
        Some(Goal::Killed) => "kill wordcount",
        None => "kill wordcount --ignore-not-found",
    };
    let ended = world.run(90, last, None).await;
    assert_eq!(ended, Some(0), "`{last}` on a good day");
    if goal == Some(Goal::Running) {
        assert_eq!(runs(world), Ok(()));
    } else {
        check_gone(world).await;
    }
}

/// Whether every container that is wanted runs once, and nothing else does.
pub(super) fn runs(world: &Shared) -> Result<(), String> {
    let world = world.lock();
    let desired = world.desired().ok_or("there is no record")?;
    let wanted: Vec<u32> = desired.containers.iter().map(|container| container.id).collect();
    let mut running: Vec<u32> = world.mesos.living().map(|(_, _, task)| task.container).collect();
    running.sort_unstable();
    if running != wanted {
        return Err(format!("of {wanted:?} run {running:?}"));
    }
    if let Some(update) = &desired.update {
        return Err(format!("the update is not over, but {:?}", update.step));
    }
    for (_, id, task) in world.mesos.living() {
        let record = world.record(task.container).ok_or("there is a record missing")?;
        if task.state != "TASK_RUNNING" || record.task_id.as_str() != id {
            return Err(format!("{id} is {}, and the record of {}", task.state, record.task_id));
        }
    }
    Ok(())
}

/// Nothing is left, in ZooKeeper or at Mesos.
async fn check_gone(world: &Shared) {
    sleep(Duration::from_secs(15)).await;
    let world = world.lock();
    let directories =
        ["frameworks", "topologies", "packingplans", "pplans", "executionstate", "schedulers"];
    for directory in directories {
        let names = world.zk.children(&format!("/heron/{directory}"));
        assert!(names.is_empty(), "{directory} has {names:?}");
    }
    let left: Vec<&String> = world.mesos.living().map(|(_, id, _)| id).collect();
    assert!(left.is_empty(), "{left:?} live");
    let living = world.mesos.frameworks.iter().filter(|(_, framework)| !framework.is_completed);
    let living: Vec<&String> = living.map(|(id, _)| id).collect();
    assert!(living.is_empty(), "frameworks {living:?} are left");
}

#[test]
fn every_command_does_what_it_is_for() {
    let name = "every_command_does_what_it_is_for";
    let kinds = u64::try_from(KINDS.len()).unwrap();
    let start = |seed| if seed < kinds { Some("running") } else { None };
    let happens = async |world: Shared, seed: u64| {
        sleep(Duration::from_secs(5)).await;
        let words = if seed < kinds { pick(&KINDS, seed) } else { submit() };
        let ended = world.run(1, words, None).await;
        assert_eq!(ended, Some(0), "{words}");
        afterwards(&world).await;
    };
    let scenario = Scenario { name, fixed: kinds + 1, start, happens };
    for seed in 0..scenario.fixed {
        scenario.try_one(seed);
    }
}

#[test]
fn two_commands_at_once() {
    let happens = async |world: Shared, seed: u64| {
        let (one, two) = pair(seed);
        let two = [KINDS[one], KINDS[two]];
        bad_day(&world);
        together(&world, &two, seed.is_multiple_of(3)).await;
        afterwards(&world).await;
    };
    Scenario { name: "two_commands_at_once", fixed: 28, start: |_| Some("running"), happens }
        .try_all();
}

#[test]
fn three_commands_at_once() {
    let happens = async |world: Shared, seed: u64| {
        let three = {
            let mut world = world.lock();
            [0; 3].map(|_: u8| pick(&KINDS, world.rng.random_range(0..1_000)))
        };
        bad_day(&world);
        together(&world, &three, seed.is_multiple_of(2)).await;
        afterwards(&world).await;
    };
    Scenario { name: "three_commands_at_once", fixed: 6, start: |_| Some("running"), happens }
        .try_all();
}

#[test]
fn submissions_beside_other_commands() {
    let happens = async |world: Shared, seed: u64| {
        let others = [submit(), "kill wordcount", "restart wordcount", "deactivate wordcount"];
        bad_day(&world);
        together(&world, &[submit(), pick(&others, seed)], seed.is_multiple_of(3)).await;
        afterwards(&world).await;
    };
    Scenario { name: "submissions_beside_other_commands", fixed: 9, start: |_| None, happens }
        .try_all();
}

#[test]
fn what_was_interrupted_is_gone_on_with() {
    let start = |seed: u64| Some(pick(&INTERRUPTED, seed));
    let happens = async |world: Shared, seed: u64| {
        bad_day(&world);
        together(&world, &[pick(&KINDS, seed / 6)], seed.is_multiple_of(5)).await;
        afterwards(&world).await;
    };
    Scenario { name: "what_was_interrupted_is_gone_on_with", fixed: 12, start, happens }.try_all();
}

#[test]
fn commands_die_with_any_of_their_messages() {
    let happens = async |world: Shared, seed: u64| {
        let kinds = u64::try_from(KINDS.len()).unwrap();
        let dies = Fall {
            what: Ends::Process,
            message: 1 + seed / kinds * 37 % MESSAGES,
            arrives: seed.is_multiple_of(2),
        };
        sleep(Duration::from_secs(5)).await;
        world.run(1, pick(&KINDS, seed), Some(dies)).await;
        afterwards(&world).await;
    };
    Scenario {
        name: "commands_die_with_any_of_their_messages",
        fixed: 14,
        start: |_| Some("running"),
        happens,
    }
    .try_all();
}

/// Whatever a command was at when its session with ZooKeeper was lost, it goes on with another one to a good end.
#[test]
fn commands_go_on_when_their_session_is_lost() {
    let kinds = u64::try_from(KINDS.len()).unwrap() + 1;
    let start = move |seed: u64| (seed % kinds != kinds - 1).then_some("running");
    let happens = async move |world: Shared, seed: u64| {
        let words = KINDS.get(usize::try_from(seed % kinds).unwrap()).copied();
        let words = words.unwrap_or_else(submit);
        let at = seed / kinds;
        let loss = Fall {
            what: Ends::Session,
            message: 1 + at / 2 * 17 % MESSAGES,
            arrives: at.is_multiple_of(2),
        };
        sleep(Duration::from_secs(5)).await;
        let ended = world.run(1, words, Some(loss)).await.unwrap();
        // What a submission has not begun yet it leaves to another one.
        let may_end = if words == submit() { &[0, 7][..] } else { &[0] };
        assert!(may_end.contains(&ended), "{words} ends with {ended}");
        afterwards(&world).await;
    };
    Scenario { name: "commands_go_on_when_their_session_is_lost", fixed: 32, start, happens }
        .try_all();
}

#[test]
fn a_supervisor_brings_back_what_is_wanted() {
    let happens = async |world: Shared, seed: u64| {
        bad_day(&world);
        let days = async {
            if seed.is_multiple_of(2) {
                together(&world, &[pick(&KINDS, seed / 2)], seed.is_multiple_of(4)).await;
            }
            let long = world.lock().rng.random_range(10..600);
            sleep(Duration::from_secs(long)).await;
            world.lock().turn_for_the_better();
            let mut seen = Ok(());
            // Longer than a task is waited for of which nobody knows.
            for _ in 0..90 {
                sleep(Duration::from_secs(10)).await;
                let goal = world.lock().desired().map(|desired| desired.goal);
                seen = if goal == Some(Goal::Running) { runs(&world) } else { Ok(()) };
                if seen.is_ok() {
                    break;
                }
            }
            assert_eq!(seen, Ok(()), "a quarter of an hour after luck has turned");
            world.lock().kill_process(50);
        };
        let supervisor = world.run(50, "supervise wordcount", None);
        futures_util::future::join(supervisor, days).await;
        afterwards(&world).await;
    };
    Scenario {
        name: "a_supervisor_brings_back_what_is_wanted",
        fixed: 4,
        start: |_| Some("running"),
        happens,
    }
    .try_all();
}
