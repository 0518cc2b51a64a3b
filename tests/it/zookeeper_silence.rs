//! ZooKeeper servers that say too much.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::environment::{Ran, TestEnv};

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
