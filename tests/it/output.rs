//! What is printed: answers that can't be written, text that would steer a terminal, formats, completions.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::environment::{CONFIG, Ran, TestEnv, TestOptions};

fn ran(command: &mut Command) -> Ran {
    Ran::from(command.output().unwrap())
}

#[test]
fn an_answer_that_can_t_be_written_is_an_error() {
    let env = TestEnv::new();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let lines: [&[&str]; 6] = [
        &["list"],
        &["list", "-o", "json"],
        &["--help"],
        &["completions", "bash"],
        &["config", "convert", CONFIG],
        &["status", "nobody", "-o", "json"],
    ];
    for words in lines {
        let ran = ran(env.command(words).stdout(full()));
        let code = if words.contains(&"nobody") { 5 } else { 1 };
        assert_eq!(ran.code, code, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("failed to write the answer to stdout"), "{}", ran.stderr);
        assert!(ran.stderr.contains("No space left"), "{}", ran.stderr);
    }
    // A reader that has gone away has what it wanted.
    let line = format!("{} config keys | head -n 1", env!("CARGO_BIN_EXE_heron-cli"));
    let ran = ran(Command::new("bash").args(["-c", &format!("set -o pipefail; {line}")]));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn foreign_text_steers_no_terminal() {
    let env = TestEnv::with(&TestOptions {
        config: vec!["environ: de\\u001b]0;x\\u0007v\\u202e\\u009b".to_owned()],
        ..TestOptions::default()
    });
    let evil = ['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}', '\r'];
    for words in [
        &["config", "show"] as &[&str],
        &["config", "show", "-o", "json"],
        &["status", "a\u{1b}[2Jb"],
        &["status", "a\u{1b}[2Jb", "-o", "json"],
        &["--nonsense\u{1b}[2J"],
        &["list", "-vvv"],
    ] {
        let ran = env.run(words);
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(evil), "{words:?}: {text:?}");
        }
    }
    let shown = env.json(&["config", "show"]);
    let rows = shown["settings"].as_array().unwrap();
    let environ = rows.iter().find(|row| row["key"] == "environ").unwrap();
    assert_eq!(environ["value"], "de\u{1b}]0;x\u{7}v\u{202e}\u{9b}");
}

#[test]
fn the_environment_may_ask_for_documents() {
    let env = TestEnv::new();
    let with = |words: &[&str], options: &str| ran(env.command(words).env("HERON_OUTPUT", options));
    let document = |ran: &Ran| serde_json::from_str::<Value>(&ran.stdout).ok();
    let listed = document(&with(&["list"], "json")).unwrap();
    assert_eq!(listed["topologies"], serde_json::json!([]));
    assert_eq!(document(&with(&["list", "-o", "text"], "json")), None);
    let refused = with(&["list", "--nonsense"], "json");
    assert_eq!(document(&refused).unwrap()["error"]["exit"], 2);
    assert_eq!(refused.stderr, "");
    for words in [&["completions", "bash"] as &[&str], &["classpath"]] {
        assert_eq!(document(&with(words, "json")), None, "{words:?}");
    }
    let wrong = with(&["list"], "yaml");
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("HERON_OUTPUT is `yaml`"), "{}", wrong.stderr);
}

#[test]
fn every_kind_of_wrong_usage_is_one_document() {
    let env = TestEnv::new();
    for words in [
        &["list", "--nonsense", "-o", "json"] as &[&str],
        &["nonsense", "-o", "json"],
        &["logs", "-o", "json"],
        &["kill", "-o", "json"],
        &["submit", "-o", "json", "t.jar", "C", "--dry-rn"],
        &["list", "--timeout", "soon", "-o", "json"],
    ] {
        let ran = env.run(words);
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((ran.code, &document["error"]["kind"]), (2, &"usage".into()), "{words:?}");
        assert_eq!(ran.stderr, "", "{words:?}");
    }
}

