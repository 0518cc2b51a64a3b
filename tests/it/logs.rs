//! `logs`: what is in sandboxes, of present and previous tasks, and what comes.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::environment::{Ran, TestEnv, TestOptions, signal, until};

/// The sandbox of the present task of a container.
fn sandbox(env: &TestEnv, topology: &str, container: usize) -> PathBuf {
    let status = env.json(&["status", topology]);
    let task = status["containers"][container]["task_id"].as_str().unwrap().to_owned();
    let state = env.cluster.state();
    let tasks = state["tasks"].as_array().unwrap();
    let found = tasks.iter().find(|one| one["task_id"] == task.as_str()).unwrap();
    found["sandbox"].as_str().unwrap().into()
}

/// Writes a log file as Heron's processes name them.
fn write(env: &TestEnv, topology: &str, container: usize, file: &str, text: &str) {
    let path = sandbox(env, topology, container).join("log-files").join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn lines(ran: &Ran) -> Vec<Value> {
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn logs_are_read_from_the_sandboxes() {
    let env = TestEnv::new();
    let file = env.topology("logged", 2);
    env.ok(&["submit", &file]);
    let spout = "container_1_word_spout_3.log.0";
    write(&env, "logged", 1, &format!("{spout}.1"), "[2026-11-29 22:30:47 +0000] [INFO]: older\n");
    write(
        &env,
        "logged",
        1,
        spout,
        "[2026-11-29 22:30:49 +0000] [INFO]: \u{1b}[31mred\u{1b}[0m password=hunter2\n\tat Main.java\n",
    );
    write(
        &env,
        "logged",
        2,
        "container_2_word_spout_4.log.0",
        "[2026-11-29 22:30:48 +0000] [INFO]: between\n",
    );
    let component = env.ok(&["logs", "logged", "word_spout"]);
    assert_eq!(
        component.stdout,
        "container_1_word_spout_3 | [2026-11-29 22:30:47 +0000] [INFO]: older\n\
         container_2_word_spout_4 | [2026-11-29 22:30:48 +0000] [INFO]: between\n\
         container_1_word_spout_3 | [2026-11-29 22:30:49 +0000] [INFO]: \u{1b}[31mred\u{1b}[0m password=********\n\
         container_1_word_spout_3 | \tat Main.java\n"
    );
    let found = env.run(&["-ojson", "logs", "logged", "word_spout", "--grep", "red"]);
    let found = lines(&found);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["container"]["id"], 1);
    assert_eq!(found[0]["at"], "2026-11-29T22:30:49Z");
    let instance = env.ok(&["logs", "logged", "instance/container_1_word_spout_3", "-n", "1"]);
    assert_eq!(instance.stdout, "\tat Main.java\n");
    let since = env.ok(&["logs", "logged", "word_spout", "--since", "2026-11-29T22:30:49Z"]);
    assert_eq!(since.stdout.lines().count(), 2, "{}", since.stdout);

    let executor = env.ok(&["logs", "logged", "executor-2"]);
    assert!(executor.stdout.contains("stmgr-2"), "{}", executor.stdout);
    assert!(
        !executor.stdout.contains("82e79bae-17cf-462c-88e0-b6e25066356b\n"),
        "a secret of the shell"
    );
    let stderr = env.ok(&["logs", "logged", "1", "--file", "stderr", "--lines", "all"]);
    assert!(stderr.stdout.contains("Fetching URI"), "{}", stderr.stdout);
    let all = env.ok(&["logs", "logged"]);
    assert!(all.stdout.contains("executor-0") && all.stdout.contains("between"), "{}", all.stdout);
    let listed = env.json(&["logs", "logged", "1", "--list"]);
    let files = listed["files"].as_array().unwrap();
    let spouts = files.iter().filter(|file| file["process"] == "container_1_word_spout_3");
    assert_eq!(spouts.count(), 2, "{listed:#}");

    for (words, code, text) in [
        (vec!["logs", "logged", "nobody"], 5, "has no `nobody`"),
        (vec!["logs", "logged", "7"], 5, "has no `7`"),
        (vec!["logs", "logged", "1", "--file", "gone"], 5, "no file gone"),
        (vec!["logs", "nobody"], 5, "there is no topology"),
        (vec!["logs", "logged", "1", "--previous"], 5, "no previous attempt"),
        (vec!["logs", "logged", "--lines", "few"], 2, "write a number, or all"),
    ] {
        let ran = env.run(&words);
        assert_eq!(ran.code, code, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(text), "{words:?}: {}", ran.stderr);
    }
    env.ok(&["kill", "logged"]);
}

#[test]
fn the_attempt_before_is_read_where_it_was() {
    let env = TestEnv::new();
    let file = env.topology("again", 1);
    env.ok(&["submit", &file]);
    write(&env, "again", 1, "container_1_word_spout_2.log.0", "of the first\n");
    env.ok(&["restart", "again", "1"]);
    write(&env, "again", 1, "container_1_word_spout_2.log.0", "of the second\n");
    assert_eq!(env.ok(&["logs", "again", "word_spout"]).stdout, "of the second\n");
    assert_eq!(env.ok(&["logs", "again", "word_spout", "--previous"]).stdout, "of the first\n");
    env.ok(&["kill", "again"]);
}

/// A command that is followed.
struct Following {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Following {
    fn start(env: &TestEnv, words: &[&str]) -> Self {
        let mut child = env.start(words);
        let (sender, lines) = std::sync::mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        Self { child, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(std::time::Duration::from_mins(1)).unwrap()
    }

    fn end(self, with: Signal) -> Ran {
        signal(&self.child, with);
        Ran::from(self.child.wait_with_output().unwrap())
    }
}

#[test]
fn what_is_written_is_followed_over_rotation_and_restarts() {
    let env = TestEnv::new();
    let file = env.topology("followed", 1);
    env.ok(&["submit", &file]);
    let name = "container_1_word_spout_2.log.0";
    write(&env, "followed", 1, name, "one\ntwo\nthr");
    let following = Following::start(&env, &["logs", "-f", "-n", "1", "followed", "word_spout"]);
    let logs = sandbox(&env, "followed", 1).join("log-files");
    let append = |text: &str| {
        let mut all = std::fs::read(logs.join(name)).unwrap();
        all.extend_from_slice(text.as_bytes());
        std::fs::write(logs.join(name), all).unwrap();
    };
    append("ee\nfour\n");
    assert_eq!([following.line(), following.line()], ["three", "four"]);
    // What was written just before the rotation is read in the older file.
    append("five\n");
    std::fs::rename(logs.join(name), logs.join("container_1_word_spout_2.log.0.1")).unwrap();
    std::fs::write(logs.join(name), "six\n").unwrap();
    assert_eq!([following.line(), following.line()], ["five", "six"]);
    env.ok(&["restart", "followed", "1"]);
    write(&env, "followed", 1, name, "seven\n");
    assert_eq!(following.line(), "seven");
    let ran = following.end(Signal::SIGINT);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("going on with container 1, attempt 2"), "{}", ran.stderr);

    let mut following = Following::start(&env, &["logs", "-f", "followed", "executor"]);
    following.line();
    env.ok(&["kill", "followed"]);
    assert!(following.child.wait().unwrap().success(), "it ends with the topology");
}

#[test]
fn who_reads_no_further_ends_it() {
    let env = TestEnv::new();
    let file = env.topology("headed", 1);
    env.ok(&["submit", &file]);
    let mut child = env.command(&["logs", "-f", "headed"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    write(&env, "headed", 1, "container_1_word_spout_2.log.0", &"more\n".repeat(100));
    assert!(child.wait().unwrap().success());
    env.ok(&["kill", "headed"]);
}

#[test]
fn hosts_that_can_not_be_asked_are_told() {
    let env = TestEnv::new();
    let file = env.topology("lost", 2);
    env.ok(&["submit", &file]);
    let status = env.json(&["status", "lost"]);
    let agent = status["containers"][1]["agent_id"].as_str().unwrap();
    env.cluster.control("/lose-agent", &json!({ "agent": agent }));
    let lost = env.run(&["logs", "lost", "1"]);
    assert_eq!(lost.code, 7, "{}", lost.stderr);
    for part in ["container 1, attempt 1", "hosts are asked directly"] {
        assert!(lost.stderr.contains(part), "{}", lost.stderr);
    }
    // What can be read is shown all the same.
    let rest = env.run(&["logs", "lost", "executor"]);
    assert_eq!(rest.code, 7, "{}", rest.stderr);
    assert!(rest.stdout.contains("executor-2"), "{}", rest.stdout);
    env.cluster.control("/return-agent", &json!({ "agent": agent }));
    until("the agent's return", || env.run(&["logs", "lost", "1"]).code == 0);
    env.ok(&["kill", "lost"]);
}

#[test]
fn agents_may_want_credentials() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    std::fs::write(&secret, "hunter2").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let path = secret.display();
    let words = format!("--agents 1 --principal heron --secret-file {path} --authenticate agent");
    let cluster = words.split(' ').map(str::to_owned).collect();
    let options = TestOptions { cluster, ..TestOptions::default() };
    let mut env = TestEnv::with(&options);
    let file = env.topology("guarded", 1);
    env.ok(&["submit", &file]);
    let refused = env.run(&["logs", "guarded", "executor"]);
    assert_eq!(refused.code, 8, "{}", refused.stderr);
    for part in ["401", "container 1, attempt 1", "check the principal"] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    assert!(!refused.stderr.contains("asked directly"), "{}", refused.stderr);
    let file = format!("heron.mesos.secret.file: {path}");
    env.write_config(&["heron.mesos.principal: heron".to_owned(), file]);
    assert!(env.ok(&["logs", "guarded", "executor"]).stdout.contains("executor of container 1"));
    env.ok(&["kill", "guarded"]);
}
