//! ZooKeeper servers that accept connections and say nothing, or too much, and users who don't want to wait for them.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::environment::{Ran, TestEnv};

/// Five times what is promised (a second beyond the limit), for busy machines.
const SLACK: Duration = Duration::from_secs(5);

/// The verbs that open the tree.
fn verbs(file: &str) -> Vec<Vec<String>> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    vec![
        vec!["submit".to_owned(), file.to_owned()],
        words("list"),
        words("status t"),
        words("activate t"),
        words("deactivate t"),
        words("restart t"),
        words("update t --component-parallelism=word:2"),
        words("update t --runtime-config x:y"),
        words("kill t"),
    ]
}

/// A port whose listener never answers: connections are accepted by the system.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

fn run(env: &TestEnv, words: &[String], more: &[&str]) -> (Ran, Duration) {
    let mut all: Vec<&str> = words.iter().map(String::as_str).collect();
    all.extend(more);
    let began = Instant::now();
    (env.run(&all), began.elapsed())
}

#[test]
fn a_silent_server_is_waited_for_as_long_as_is_said() {
    let env = TestEnv::new();
    let file = env.topology("t", 1);
    let (_listener, address) = silent();
    let connection = format!("zk.connection.string={address}");
    let limit = "heron.statemgr.zookeeper.connection.timeout.ms=700";
    for words in verbs(&file) {
        let more = ["--config-property", &connection, "--timeout", "1s"];
        let (ran, took) = run(&env, &words, &more);
        assert_eq!(ran.code, 7, "{words:?}\n{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("{address} timed out")), "{words:?}\n{}", ran.stderr);
        assert!(
            took >= Duration::from_secs(1) && took < Duration::from_secs(1) + SLACK,
            "{took:?}"
        );
        let more = ["--config-property", &connection, "--config-property", limit];
        let (ran, took) = run(&env, &words, &more);
        assert_eq!(ran.code, 7, "{words:?}\n{}", ran.stderr);
        let least = Duration::from_millis(700);
        assert!(took >= least && took < least + SLACK, "{words:?}: {took:?}");
    }
}

#[test]
fn a_signal_ends_every_wait_for_a_silent_server() {
    let env = TestEnv::new();
    let file = env.topology("t", 1);
    let (listener, address) = silent();
    let connection = format!("zk.connection.string={address}");
    for words in verbs(&file) {
        for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
            let mut all: Vec<&str> = words.iter().map(String::as_str).collect();
            all.extend(["--config-property", &connection]);
            let child = env.command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
            let child = child.unwrap();
            // The command is waiting when it has connected.
            let connected = listener.accept().unwrap();
            let began = Instant::now();
            kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
            // 200 ms are promised.
            assert!(began.elapsed() < Duration::from_secs(1), "{words:?}: {:?}", began.elapsed());
            drop(connected);
        }
    }
}

#[test]
fn a_frame_of_two_gigabytes_is_given_no_memory() {
    let env = TestEnv::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let zeros = vec![0; 1 << 20];
                let mut sent = stream.write_all(&[0x7f, 0xff, 0xff, 0xff]);
                while sent.is_ok() {
                    sent = stream.write_all(&zeros);
                }
            });
        }
    });
    for (key, verb) in [
        ("zk.connection.string=", &["list"][..]),
        ("heron.mesos.master.uri=zk://", &["check", "fetch", "--timeout", "5s"][..]),
    ] {
        let path = if key.ends_with("zk://") { "/mesos" } else { "" };
        let property = format!("{key}{address}{path}");
        let mut command = env.command(verb);
        command.args(["--config-property", &property]);
        let limited = limited(command);
        let ran = Ran::from(limited);
        assert_eq!(ran.code, 7, "{verb:?}\n{}", ran.stderr);
        assert!(ran.stderr.contains("2147483647 bytes"), "{verb:?}\n{}", ran.stderr);
    }
}

/// Runs a command that is killed if it takes more than 1 GiB of memory.
fn limited(mut command: Command) -> std::process::Output {
    let program = command.get_program().to_owned();
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    command.arg0("heron-cli");
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -v 1048576; exec \"$@\"", "sh"]).arg(program).args(arguments);
    shell.env_clear();
    shell.envs(
        command.get_envs().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))),
    );
    shell.stdin(Stdio::null()).output().unwrap()
}
