//! Package stores that work by programs of the system: a real HDFS, a real OpenSSH server, commands of the user's.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use crate::bed::{Bed, Ran, Wish, http};
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

/// Submits a topology, which must come up; then kills it, submits again and kills again. What was printed with `-v`.
fn twice(bed: &Bed, name: &str, command: impl Fn(&[&str]) -> Command) -> [String; 2] {
    let file = bed.topology(name, 1);
    let submit = || {
        let ran = Ran::from(command(&["submit", "-v", "-o", "json", &file]).output().unwrap());
        assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(bed.json(&["status", name])["topology"]["state"], "RUNNING");
        bed.ok(&["kill", name]);
        bed.assert_nothing_left(name);
        ran.stderr
    };
    [submit(), submit()]
}

fn hdfs_bed(directory: &str, more: &[&str]) -> Bed {
    let home = hadoop_home();
    let mut wish = Wish::default();
    wish.cluster.extend(["--hadoop-home".to_owned(), home.display().to_string()]);
    wish.config = lines([
        "heron.class.uploader: org.apache.heron.uploader.hdfs.HdfsUploader",
        &format!("heron.uploader.hdfs.topologies.directory.uri: {directory}"),
        &format!("heron.uploader.hdfs.config.directory: {}", home.join("etc/hadoop").display()),
    ]);
    wish.config.extend(more.iter().map(|line| (*line).to_owned()));
    Bed::with(&wish)
}

fn with_hadoop(bed: &Bed, home: &Path, words: &[&str]) -> Command {
    let mut command = bed.command(words);
    command.env("HADOOP_HOME", home);
    command
}

#[test]
fn a_topology_runs_from_hdfs() {
    let directory = format!("{}/heron/topologies", hdfs());
    let bed = hdfs_bed(&directory, &[]);
    let [first, second] = twice(&bed, "inhdfs", |words| with_hadoop(&bed, &hadoop_home(), words));
    let listed = hadoop_fs(&["-ls", "-C", &directory]).unwrap();
    let names: Vec<_> = listed.lines().collect();
    assert_eq!(names.len(), 1, "{listed}");
    assert!(names[0].starts_with(&format!("{directory}/inhdfs-")), "{listed}");
    assert!(first.contains(&format!("uploading the package to {directory}/inhdfs-")), "{first}");
    assert!(!second.contains("Deleted"), "{second}");
    // The time of the file tells that it was not written again.
    let time = hadoop_fs(&["-stat", "%Y", names[0]]).unwrap();
    let file = bed.topology("inhdfs", 1);
    let home = hadoop_home();
    let ran = with_hadoop(&bed, &home, &["submit", &file]).output().unwrap();
    assert!(ran.status.success());
    assert_eq!(hadoop_fs(&["-stat", "%Y", names[0]]).unwrap(), time);
    bed.ok(&["kill", "inhdfs"]);

    let web = HDFS.lock().unwrap().http.clone();
    let seen = http("GET", &format!("{web}/webhdfs/v1/heron/topologies?op=LISTSTATUS"), "");
    assert!(seen.contains("\"pathSuffix\":\"inhdfs-"), "{seen}");

    // The same name with another size is not the same package: it is replaced.
    std::fs::write(bed.directory.path().join("short"), "short").unwrap();
    let short = bed.directory.path().join("short").display().to_string();
    hadoop_fs(&["-put", "-f", &short, names[0]]).unwrap();
    let ran = with_hadoop(&bed, &home, &["submit", &file]).output().unwrap();
    assert!(ran.status.success());
    assert_ne!(hadoop_fs(&["-stat", "%b", names[0]]).unwrap(), "5");
    assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap().lines().count(), 1);
    bed.ok(&["kill", "inhdfs"]);
}