#[test]
fn topologies_and_containers_are_completed() {
    let env = TestEnv::new();
    let file = env.topology("wordcount", 2);
    env.ok(&["submit", &file]);
    let config = env.config.to_str().unwrap();
    let complete = |words: &[&str]| {
        let mut command = env.command(&[]);
        let words: Vec<&str> = ["heron-cli"].iter().chain(words).copied().collect();
        let mut complete = Command::new(command.get_program());
        complete.env_clear().arg("--").args(&words);
        complete.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        complete.env("COMPLETE", "bash").env("_CLAP_IFS", "\n");
        complete.env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
        command.env_clear();
        let ran = ran(&mut complete);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words:?}");
        ran.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete(&["kill", "--config-file", config, "w"]), ["wordcount"]);
    assert_eq!(complete(&["kill", "--config-file", config, "x"]), Vec::<String>::new());
    let containers = complete(&["restart", "--config-file", config, "wordcount", ""]);
    assert!(
        ["0", "1", "2"].iter().all(|id| containers.contains(&(*id).to_owned())),
        "{containers:?}"
    );
    assert!(
        complete(&["config", "keys", "heron.mesos.m"])
            .contains(&"heron.mesos.master.uri".to_owned())
    );
    env.ok(&["kill", "wordcount"]);
}

/// The suite checks each document that it sees; here are those that nothing else looks at.
#[test]
fn every_document_is_as_its_schema_says() {
    let env = TestEnv::new();
    let contexts = env.directory.path().join(".config/heron-cli");
    std::fs::create_dir_all(&contexts).unwrap();
    let config = env.config.display();
    let text = format!(
        "[contexts.prod]\ncluster = \"a/b/c\"\nconfig-file = \"{config}\"\n\
                        [contexts.prod.settings]\n\"x.y\" = \"z\"\n"
    );
    std::fs::write(contexts.join("config.toml"), text).unwrap();
    let words: [&[&str]; 13] = [
        &["config", "show", "--defaults"],
        &["config", "keys"],
        &["config", "keys", "zk"],
        &["config", "convert", CONFIG],
        &["config", "context", "list"],
        &["config", "context", "show", "prod"],
        &["config", "context", "use", "prod"],
        &["config", "check"],
        &["version"],
        &["classpath"],
        &["completions", "fish"],
        &["man", "man"],
        &["list"],
    ];
    for words in words {
        env.json(words);
    }
    env.run(&["config", "check", "-o", "json", "--config-property", "heron.mesos.master.uri=::"]);
}

#[test]
fn kill_asks_a_person_who_named_no_cluster() {
    let env = TestEnv::new();
    let config = env.config.to_str().unwrap();
    let answered = |words: &[&str], answer: &str| {
        let pty = nix::pty::openpty(None, None).unwrap();
        let mut command = env.command(&[]);
        let mut asked = Command::new(command.get_program());
        asked.args(words).env_clear().env("HERON_CONFIG_FILE", config);
        asked.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        asked.stdin(pty.slave.try_clone().unwrap()).stderr(pty.slave).stdout(Stdio::null());
        command.env_clear();
        let mut child = asked.spawn().unwrap();
        // The terminal's own side of the program's end must be closed, or the end would never be seen.
        drop(asked);
        let mut terminal = File::from(pty.master);
        terminal.write_all(answer.as_bytes()).unwrap();
        let (mut said, mut bytes) = (Vec::new(), [0; 1024]);
        while let Ok(count @ 1..) = terminal.read(&mut bytes) {
            said.extend_from_slice(&bytes[..count]);
        }
        (child.wait().unwrap().code(), String::from_utf8_lossy(&said).into_owned())
    };
    let question = "kill nobody in test/";
    let (code, said) = answered(&["kill", "nobody"], "n\n");
    assert!(code == Some(1) && said.contains(question), "{said}");
    assert!(said.contains("nothing was changed"), "{said}");
    let (code, said) = answered(&["kill", "nobody"], "y\n");
    assert!(code == Some(5) && said.contains(question), "{said}");
    for words in [
        &["kill", "nobody", "--yes"] as &[&str],
        &["kill", "nobody", "--config-file", config],
        &["kill", "test", "nobody"],
        &["status", "nobody"],
    ] {
        let (code, said) = answered(words, "");
        assert!(code == Some(5) && !said.contains("[y/N]"), "{words:?}: {said}");
    }
}
