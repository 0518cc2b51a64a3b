//! Package stores that work by programs of the system: a real HDFS, a real OpenSSH server, commands of the user's.

mod command;
mod hdfs;
mod ssh;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use crate::environment::{Ran, TestEnv, TestOptions, http, signal};
use crate::hdfs::{Hdfs, hadoop_fs, hadoop_home};
use crate::sshd::Sshd;

/// One HDFS for all tests; it dies with this process.
static HDFS: LazyLock<Mutex<Hdfs>> = LazyLock::new(|| {
    let data = tempfile::tempdir().unwrap().keep();
    Mutex::new(Hdfs::start(&data, &[]).unwrap())
});

fn hdfs() -> String {
    HDFS.lock().unwrap().uri.clone()
}

fn refused(ran: &Ran, code: i32, parts: &[&str]) {
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "", "stdout holds answers only");
    for part in parts {
        assert!(ran.stderr.contains(part), "{part:?} is not in\n{}", ran.stderr);
    }
}

fn lines<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).into()
}

/// A program of a test's own.
fn script(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/bash\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The files of a directory, hidden ones too.
fn files(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Submits a topology, which must come up; then kills it, submits again and kills again; the package stays. What was printed
/// with `-v`.
fn twice(env: &TestEnv, name: &str, command: impl Fn(&[&str]) -> Command) -> [String; 2] {
    let file = env.topology(name, 1);
    let submit = || {
        let ran = Ran::from(command(&["submit", "-v", "-o", "json", &file]).output().unwrap());
        assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(env.json(&["status", name])["topology"]["state"], "RUNNING");
        env.ok(&["kill", name, "--keep-package"]);
        env.assert_nothing_left(name);
        ran.stderr
    };
    [submit(), submit()]
}

fn hdfs_bed(directory: &str, more: &[&str]) -> TestEnv {
    let home = hadoop_home();
    let mut options = TestOptions::default();
    options.cluster.extend(["--hadoop-home".to_owned(), home.display().to_string()]);
    options.config = lines([
        "heron.class.uploader: org.apache.heron.uploader.hdfs.HdfsUploader",
        &format!("heron.uploader.hdfs.topologies.directory.uri: {directory}"),
        &format!("heron.uploader.hdfs.config.directory: {}", home.join("etc/hadoop").display()),
    ]);
    options.config.extend(more.iter().map(|line| (*line).to_owned()));
    TestEnv::with(&options)
}

fn with_hadoop(env: &TestEnv, home: &Path, words: &[&str]) -> Command {
    let mut command = env.command(words);
    command.env("HADOOP_HOME", home);
    command
}

/// Interrupts a command when a file appears; the process whose id is in that must be gone afterwards.
fn interrupted(mut command: Command, mark: &Path) -> Ran {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !mark.exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(&child, nix::sys::signal::Signal::SIGINT);
    let ran = Ran::from(child.wait_with_output().unwrap());
    let left = std::fs::read_to_string(mark).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", left.trim())).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    ran
}

/// A server, and a env whose agents have its directory mounted.
struct Remote {
    env: TestEnv,
    sshd: Sshd,
    directory: PathBuf,
    store: PathBuf,
}

impl Remote {
    fn new(sftp: bool, server: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap().keep();
        let sshd = Sshd::start(&directory, server).unwrap();
        let store = directory.join("packages/of/heron");
        let config = Self::config(&sshd, &store, sftp, "good", "user_key", true);
        let env = TestEnv::with(&TestOptions { config, ..TestOptions::default() });
        Self { env, sshd, directory, store }
    }

    fn config(
        sshd: &Sshd,
        store: &Path,
        sftp: bool,
        host: &str,
        key: &str,
        known: bool,
    ) -> Vec<String> {
        let client = sshd.client_config(host, key, known);
        let options = format!("-F '{}'", client.display());
        let store = store.display();
        if sftp {
            return lines([
                "heron.class.uploader: SftpUploader",
                &format!("heron.uploader.sftp.command.options: {options}"),
                &format!("heron.uploader.sftp.command.connection: {host}"),
                &format!("heron.uploader.sftp.dir.path: {store}"),
            ]);
        }
        lines([
            "heron.class.uploader: org.apache.heron.uploader.scp.ScpUploader",
            &format!("heron.uploader.scp.command.options: {options}"),
            &format!("heron.uploader.scp.command.connection: {host}"),
            &format!("heron.uploader.ssh.command.options: {options}"),
            &format!("heron.uploader.ssh.command.connection: {host}"),
            &format!("heron.uploader.scp.dir.path: {store}"),
        ])
    }

    fn uses(&mut self, sftp: bool, host: &str, key: &str, known: bool) {
        let config = Self::config(&self.sshd, &self.store, sftp, host, key, known);
        self.env.write_config(&config);
    }

    /// A `PATH` with a program in front that does what `text` says; `$real` is the real one.
    fn path_with(&self, program: &str, text: &str) -> String {
        let directory = self.directory.join("strange");
        let path = std::env::var("PATH").unwrap();
        let real = std::env::split_paths(&path)
            .map(|directory| directory.join(program))
            .find(|path| path.exists())
            .unwrap();
        script(&directory.join(program), &format!("real={}\n{text}", real.display()));
        format!("{}:{path}", directory.display())
    }
}

#[test]
fn full_stores_are_told_and_nothing_stays() {
    // Writing behind the first 512 bytes of a file fails, as it does on a full disk.
    let limited = "Subsystem sftp /bin/sh -c 'trap \"\" XFSZ; ulimit -f 1; exec /usr/lib/openssh/sftp-server'";
    for sftp in [false, true] {
        let remote = Remote::new(sftp, &[limited]);
        let file = remote.env.topology("toobig", 1);
        let ran = remote.env.run(&["submit", &file]);
        refused(&ran, 1, &["failed to copy the package to good:", "toobig-", "Failure"]);
        assert_eq!(files(&remote.store), Vec::<String>::new());
        remote.env.assert_nothing_left("toobig");
    }
    let directory = format!("{}/full", hdfs());
    hadoop_fs(&["-mkdir", "-p", &directory]).unwrap();
    let quota = Command::new(hadoop_home().join("bin/hadoop"))
        .args(["dfsadmin", "-fs", &hdfs(), "-setSpaceQuota", "1000", "/full"])
        .output()
        .unwrap();
    assert!(quota.status.success(), "{}", String::from_utf8_lossy(&quota.stderr));
    let env = hdfs_bed(&directory, &[]);
    let file = env.topology("toobig", 1);
    let ran = with_hadoop(&env, &hadoop_home(), &["submit", &file]).output().unwrap();
    refused(&Ran::from(ran), 1, &["failed to put the package into", "quota of /full is exceeded"]);
    assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap(), "");
    env.assert_nothing_left("toobig");
}