#[test]
fn hdfs_that_refuses_or_is_not_there_is_told() {
    let directory = format!("{}/denied", hdfs());
    let bed = hdfs_bed(&directory, &[]);
    let file = bed.topology("nohdfs", 1);
    let home = hadoop_home();
    let mut command = with_hadoop(&bed, &home, &["submit", &file]);
    command.env("HADOOP_USER_NAME", "nobody");
    let ran = Ran::from(command.output().unwrap());
    refused(&ran, 8, &["Permission denied: user=nobody", &directory]);

    let gone = "heron.uploader.hdfs.topologies.directory.uri=hdfs://localhost:1/x";
    let ran = with_hadoop(&bed, &home, &["submit", &file, "--config-property", gone]).output();
    refused(&Ran::from(ran.unwrap()), 7, &["Connection refused", "hdfs://localhost:1/x"]);

    let unknown = "heron.uploader.hdfs.topologies.directory.uri=hdfs://no.such.host.invalid:8020/x";
    let ran = with_hadoop(&bed, &home, &["submit", &file, "--config-property", unknown]).output();
    let ran = Ran::from(ran.unwrap());
    refused(&ran, 7, &["UnknownHostException"]);
    assert!(!ran.stderr.contains("Usage"), "{}", ran.stderr);

    let mut command = with_hadoop(&bed, Path::new("/no/hadoop"), &["submit", &file]);
    command.env("PATH", "/no/path");
    let ran = Ran::from(command.output().unwrap());
    refused(&ran, 3, &["/no/hadoop/bin/hadoop", "no directory of PATH has hadoop", "HADOOP_HOME"]);
    bed.assert_nothing_left("nohdfs");
    assert!(hadoop_fs(&["-stat", "%b", &directory]).is_err());
}

/// A client of Hadoop that does what `text` says with `-put`, and else what the real one does.
fn strange_hadoop(bed: &Bed, text: &str) -> PathBuf {
    let home = bed.directory.path().join("strange");
    let real = hadoop_home().join("bin/hadoop");
    let text = format!(
        "real={}\nif [[ \" $* \" == *\" -put \"* ]]; then\nplace=${{@: -1}}\n{text}\nfi\nexec \"$real\" \"$@\"",
        real.display()
    );
    script(&home.join("bin/hadoop"), &text);
    home
}

#[test]
fn nothing_of_a_failed_upload_stays_in_hdfs() {
    let directory = format!("{}/faults", hdfs());
    let limit = "heron.uploader.program.time.limit.seconds: 8";
    let bed = hdfs_bed(&directory, &[limit]);
    let file = bed.topology("halfway", 1);
    let half = "head -c 100 | \"$real\" fs -put - \"$place\"";
    for (text, code, parts) in [
        (
            "cat >/dev/null; exit 0",
            1,
            ["the store accepted the package, but", ".part is not there"],
        ),
        (&format!("{half}; exit 0"), 1, ["has 100 bytes after the upload", ".part"]),
        (
            &format!("{half}; echo 'No space left on device' >&2; exit 1"),
            1,
            ["No space left", "status 1"],
        ),
        (&format!("{half}; kill -9 $$"), 1, ["was killed by signal 9", "hadoop"]),
        (&format!("{half}; sleep 1000"), 7, ["still running after 8 s", "time.limit"]),
    ] {
        let home = strange_hadoop(&bed, text);
        let ran = with_hadoop(&bed, &home, &["submit", &file]).output().unwrap();
        refused(&Ran::from(ran), code, &parts);
        assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap(), "", "{text}");
        bed.assert_nothing_left("halfway");
    }
}

#[test]
fn an_interrupted_upload_leaves_nothing_in_hdfs() {
    let directory = format!("{}/interrupted", hdfs());
    let bed = hdfs_bed(&directory, &[]);
    let file = bed.topology("broken", 1);
    let mark = bed.directory.path().join("began");
    let text = format!(
        "head -c 100 | \"$real\" fs -put - \"$place\"; sleep 1000 & echo $! >{0}.new; mv {0}.new {0}; wait",
        mark.display()
    );
    let home = strange_hadoop(&bed, &text);
    let ran = interrupted(with_hadoop(&bed, &home, &["submit", &file]), &mark);
    refused(&ran, 130, &["interrupted while uploading the package", "nothing was changed"]);
    assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap(), "");
    bed.assert_nothing_left("broken");
}

/// Interrupts a command when a file appears; the process whose id is in that must be gone afterwards.
fn interrupted(mut command: Command, mark: &Path) -> Ran {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !mark.exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    let left = std::fs::read_to_string(mark).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", left.trim())).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    ran
}

