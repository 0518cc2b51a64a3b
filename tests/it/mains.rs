//! Mains of every kind of topology file, and mains that misbehave: what works runs, what doesn't is an error with its
//! exit code, and leaves nothing behind.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use prost::Message as _;
use serde_json::Value;

use crate::environment::{Ran, TestEnv, definition, signal};
use crate::topologies::JARS;

/// A env whose temporary directory is its own, so that what is left in it is seen.
pub struct Watched {
    pub env: TestEnv,
    temporary: PathBuf,
}

impl Watched {
    pub fn new() -> Self {
        let env = TestEnv::new();
        let temporary = env.directory.path().join("tmp");
        std::fs::create_dir(&temporary).unwrap();
        Self { env, temporary }
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.env.command(words);
        command.env("TMPDIR", &self.temporary);
        command
    }

    pub fn run(&self, words: &[&str]) -> Ran {
        let mut command = self.command(words);
        let ran = Ran::from(command.output().unwrap());
        self.env.met(&command, &ran);
        self.assert_clean();
        ran
    }

    pub fn ok(&self, words: &[&str]) -> Ran {
        let ran = self.run(words);
        assert_eq!(ran.code, 0, "{words:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// Runs what must be refused: an exit code, parts of the error, no temporary file, no znode, no framework, no
    /// package.
    pub fn refused(&self, words: &[&str], code: i32, parts: &[&str]) -> Ran {
        let ran = self.run(words);
        assert_eq!(ran.code, code, "{words:?}\n{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(ran.stdout, "");
        for part in parts {
            assert!(ran.stderr.contains(part), "{part:?} is not in\n{}", ran.stderr);
        }
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        self.assert_untouched();
        ran
    }

    pub fn assert_clean(&self) {
        let left: Vec<_> = std::fs::read_dir(&self.temporary).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }

    pub fn assert_untouched(&self) {
        assert_eq!(self.records(), Vec::<String>::new());
        let store = self.env.directory.path().join("store");
        let packages = std::fs::read_dir(store).map_or(0, Iterator::count);
        assert_eq!(packages, 0, "something was uploaded");
        assert_eq!(self.env.cluster.live_tasks(), Vec::<Value>::new());
    }

    /// Znodes that are about any topology: all but the directories of Heron's tree.
    fn records(&self) -> Vec<String> {
        let root = self.env.root.as_str();
        let depth = |path: &String| path.strip_prefix(root).unwrap_or(path).matches('/').count();
        self.env.znodes().into_iter().filter(|path| depth(path) > 1).collect()
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.env.directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A shell script that poses as a pex; `$DEFN` is where definitions go and `$HERE` where the test's files are.
    pub fn script(&self, name: &str, body: &str) -> String {
        let here = self.env.directory.path().display();
        let text = format!(
            "#!/bin/sh\nDEFN=$(echo \"$HERON_OPTIONS\" | tr ',' '\\n' | sed -n 's/.*tmpdirectory=//p')\nHERE='{here}'\n{body}\n"
        );
        let path = self.file(name, text.as_bytes());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A definition in a file that no submission takes for its own.
    fn recorded(&self, name: &str) -> PathBuf {
        let path = self.env.directory.path().join(format!("{name}.recorded"));
        let id = format!("{name}82e79bae-17cf-462c-88e0-b6e25066356b");
        std::fs::write(&path, definition(name, &id, 1).encode_to_vec()).unwrap();
        path
    }

    pub fn kill(&self, name: &str) {
        self.ok(&["kill", name]);
        self.env.assert_nothing_left(name);
    }
}

#[test]
fn mains_that_misbehave_are_told() {
    let env = Watched::new();
    env.recorded("twin");
    env.script("hangs.pex", "echo waiting for the database; sleep 600");
    let hung = ["submit", "hangs.pex", "-", "--config-property", "heron.topology.main.timeout=1"];
    env.refused(&hung, 4, &["still running after 1 s", "waiting for the database", "main.timeout"]);
    env.refused(&["submit", "--timeout", "1s", "hangs.pex", "-"], 4, &["after 1 s"]);

    env.script("silent.pex", "echo nothing to do");
    env.refused(&["submit", "silent.pex", "-"], 4, &["without submitting", "nothing to do"]);
    env.script(
        "twice.pex",
        "cp $HERE/twin.recorded $DEFN/a.defn; cp $HERE/twin.recorded $DEFN/b.defn",
    );
    env.refused(&["submit", "twice.pex", "-"], 4, &["a.defn and b.defn", "\"twin\""]);
    env.script("junk.pex", "echo junk > $DEFN/x.defn");
    env.refused(&["submit", "junk.pex", "-"], 4, &["x.defn", "corrupt"]);
    env.script("cut.pex", "head -c 100 $HERE/twin.recorded > $DEFN/x.defn");
    env.refused(&["submit", "cut.pex", "-"], 4, &["x.defn"]);
    env.script("killed.pex", "kill -9 $$");
    env.refused(&["submit", "killed.pex", "-"], 4, &["signal 9"]);
    // One of two definitions that can't be used: neither is submitted.
    env.script("half.pex", "cp $HERE/twin.recorded $DEFN/twin.defn; echo junk > $DEFN/x.defn");
    env.refused(&["submit", "half.pex", "-"], 4, &["x.defn"]);
}

#[test]
fn a_main_is_shown_live_and_ends_with_us() {
    let env = Watched::new();
    let body = "echo first; echo $$ > $HERE/pid; sleep 600 & echo $! > $HERE/child; wait";
    env.script("slow.pex", body);
    let mut child = env
        .command(&["submit", "-v", "slow.pex", "-"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    // While it runs: nothing else ends this loop.
    assert!(lines.any(|line| line.unwrap().contains("| first")));
    let process = |name: &str| loop {
        let text = std::fs::read_to_string(env.env.directory.path().join(name));
        match text.unwrap_or_default().trim().parse::<i32>() {
            Ok(id) => return Pid::from_raw(id),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let processes = [process("pid"), process("child")];
    signal(&child, Signal::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    for id in processes {
        let gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
            stat.map_or(true, |stat| stat.contains(") Z "))
        };
        while !gone() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    env.assert_clean();
    env.assert_untouched();
}

#[test]
fn several_topologies_come_from_one_main() {
    let env = Watched::new();
    for name in ["first", "second"] {
        env.recorded(name);
    }
    env.script("both.pex", "for t in first second; do cp $HERE/$t.recorded $DEFN/$t.defn; done");
    let plan = env.ok(&["submit", "-o", "json", "both.pex", "-", "--dry-run"]);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let names: BTreeSet<_> = plan["plans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| plan["topology"]["name"].as_str())
        .collect();
    assert_eq!(names, BTreeSet::from([Some("first"), Some("second")]));
    env.assert_untouched();
    let text = env.ok(&["submit", "both.pex", "-", "--dry-run"]).stdout;
    assert_eq!(text.matches("Total number of containers: 1\n").count(), 2, "{text}");

    let both = env.ok(&["submit", "-o", "json", "both.pex", "-"]);
    let both: Value = serde_json::from_str(&both.stdout).unwrap();
    assert_eq!(both["submitted"].as_array().unwrap().len(), 2, "{both}");
    for name in ["first", "second"] {
        assert_eq!(env.env.json(&["status", name])["topology"]["state"], "RUNNING");
    }
    for name in ["first", "second"] {
        env.ok(&["kill", name]);
    }
    env.env.assert_nothing_left("second");
}

#[test]
fn a_class_of_a_pex_writes_its_topology() {
    let env = Watched::new();
    env.recorded("classy");
    // A pex runs a script with its own modules when it is told to be an interpreter.
    let body = "test \"$PEX_INTERPRETER\" = 1 || exit 9\nexport DEFN HERE\nPYTHONPATH=$HERE exec python3 \"$@\"";
    env.script("modules.pex", body);
    let module = "import os, shutil\nclass Words:\n    @classmethod\n    def write(cls):\n        \
        shutil.copy(os.environ['HERE'] + '/classy.recorded', os.environ['DEFN'] + '/classy.defn')\n";
    std::fs::create_dir(env.env.directory.path().join("pack")).unwrap();
    env.file("pack/__init__.py", b"");
    env.file("pack/words.py", module.as_bytes());
    env.refused(&["submit", "modules.pex", "pack.words.Gone", "x"], 4, &["Gone"]);
    let ran = env.ok(&["submit", "modules.pex", "pack.words.Words", "classy"]);
    assert!(ran.stdout.contains("topology classy is running"), "{}", ran.stdout);
    env.kill("classy");
}

#[test]
fn a_library_is_packed_and_its_program_run() {
    let env = Watched::new();
    env.recorded("native");
    env.script(
        "describe",
        "test \"$1\" = native || exit 9; cp $HERE/native.recorded $DEFN/native.defn",
    );
    for name in ["libnative.so", "libnative.dylib"] {
        env.file(name, b"\x7fELF and so on");
        let program = env.env.directory.path().join("describe");
        env.ok(&["submit", name, program.to_str().unwrap(), "native"]);
        env.kill("native");
        std::fs::remove_dir_all(env.env.directory.path().join("store")).unwrap();
    }
    env.refused(&["submit", "libnative.so", "/no/such/program", "x"], 4, &["/no/such/program"]);
    env.refused(&["submit", "libnative.so"], 2, &["class"]);
}

/// A tar of a jar, packed as people do, with `tar`.
fn tar(env: &Watched, arguments: &[&str], jar: &Path) {
    let libs = env.env.directory.path().join("libs");
    std::fs::create_dir_all(&libs).unwrap();
    std::fs::copy(jar, libs.join("words.jar")).unwrap();
    let status = Command::new("tar")
        .args(arguments)
        .arg("libs")
        .current_dir(env.env.directory.path())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn tars_of_jars_run_compressed_or_not() {
    let env = Watched::new();
    tar(&env, &["-cf", "words.tar"], &JARS[0]);
    tar(&env, &["-czf", "words.tar.gz"], &JARS[0]);
    for file in ["words.tar", "words.tar.gz"] {
        let ran = env.ok(&["submit", file, "tests.topologies.WordCount", "tarred"]);
        assert!(ran.stdout.contains("is running"), "{}", ran.stdout);
        env.kill("tarred");
    }
}

#[test]
fn dry_runs_come_in_herons_forms() {
    let env = Watched::new();
    let file = env.env.topology("planned", 2);
    let run =
        |format: &str| env.ok(&["submit", &file, "--dry-run", "--dry-run-format", format]).stdout;
    let table = env.ok(&["submit", &file, "--dry-run"]).stdout;
    assert_eq!(table, run("table"), "no terminal here");
    assert!(table.starts_with("Total number of containers: 2\nUsing packing class: "), "{table}");
    for part in [
        "Container 1\nCPU: 2.0, RAM: 256 MB, Disk: 256 MB\n====",
        "|  component | task ID | CPU | RAM (MB) | disk (MB) |\n----",
        "| word_spout |       3 | 0.5 |       96 |      1024 |",
        "Would be submitted:\n  topology planned (planned82e79bae",
        "Would be uploaded:\n  the package to file://",
        "/topologies/planned (heron.proto.api.Topology)",
        "container 0: CPU 1, RAM 1024 MB",
        "container 0 runs:\n    exec ./heron-core/bin/heron-executor \\\n      '--topology-name=planned' \\\n",
    ] {
        assert!(table.contains(part), "{part:?} is not in\n{table}");
    }
    assert!(!table.contains('\u{1b}'));
    let coloured = run("colored_table");
    assert!(coloured.contains("\u{1b}[1mContainer 1\u{1b}[0m\n"), "asked for by name: {coloured}");
    let never = env.ok(&[
        "submit",
        &file,
        "--dry-run",
        "--dry-run-format",
        "colored_table",
        "--color",
        "never",
    ]);
    assert!(!never.stdout.contains('\u{1b}'));
    let raw = run("raw");
    assert!(raw.contains("\nTopology: planned\nPacking plan:\n{plan-id: planned82e79bae"), "{raw}");

    let json: Value = serde_json::from_str(&run("json")).unwrap();
    let ours: Value =
        serde_json::from_str(&env.ok(&["submit", &file, "--dry-run", "-o", "json"]).stdout)
            .unwrap();
    assert_eq!(json["plan"], ours);
    assert_eq!(json["topology"], "planned");
    assert_eq!(json["containers"][0]["components"].as_array().unwrap().len(), 2);
    assert_eq!(ours["containers"].as_array().unwrap().len(), 3);
    let expected = [
        "submit",
        &file,
        "--dry-run",
        "--config-property=heron.class.uploader=NullUploader",
        "--config-property=heron.package.topology.uri=http://me:hunter2@host/p.tar.gz",
        "--config-property=heron.fetch.allow.credentials=true",
    ];
    let expected = env.ok(&expected).stdout;
    let line = "nothing: the package is expected to be at http://********@host/p.tar.gz";
    assert!(expected.contains(line) && !expected.contains("hunter2"), "{expected}");
    env.assert_untouched();

    // What a dry run says is what is done.
    env.ok(&["submit", &file]);
    let written: BTreeSet<String> = env.env.znodes().into_iter().collect();
    for node in ours["state"].as_array().unwrap() {
        assert!(written.contains(node["path"].as_str().unwrap()), "{node} is not in {written:?}");
    }
    let package = ours["upload"]["uri"].as_str().unwrap().strip_prefix("file://").unwrap();
    assert!(Path::new(package).exists());
    env.kill("planned");
}
