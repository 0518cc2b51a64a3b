//! `config` and what every verb makes of a configuration: nothing here needs a cluster.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::documents::assert_document;
use crate::environment::Ran;
use crate::hints;

/// A directory to work in, which is home as well.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.file(
            "x.conf",
            "zk.connection.string: 127.0.0.1:1\nstate.root.address: /heron\ndc: local\n",
        );
        place
    }

    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, words: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heron-cli"));
        command.args(words).env_clear().env("HOME", self.path()).env("USER", "alice");
        command.envs(variables.iter().copied()).current_dir(self.path()).stdin(Stdio::null());
        let ran = Ran::from(command.output().unwrap());
        hints::paste_all(&hints::of(&command, &ran, None));
        ran
    }

    #[track_caller]
    fn refused(&self, words: &[&str], variables: &[(&str, &str)], code: i32, part: &str) {
        let ran = self.run(words, variables);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{words:?}: {part:?} is not in\n{}", ran.stderr);
    }

    #[track_caller]
    fn json(&self, words: &[&str], variables: &[(&str, &str)]) -> Value {
        let words: Vec<&str> = words.iter().copied().chain(["-o", "json"]).collect();
        let ran = self.run(&words, variables);
        assert_eq!(ran.code, 0, "{words:?}: {}\n{}", ran.stdout, ran.stderr);
        assert_document(&words, &ran.stdout);
        serde_json::from_str(&ran.stdout).unwrap()
    }
}

/// A slip in an override once killed in the configured cluster.
#[test]
fn a_slip_in_a_typed_key_stops_every_verb() {
    let place = Place::new();
    let slip = "zk.connection.strng=127.0.0.1:9";
    let property = ["--config-file", "x.conf", "--config-property", slip];
    for verb in [
        &["list"][..],
        &["kill", "wc"],
        &["activate", "wc"],
        &["deactivate", "wc"],
        &["restart", "wc"],
    ] {
        let words: Vec<&str> = verb.iter().copied().chain(property).collect();
        place.refused(&words, &[], 3, "did you mean zk.connection.string?");
    }
    place.refused(&["kill", slip, "wc", "--config-file", "x.conf"], &[], 3, "did you mean");
    place.refused(
        &["kill", "heron.no.such=1", "wc", "--config-file", "x.conf"],
        &[],
        3,
        "unknown key",
    );
    let ran = place.run(&["list", "my.own=1", "--config-file", "x.conf", "--timeout", "1s"], &[]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("my.own is no key of heron-cli").count(), 1, "{}", ran.stderr);
}

#[test]
fn what_a_verb_refuses_the_check_refuses() {
    let place = Place::new();
    for line in [
        "zk.connection.string=LOCALMODE",
        "launcher.class=a.LocalLauncher",
        "launcher.class=a.AuroraLauncher",
    ] {
        let property = ["--config-file", "x.conf", "--config-property", line];
        let with = |words: &[&str]| place.run(&[words, &property].concat(), &[]);
        let (check, verb) = (with(&["config", "check"]), with(&["kill", "wc"]));
        assert_eq!((check.code, verb.code), (3, 3), "{line}: {} {}", check.stdout, verb.stderr);
        let key = line.split('=').next().unwrap();
        assert!(check.stdout.contains(key) && verb.stderr.contains(key), "{line}: {}", verb.stderr);
    }
}