/// A server, and a bed whose agents have its directory mounted.
struct Remote {
    bed: Bed,
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
        let bed = Bed::with(&Wish { config, ..Wish::default() });
        Self { bed, sshd, directory, store }
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
        self.bed.write_config(&config);
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
fn a_topology_runs_from_what_scp_and_sftp_brought() {
    for sftp in [false, true] {
        let mut remote = Remote::new(sftp, &[]);
        let bed = &remote.bed;
        twice(bed, "byssh", |words| bed.command(words));
        let there = files(&remote.store);
        assert_eq!(there.len(), 1, "{there:?}");
        assert!(there[0].starts_with("byssh-") && there[0].ends_with(".tar.gz"), "{there:?}");
        let package = remote.store.join(&there[0]);
        let written = package.metadata().unwrap().modified().unwrap();
        let file = bed.topology("byssh", 1);
        bed.ok(&["submit", &file]);
        assert_eq!(package.metadata().unwrap().modified().unwrap(), written);
        bed.ok(&["kill", "byssh"]);

        // The same name with another size is not the same package; the URI to fetch from is configured.
        std::fs::write(&package, "short").unwrap();
        let mut config =
            Remote::config(&remote.sshd, &remote.store, sftp, "good", "user_key", true);
        config.push(format!("heron.package.topology.uri: file://{}/", remote.store.display()));
        remote.bed.write_config(&config);
        let ran = remote.bed.ok(&["submit", "-v", &file]);
        let uri = format!("file://{}", package.display());
        assert!(ran.stderr.contains(&uri), "{}", ran.stderr);
        assert_ne!(package.metadata().unwrap().len(), 5);
        assert_eq!(files(&remote.store).len(), 1);
        remote.bed.ok(&["kill", "byssh"]);
    }
}

#[test]
fn sftp_needs_no_shell() {
    let remote = Remote::new(true, &["ForceCommand internal-sftp"]);
    let file = remote.bed.topology("noshell", 1);
    remote.bed.ok(&["submit", &file]);
    remote.bed.ok(&["kill", "noshell"]);
    assert_eq!(files(&remote.store).len(), 1);
}

#[test]
fn logins_that_fail_are_told_and_nobody_is_asked() {
    for sftp in [false, true] {
        let mut remote = Remote::new(sftp, &[]);
        let file = remote.bed.topology("nologin", 1);
        remote.uses(sftp, "wrongkey", "other_key", true);
        refused(&remote.bed.run(&["submit", &file]), 8, &["Permission denied", "ssh-add"]);
        remote.uses(sftp, "stranger", "user_key", false);
        refused(&remote.bed.run(&["submit", &file]), 8, &["Host key verification failed"]);
        remote.uses(sftp, "unreachable", "user_key", true);
        let client = remote.directory.join("client_unreachable");
        let text = std::fs::read_to_string(&client).unwrap();
        let port = format!("Port {}", remote.sshd.port);
        std::fs::write(&client, text.replace(&port, "Port 1")).unwrap();
        refused(&remote.bed.run(&["submit", &file]), 7, &["Connection refused"]);
        remote.bed.assert_nothing_left("nologin");
        assert!(files(&remote.store).is_empty());
        assert!(remote.sshd.log().contains("Connection"), "{}", remote.sshd.log());
    }
}

#[test]
fn directories_that_can_not_be_used_are_told() {
    for sftp in [false, true] {
        let mut remote = Remote::new(sftp, &[]);
        let file = remote.bed.topology("nodir", 1);
        let key = if sftp { "heron.uploader.sftp.dir.path" } else { "heron.uploader.scp.dir.path" };
        // A file is where a directory should be: nobody may write there, not even root.
        std::fs::create_dir_all(remote.store.parent().unwrap()).unwrap();
        std::fs::write(&remote.store, "").unwrap();
        let ran = remote.bed.run(&["submit", &file]);
        refused(&ran, 1, &["nodir-"]);
        assert_eq!(std::fs::read_to_string(&remote.store).unwrap(), "");

        let property = format!("{key}=/srv/a b");
        let ran = remote.bed.run(&["submit", &file, "--config-property", &property]);
        refused(&ran, 3, &["letters, digits"]);
        let property = format!("{key}=packages");
        let ran = remote.bed.run(&["submit", &file, "--config-property", &property]);
        refused(&ran, 3, &["heron.package.topology.uri"]);
        std::fs::remove_file(&remote.store).unwrap();
        remote.uses(sftp, "-oProxyCommand=touch", "user_key", true);
        refused(&remote.bed.run(&["submit", &file]), 3, &["no host"]);
        remote.bed.assert_nothing_left("nodir");
    }
}

#[test]
fn nothing_of_a_failed_copy_stays() {
    for (sftp, program) in [(false, "scp"), (true, "sftp")] {
        let remote = Remote::new(sftp, &[]);
        let bed = &remote.bed;
        let file = bed.topology("half", 1);
        // What arrives is cut short; sftp is told what to do on its standard input.
        let half = if sftp {
            "commands=$(cat); if [[ $commands == put* ]]; then put=($commands); \
             head -c 100 \"${put[1]}\" >\"${put[2]}\"; FAULT; fi; exec \"$real\" \"$@\" <<<\"$commands\""
                .to_owned()
        } else {
            "place=${@: -1}; head -c 100 \"${@: -2:1}\" >\"${place#*:}\"; FAULT".to_owned()
        };
        let lies = if sftp {
            "commands=$(cat); [[ $commands == put* ]] && exit 0; exec \"$real\" \"$@\" <<<\"$commands\""
        } else {
            "exit 0"
        };
        let cases = [
            (lies.to_owned(), 1, "is not there"),
            (
                half.replace("FAULT", "echo 'No space left on device' >&2; exit 1"),
                1,
                "No space left",
            ),
            (half.replace("FAULT", "kill -9 $$"), 1, "killed by signal 9"),
            (half.replace("FAULT", "sleep 1000"), 7, "still running after 5 s"),
        ];
        for (text, code, part) in cases {
            let path = remote.path_with(program, &text);
            let mut command = bed.command(&[
                "submit",
                &file,
                "--config-property",
                "heron.uploader.program.time.limit.seconds=5",
            ]);
            let ran = Ran::from(command.env("PATH", path).output().unwrap());
            refused(&ran, code, &[part, "half-"]);
            assert_eq!(files(&remote.store), Vec::<String>::new(), "{program}: {text}");
            bed.assert_nothing_left("half");
        }
        // Ends well with a part of it: scp's own way of lying.
        if !sftp {
            let path = remote.path_with(program, &half.replace("FAULT", "exit 0"));
            let ran = bed.command(&["submit", &file]).env("PATH", path).output().unwrap();
            refused(&Ran::from(ran), 1, &["has 100 bytes after the upload"]);
            assert_eq!(files(&remote.store), Vec::<String>::new());
        }
        let mark = remote.directory.join("began");
        let wait = "sleep 1000 & echo $! >MARK.new; mv MARK.new MARK; wait";
        let wait = wait.replace("MARK", mark.to_str().unwrap());
        let path = remote.path_with(program, &half.replace("FAULT", &wait));
        let mut command = bed.command(&["submit", &file]);
        command.env("PATH", path);
        let ran = interrupted(command, &mark);
        refused(&ran, 130, &["interrupted while uploading", "nothing was changed"]);
        assert_eq!(files(&remote.store), Vec::<String>::new());
        bed.assert_nothing_left("half");
    }
}

#[test]
fn full_stores_are_told_and_nothing_stays() {
    // Writing behind the first 512 bytes of a file fails, as it does on a full disk.
    let limited = "Subsystem sftp /bin/sh -c 'trap \"\" XFSZ; ulimit -f 1; exec /usr/lib/openssh/sftp-server'";
    for sftp in [false, true] {
        let remote = Remote::new(sftp, &[limited]);
        let file = remote.bed.topology("toobig", 1);
        let ran = remote.bed.run(&["submit", &file]);
        refused(&ran, 1, &["failed to copy the package to good:", "toobig-", "Failure"]);
        assert_eq!(files(&remote.store), Vec::<String>::new());
        remote.bed.assert_nothing_left("toobig");
    }
    let directory = format!("{}/full", hdfs());
    hadoop_fs(&["-mkdir", "-p", &directory]).unwrap();
    let quota = Command::new(hadoop_home().join("bin/hadoop"))
        .args(["dfsadmin", "-fs", &hdfs(), "-setSpaceQuota", "1000", "/full"])
        .output()
        .unwrap();
    assert!(quota.status.success(), "{}", String::from_utf8_lossy(&quota.stderr));
    let bed = hdfs_bed(&directory, &[]);
    let file = bed.topology("toobig", 1);
    let ran = with_hadoop(&bed, &hadoop_home(), &["submit", &file]).output().unwrap();
    refused(&Ran::from(ran), 1, &["failed to put the package into", "quota of /full is exceeded"]);
    assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap(), "");
    bed.assert_nothing_left("toobig");
}

