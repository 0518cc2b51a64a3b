//! Older releases of Heron: the command lines that their executors take, and how the release is known.

use std::time::Duration;

use heron_cli::proto::scheduler::SchedulerLocation;
use heron_cli::proto::system::ExecutionState;
use prost::Message as _;
use serde_json::Value;

use crate::environment::{TestEnv, TestOptions, zookeeper};
use crate::zk;

/// A env whose core package is that release's.
fn bed_of(release: &str) -> TestEnv {
    TestEnv::with(&TestOptions { release: release.to_owned(), ..TestOptions::default() })
}

/// What a topology of that release goes through; returns what `submit` said.
fn live(env: &TestEnv, setting: &[&str]) -> Value {
    let file = env.topology("elder", 2);
    let mut words = vec!["submit", &file];
    words.extend(setting);
    let submitted = env.json(&words);
    assert_eq!(env.json(&["status", "elder"])["topology"]["state"], "RUNNING");
    env.ok(&["deactivate", "elder"]);
    assert_eq!(env.json(&["status", "elder"])["topology"]["state"], "PAUSED");
    env.ok(&["activate", "elder"]);
    env.ok(&["restart", "elder", "1"]);
    update(env, submitted["release"]["version"].as_str().unwrap());
    let tree = env.znodes_of("elder");
    env.ok(&["kill", "elder"]);
    env.assert_nothing_left("elder");
    let mut submitted = submitted;
    submitted["tree"] = tree.into();
    submitted
}

/// Fewer containers, whose instances get other heaps: the executor's command line changes. Nothing that runs follows a
/// packing plan before 0.15.
fn update(env: &TestEnv, release: &str) {
    let words = ["update", "elder", "--container-number", "1"];
    if release.starts_with("0.14.") {
        let ran = env.run(&words);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("reads no packing plan"), "{}", ran.stderr);
        return;
    }
    let updated = env.json(&words);
    let containers = &env.json(&["status", "elder"])["containers"];
    assert_eq!(containers.as_array().map(Vec::len), Some(2), "{containers}");
    assert_eq!(updated["topology"]["state"], "RUNNING", "{release}");
}

/// One of every form with flags.
#[test]
fn releases_with_flags_run() {
    run(&[
        ("0.20.3", "tmanagers"),
        ("0.20.1", "tmasters"),
        ("0.17.8", "tmasters"),
        ("0.16.5", "tmasters"),
    ]);
}

/// One of every form without.
#[test]
fn releases_that_count_their_arguments_run() {
    run(&[
        ("0.16.3", "tmasters"),
        ("0.15.0", "tmasters"),
        ("0.14.7", "tmasters"),
        ("0.14.3", "tmasters"),
        ("0.14.0", "tmasters"),
    ]);
}

fn run(releases: &[(&str, &str)]) {
    for (release, directory) in releases {
        let env = bed_of(release);
        let setting = format!("--config-property=heron.release.version={release}");
        let submitted = live(&env, &[&setting]);
        assert_eq!(submitted["release"]["version"], *release);
        assert_eq!(submitted["release"]["source"], "setting");
        let location = format!("/{directory}/elder");
        let tree = submitted["tree"].as_array().unwrap();
        assert!(tree.iter().any(|path| path.as_str().unwrap().ends_with(&location)), "{tree:?}");
        let checked = env.json(&["check", "fetch", &setting]);
        assert_eq!(checked["agents"][0]["fetches"][0]["release"], *release);
    }
}

#[test]
fn the_release_is_read_from_the_core_package() {
    for release in ["0.17.8", "0.16.3"] {
        let env = bed_of(release);
        let file = env.topology("elder", 1);
        let planned = env.json(&["submit", &file, "--dry-run"]);
        assert_eq!(planned["release"]["version"], release);
        let submitted = live(&env, &[]);
        assert_eq!(submitted["release"]["version"], release);
        assert_eq!(submitted["release"]["source"], "package");
        assert!(submitted["release"]["detail"].as_str().unwrap().contains(&env.core));
        let text = env.ok(&["submit", &file]).stdout;
        assert!(text.contains(&format!("release    {release}\n")), "{text}");
        env.ok(&["kill", "elder"]);
    }
}

/// What stands in Heron's tree for trackers: which build of Heron runs, and where the framework is shown.
#[test]
fn the_build_and_the_page_are_recorded_for_heron_s_own_tools() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for (release, links) in [("0.20.5", 0), ("0.20.3", 1), ("0.17.8", 1)] {
        let env = bed_of(release);
        let file = env.topology("recorded", 1);
        let submitted = env.json(&["submit", &file]);
        let read = |directory: &str| {
            runtime.block_on(async {
                let client = zk::connect(&zookeeper(), Duration::from_secs(10)).await.unwrap();
                let path = format!("{}/{directory}/recorded", env.root);
                zk::get(&client, &path).await.unwrap().unwrap()
            })
        };
        let state = ExecutionState::decode(read("executionstate").as_slice()).unwrap();
        let built = state.release_state.unwrap();
        assert_eq!(built.release_username.as_deref(), Some("standin"));
        assert_eq!(built.release_version.as_deref(), Some(release));
        let location = SchedulerLocation::decode(read("schedulers").as_slice()).unwrap();
        assert_eq!(location.job_page_link.len(), links, "{release}");
        let page = submitted["page"].as_str().unwrap();
        assert!(location.job_page_link.iter().all(|link| link == page), "{location:?}");
        assert_eq!(env.json(&["status", "recorded"])["framework"]["page"], page);
        env.ok(&["kill", "recorded"]);
        let typed = "--config-property=heron.build.user=somebody";
        let version = format!("--config-property=heron.release.version={release}");
        env.ok(&["submit", &file, typed, &version]);
        let built = ExecutionState::decode(read("executionstate").as_slice()).unwrap();
        let built = built.release_state.unwrap();
        assert_eq!(built.release_username.as_deref(), Some("somebody"));
        assert_eq!(built.release_version.as_deref(), Some(release));
        env.ok(&["kill", "recorded"]);
    }
}

#[test]
fn a_wrong_release_is_told_and_taken_back() {
    let env = bed_of("0.16.3");
    let file = env.topology("misread", 1);
    let wrong = "--config-property=heron.release.version=0.20.5";
    let ran = env.run(&["submit", &file, wrong]);
    assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("41 arguments"), "{}", ran.stderr);
    env.assert_nothing_left("misread");
    let ran = env.run(&["check", "fetch", wrong]);
    assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("heron-core/bin/heron-tmanager"), "{}", ran.stdout);
    for bad in ["live", "0.13.0"] {
        let bad = format!("--config-property=heron.release.version={bad}");
        assert_eq!(env.run(&["submit", &file, &bad]).code, 3);
    }
}
