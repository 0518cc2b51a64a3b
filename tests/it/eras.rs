//! Command lines of earlier years with the files of those years, as they stand but for host names and paths.
//!
//! The two of March 2016 called the program `heron-cli2`; everything else of them is typed here as it was then.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::environment::{Ran, TestEnv, zookeeper};
use crate::topologies::JARS;

const LOADER: &str = "com.twitter.heron.scheduler.util.DefaultConfigLoader";

/// A recorded file of 2016 for the env: hosts and paths are the env's, everything else is as it was.
fn recorded(env: &TestEnv, tmp_dir: &Path) -> PathBuf {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/conf-2016/mesos_scheduler.conf");
    let mut text = std::fs::read_to_string(data).unwrap();
    let package = format!("file://{}/topology.tar.gz", tmp_dir.display());
    let journal = format!("{}/heron-mesos", env.root);
    let java = std::env::var("JAVA_HOME").unwrap_or_else(|_| "/usr".to_owned());
    for (then, now) in [
        ("master:2181", zookeeper().as_str()),
        ("master:5050", env.cluster.masters[0].as_str()),
        ("/storm/heron/cluster", env.root.as_str()),
        ("file:///vagrant/dist/defn-tmp/topology.tar.gz", package.as_str()),
        ("file:///vagrant/dist/ubuntu/heron-core-0.1.0-SNAPSHOT.tar.gz", env.core.as_str()),
        ("zookeeper.root: /heron-mesos", format!("zookeeper.root: {journal}").as_str()),
        ("/usr/lib/jvm/java-8-openjdk-amd64", java.as_str()),
    ] {
        assert!(text.contains(then), "{then} is not in {data}");
        text = text.replace(then, now);
    }
    let file = env.directory.path().join("conf-2016").join("mesos_scheduler.conf");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, text).unwrap();
    file
}

/// Runs the binary with these words and nothing else.
fn run(env: &TestEnv, words: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heron-cli"));
    let kept = ["PATH", "JAVA_HOME"].map(|name| (name, std::env::var_os(name)));
    let kept = kept.into_iter().filter_map(|(name, value)| Some((name, value?)));
    command.args(words).env_clear().env("HOME", env.directory.path()).envs(kept);
    command.current_dir(env.directory.path()).stdin(Stdio::null());
    Ran::from(command.output().unwrap())
}

#[test]
fn the_command_lines_of_2016_submit_and_kill() {
    let env = TestEnv::new();
    let tmp_dir = env.directory.path().join("defn-tmp");
    let conf = recorded(&env, &tmp_dir);
    let (conf, tmp_dir) = (conf.to_str().unwrap(), tmp_dir.to_str().unwrap());
    let jar = JARS[1].to_str().unwrap();
    let class = "tests.topologies.WordCount";

    let submitted = run(
        &env,
        &[
            "submit",
            "",
            jar,
            class,
            "wordcount",
            "--config-loader",
            LOADER,
            "--config-path",
            conf,
            "--tmp-dir",
            tmp_dir,
        ],
    );
    assert_eq!(submitted.code, 0, "{}\n{}", submitted.stdout, submitted.stderr);
    assert!(submitted.stdout.contains("topology wordcount is running"), "{}", submitted.stdout);
    // What the file says and would destroy the topology is told.
    assert!(submitted.stderr.contains("failover.timeout.seconds"), "{}", submitted.stderr);
    assert_eq!(env.cluster.live_tasks().len(), 2);

    let place = ["--config-loader", LOADER, "--config-path", conf];
    let runtime = |verb: &str| {
        let words: Vec<&str> = [verb, "", "wordcount"].into_iter().chain(place).collect();
        run(&env, &words)
    };
    for verb in ["deactivate", "activate", "kill"] {
        let ran = runtime(verb);
        assert_eq!(ran.code, 0, "{verb}: {}\n{}", ran.stdout, ran.stderr);
    }
    env.assert_nothing_left("wordcount");
    assert_eq!(runtime("kill").code, 5);
}