fn command_bed(more: &[&str]) -> (Bed, PathBuf) {
    let store = tempfile::tempdir().unwrap().keep();
    let at = store.display();
    let mut config = lines([
        "heron.class.uploader: CommandUploader",
        &format!("heron.uploader.command.check: stat -c '%s bytes' {at}/{{name}}"),
        &format!("heron.uploader.command.undo: rm -f {at}/{{name}}"),
        &format!("heron.uploader.command.uri: file://{at}/{{name}}"),
    ]);
    config.extend(more.iter().map(|line| line.replace("STORE", &at.to_string())));
    (Bed::with(&Wish { config, ..Wish::default() }), store)
}

#[test]
fn a_topology_runs_from_what_a_command_brought() {
    let upload = r#"heron.uploader.command.upload: sh -c 'cp "$1" STORE/"$2"; echo brought to "$3"' - {file} {name} {uri}"#;
    let (bed, store) = command_bed(&[upload]);
    let [first, second] = twice(&bed, "bycommand", |words| bed.command(words));
    let there = files(&store);
    assert_eq!(there.len(), 1, "{there:?}");
    let said = format!("brought to file://{}/{}", store.display(), there[0]);
    assert!(first.contains(&said), "{first}");
    assert!(!second.contains("brought to"), "{second}");
    let file = bed.topology("bycommand", 1);
    let quiet = bed.ok(&["submit", &file]);
    assert!(!quiet.stderr.contains("bytes"), "{}", quiet.stderr);
    bed.ok(&["kill", "bycommand"]);
}