/// Typed names are wrong usage, configured ones a wrong configuration; neither touches anything.
#[test]
fn one_check_of_names_stands_before_everything() {
    let place = Place::new();
    let master = "heron.mesos.master.uri=127.0.0.1:1";
    let typed: [(&[&str], &str); 14] = [
        (&["kill", "wc/"], r#""wc/" can't be the name of a topology: it contains '/'"#),
        (&["status", ""], "can't be the name of a topology: it is empty"),
        (&["activate", ".."], "can't be the name of a topology: it stands for a directory"),
        (&["deactivate", "a\u{202e}b"], "can't be the name of a topology"),
        (&["restart", "a\nb", "1"], "can't be the name of a topology"),
        (&["update", "a\u{e000}", "--container-number", "1"], "can't be the name of a topology"),
        (&["kill", "my.role:x", "wc/"], "can't be the name of a topology"),
        (&["kill", "a;b/c/d", "wc"], "can't be the name of a cluster: it contains ';'"),
        (&["list", "a/b c/d"], "can't be the name of a role: it contains ' '"),
        (&["submit", "a/b/-c", "t.jar", "C"], "can't be the name of an environment"),
        (&["update", "wc", "--component-parallelism", "..:2"], "can't be the name of a component"),
        (&["update", "wc", "--component-parallelism", ":2"], "can't be the name of a component"),
        (&["update", "wc", "--runtime-config", "..:a.b:2"], "can't be the name of a component"),
        (&["update", "wc", "--runtime-config", "a\u{202e}:k:2"], "can't be the name of a compone"),
    ];
    for (words, part) in typed {
        let options = ["--config-file", "x.conf", "--config-property", master];
        // Behind the class it would be the topology's.
        let words: Vec<&str> =
            words[..1].iter().chain(&options).chain(&words[1..]).copied().collect();
        place.refused(&words, &[], 2, part);
    }
    let keys = [
        "heron.config.cluster=a b",
        "heron.config.role=a/b",
        "heron.config.environ=..",
        "heron.config.submit_user=-x",
        "heron.mesos.task.user=a;b",
    ];
    for property in keys {
        let words = ["kill", "wc", "--config-file", "x.conf", "--config-property", property];
        place.refused(&words, &[], 3, property.split('=').next().unwrap());
    }
    let user = [("USER", r"EXAMPLE\alice")];
    place.refused(&["kill", "wc", "--config-file", "x.conf"], &user, 3, "name a role");
    let hint = "`heron-cli list --config-file x.conf` shows the topologies";
    place.refused(&["kill", "wc/", "--config-file", "x.conf"], &[], 2, hint);
}

#[test]
fn a_named_pipe_is_no_file() {
    let place = Place::new();
    assert!(Command::new("mkfifo").arg(place.path().join("pipe")).status().unwrap().success());
    let begun = Instant::now();
    place.refused(&["list", "--config-file", "pipe"], &[], 3, "named pipe");
    assert!(begun.elapsed() < Duration::from_secs(10), "it must not wait for a writer");
}

#[test]
fn the_file_of_the_environment_is_told_and_yields() {
    let place = Place::new();
    place.file("other.conf", "dc: other\n");
    let get = ["config", "get", "heron.config.cluster"];
    let variable = [("HERON_CONFIG_FILE", "x.conf")];
    assert_eq!(place.json(&get, &variable)["value"], "local");
    let typed = [&get[..], &["--config-file", "other.conf"]].concat();
    assert_eq!(place.json(&typed, &variable)["value"], "other");
    let shown = place.json(&["config", "show"], &variable);
    assert_eq!(shown["sources"][0]["named_by"], "HERON_CONFIG_FILE");
    assert_eq!(shown["sources"][0]["name"], "x.conf");
    let both = [("HERON_CONFIG_FILE", "x.conf"), ("HERON_CONTEXT", "c")];
    place.refused(&["list"], &both, 3, "both set");
}

#[test]
fn one_value_is_got_by_any_name() {
    let place = Place::new();
    let get = |key: &str| place.run(&["config", "get", key, "--config-file", "x.conf"], &[]);
    assert_eq!(get("heron.statemgr.connection.string").stdout, "127.0.0.1:1\n");
    assert_eq!(get("zk.connection.string").stdout, "127.0.0.1:1\n");
    let row = place.json(&["config", "get", "dc", "dc=typed", "--config-file", "x.conf"], &[]);
    assert_eq!((&row["value"], &row["layer"]), (&"typed".into(), &"overrides".into()));
    assert_eq!(row["shadows"][0]["value"], "local");
    let refused = |key: &str, part: &str| {
        place.refused(&["config", "get", key, "--config-file", "x.conf"], &[], 3, part);
    };
    refused("zk.conection.string", "did you mean zk.connection.string?");
    refused("heron.package.core.uri", "is not set");
}

#[test]
fn a_first_configuration_is_written_checked_and_named() {
    let place = Place::new();
    let values = [
        "--zookeeper",
        "zk1:2181",
        "--root",
        "/heron",
        "--master",
        "m:5050",
        "--core",
        "http://h/c.tar.gz",
        "--packages",
        "/mnt/heron",
    ];
    place.refused(&["config", "init", "new.conf", "--root", "/heron"], &[], 2, "--zookeeper");
    let words = [&["config", "init", "new.conf"][..], &values].concat();
    let ran = place.run(&words, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("heron-cli config check --config-file new.conf"), "{}", ran.stdout);
    assert_eq!(place.run(&["config", "check", "--config-file", "new.conf"], &[]).code, 0);
    place.refused(&words, &[], 6, "--force");

    let add = [
        "config",
        "context",
        "add",
        "prod",
        "--config-file",
        "new.conf",
        "--cluster",
        "prod/heron/devel",
    ];
    let added = place.json(&add, &[]);
    assert_eq!((&added["name"], &added["change"]), (&"prod".into(), &"added".into()));
    assert_eq!(place.json(&["config", "get", "dc", "--context", "prod"], &[])["value"], "prod");
    place.refused(&add, &[], 6, "--force");
    assert_eq!(place.json(&["config", "context", "remove", "prod"], &[])["change"], "removed");
    place.refused(&["list", "--context", "prod"], &[], 3, "there is no context `prod`");
}