#[test]
fn commands_that_fail_hang_or_lie_are_told_and_undone() {
    let time = "heron.uploader.program.time.limit.seconds: 3";
    let (mut bed, store) = command_bed(&[]);
    let file = bed.topology("failing", 1);
    let at = store.display().to_string();
    let half = format!("head -c 9 {{file}} >{at}/{{name}};");
    for (text, code, part) in [
        (format!("sh -c '{half} echo out of luck >&2; exit 4'"), 1, "out of luck"),
        (format!("sh -c '{half} kill -9 $$'"), 1, "killed by signal 9"),
        (format!("sh -c '{half} sleep 1000'"), 7, "still running after 3 s"),
        (format!("sh -c '{half}'"), 1, "has 9 bytes after the upload"),
        ("true {file}".to_owned(), 1, "the store accepted the package, but file://"),
        ("no-such-program {file}".to_owned(), 3, "there is no program `no-such-program`"),
        ("/no/such/program {file}".to_owned(), 3, "/no/such/program"),
        ("cp {file} 'open".to_owned(), 3, "a quote is not closed"),
        ("cp x y".to_owned(), 3, "it has no {file}"),
    ] {
        let config = lines([
            "heron.class.uploader: CommandUploader",
            &format!("heron.uploader.command.check: stat -c %s {at}/{{name}}"),
            &format!("heron.uploader.command.undo: rm -f {at}/{{name}}"),
            &format!("heron.uploader.command.uri: file://{at}/{{name}}"),
            &format!("heron.uploader.command.upload: {text}"),
            time,
        ]);
        bed.write_config(&config);
        refused(&bed.run(&["submit", &file]), code, &[part]);
        assert_eq!(files(&store), Vec::<String>::new(), "{text}");
    }
    bed.assert_nothing_left("failing");
}

#[test]
fn what_uploaders_need_is_asked_for_at_once() {
    let mut bed = Bed::new();
    let file = bed.topology("asked", 1);
    for (uploader, parts) in [
        ("HdfsUploader", &["heron.uploader.hdfs.topologies.directory.uri"][..]),
        ("ScpUploader", &["heron.uploader.scp.command.connection", "heron.uploader.scp.dir.path"]),
        (
            "SftpUploader",
            &["heron.uploader.sftp.command.connection", "heron.uploader.sftp.dir.path"],
        ),
        ("CommandUploader", &["heron.uploader.command.upload", "heron.uploader.command.uri"]),
        (
            "org.apache.heron.uploader.dlog.DLUploader",
            &["no Mesos agent can fetch from DistributedLog", "ScpUploader"],
        ),
        ("com.example.MyUploader", &["doesn't know this uploader", "CommandUploader"]),
    ] {
        bed.write_config(&lines([&format!("heron.class.uploader: {uploader}")]));
        refused(&bed.run(&["submit", &file]), 3, parts);
    }
    bed.write_config(&lines([
        "heron.class.uploader: CommandUploader",
        "heron.uploader.command.upload: cp {file} /x",
        "heron.uploader.command.undo: rm /x",
        "heron.uploader.command.uri: file:///x",
    ]));
    refused(&bed.run(&["submit", &file]), 3, &["it has no {name}", "heron.uploader.command.check"]);
}
