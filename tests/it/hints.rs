//! Hints can be pasted: a shell takes each command line in the hints of a failure, and heron-cli understands it as it was
//! meant.
//!
//! What a hint does would disturb the test that meets it. So hints are collected while a test runs, and pasted when its
//! environment goes away: then the cluster, the state and the configuration are still the real ones, and whatever is
//! submitted or killed there is nobody's business any more. A hint that has work to do is ended after a while; by then it
//! has long been understood, because wrong usage and wrong configurations are told before anything is tried.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use heron_cli::cli::Global;
use heron_cli::verbs::{self, Parsed};
use serde_json::Value;

use crate::environment::Ran;

/// How long a pasted command may work.
const LIMIT: Duration = Duration::from_secs(3);

/// A command line in a hint, and the command that failed.
#[derive(Clone, Debug)]
pub struct Hint {
    /// What is pasted.
    line: String,
    /// All of the hint.
    text: String,
    /// What the failure said.
    said: String,
    program: PathBuf,
    /// The words of the command that failed.
    words: Vec<String>,
    variables: Vec<(OsString, Option<OsString>)>,
    directory: PathBuf,
    /// The configuration as it was then.
    config: Option<(PathBuf, Vec<u8>)>,
}

/// The command lines in the hints of a failure. `config` is the file that tests rewrite.
pub fn of(command: &Command, ran: &Ran, config: Option<&Path>) -> Vec<Hint> {
    let words = command.get_args().map(|word| word.to_str().unwrap().to_owned()).collect();
    let variables = command.get_envs();
    let hint = Hint {
        line: String::new(),
        text: String::new(),
        said: format!("{}{}", ran.stdout, ran.stderr),
        program: command.get_program().into(),
        words,
        variables: variables
            .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
            .collect(),
        directory: command.get_current_dir().unwrap_or(Path::new(".")).to_owned(),
        config: config.and_then(|path| Some((path.to_owned(), std::fs::read(path).ok()?))),
    };
    let texts = texts(ran);
    let lines = texts.iter().flat_map(|text| lines(text).into_iter().map(move |line| (text, line)));
    lines.map(|(text, line)| Hint { line, text: text.clone(), ..hint.clone() }).collect()
}

/// The hints of a failure, whichever form it has.
fn texts(ran: &Ran) -> Vec<String> {
    if let Ok(document) = serde_json::from_str::<Value>(&ran.stdout) {
        let hints = document["error"]["hints"].as_array().cloned().unwrap_or_default();
        return hints.iter().map(|hint| hint.as_str().unwrap().to_owned()).collect();
    }
    let mut hints: Vec<String> = Vec::new();
    let mut inside = false;
    for line in ran.stderr.lines() {
        match (line.strip_prefix("hint: "), line.strip_prefix("    ")) {
            (Some(hint), _) => hints.push(hint.to_owned()),
            (None, Some(more)) if inside => {
                hints.last_mut().unwrap().push_str(&format!("\n{more}"));
            }
            _ => {
                inside = false;
                continue;
            }
        }
        inside = true;
    }
    hints
}

/// The command lines in a hint, between backticks. One in quotes ends nothing.
fn lines(hint: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = hint;
    while let Some(at) = rest.find("`heron-cli ") {
        let line = &rest[at + 1..];
        let ends = line.match_indices('`').map(|(at, _)| at);
        let mut whole = ends.filter(|end| shlex::split(&line[..*end]).is_some());
        let end = whole.next().unwrap_or_else(|| panic!("no shell takes {line}"));
        let words = shlex::split(&line[..end]).unwrap();
        // What has a gap to be filled in is no command yet.
        if !words.iter().any(|word| word.starts_with('<')) {
            found.push(line[..end].to_owned());
        }
        rest = &line[end..];
    }
    found
}

/// Pastes hints, each once.
///
/// # Panics
/// If one is not understood, or not as it was meant.
pub fn paste_all(hints: &[Hint]) {
    let mut pasted = BTreeSet::new();
    for hint in hints {
        if pasted.insert((&hint.line, &hint.words)) {
            hint.paste();
        }
    }
}

impl Hint {
    fn paste(&self) {
        if let Some((path, content)) = &self.config {
            std::fs::write(path, content).unwrap();
        }
        let (ran, words) = self.typed_into_a_shell();
        if let Some(ran) = &ran {
            assert!(self.is_understood(ran), "`{}`: {ran:?}, after\n{}", self.line, self.said);
        }
        if words.first().is_some_and(|word| word == "help") {
            return;
        }
        let pasted = parsed(&words).unwrap_or_else(|error| panic!("{}: {error}", self.line));
        // A command line that could not be understood means nothing that could be compared.
        let Ok(failed) = parsed(&self.words) else { return };
        if self.text.contains(&format!("same `{}`", self.line)) {
            assert_eq!(meaning(&pasted), meaning(&failed), "{}", self.line);
        }
        let Some(failed) = Meant::of(failed) else { return };
        let pasted = Meant::of(pasted).unwrap_or_else(|| panic!("{} means nothing", self.line));
        assert!(self.line.starts_with(&format!("heron-cli {}", pasted.verb)), "{}", self.line);
        match (&pasted.topology, &failed.topology) {
            (None, _) => {}
            (Some(pasted), Some(failed)) => assert_eq!(pasted, failed, "{}", self.line),
            // Who submits doesn't type the name, but is told it.
            (Some(pasted), None) => {
                assert!(self.said.contains(&format!("`{pasted}`")), "{}: {}", self.line, self.said);
            }
        }
        let (pasted, failed) = (self.effective(&pasted), self.effective(&failed));
        assert_eq!(pasted, failed, "{} after {:?}", self.line, self.words);
    }

    /// Whether what it said is of something else than the command line and where the configuration is. A file that was not
    /// there for the command that failed is not there for the hint, and a configuration that is wrong is wrong for both.
    fn is_understood(&self, ran: &Ran) -> bool {
        let missing =
            |word: &String| ran.stderr.contains(word) && !self.directory.join(word).exists();
        match ran.code {
            2 | 3 if self.words.iter().any(|word| !word.starts_with('-') && missing(word)) => true,
            3 => self.config.as_ref().is_some_and(|(path, _)| {
                let mut check = self.command(&self.program);
                let check = check.args(["config", "check", "--config-file"]).arg(path);
                !check.output().unwrap().status.success()
            }),
            2 | 126 | 127 => false,
            _ => true,
        }
    }

    /// Runs it in a shell: what it said, unless it had work to do, and the words as the shell gave them to the program.
    fn typed_into_a_shell(&self) -> (Option<Ran>, Vec<String>) {
        let programs = tempfile::tempdir().unwrap();
        let shim = programs.path().join("heron-cli");
        let script =
            "#!/bin/sh\nprintf '%s\\0' \"$@\" >\"$WORDS_OF_HINT\"\nexec \"$CLI_OF_HINT\" \"$@\"\n";
        std::fs::write(&shim, script).unwrap();
        std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();
        let words = programs.path().join("words");
        let path = std::env::var("PATH").unwrap();
        let mut shell = self.command("sh".as_ref());
        shell.args(["-c", &self.line]).stdin(Stdio::null());
        shell.env("PATH", format!("{}:{path}", programs.path().display()));
        shell.env("WORDS_OF_HINT", &words).env("CLI_OF_HINT", &self.program);
        let said = programs.path().join("said");
        let said_to = || std::fs::OpenOptions::new().create(true).append(true).open(&said).unwrap();
        let mut child = shell.stdout(said_to()).stderr(said_to()).spawn().unwrap();
        let began = Instant::now();
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if began.elapsed() > LIMIT => {
                    let _ = child.kill();
                    child.wait().unwrap();
                    break None;
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let ran = status.map(|status| {
            let stderr = std::fs::read(&said).unwrap();
            Ran::from(Output { status, stdout: Vec::new(), stderr })
        });
        let words = std::fs::read_to_string(words).unwrap_or_default();
        let words = words.split_terminator('\0').map(str::to_owned).collect();
        (ran, words)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(&self.directory);
        for (name, value) in &self.variables {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command
    }

    /// The settings that a command line comes to.
    fn effective(&self, meant: &Meant) -> Result<Vec<(String, String)>, Value> {
        let mut command = self.command(&self.program);
        command.args(["config", "show", "--output", "json"]).args(&meant.options);
        let output = command.args(&meant.overrides).output().unwrap();
        let mut shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let Some(rows) = shown["settings"].as_array() else { return Err(shown["error"].take()) };
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        Ok(rows.iter().map(|row| (text(row, "key"), text(row, "value"))).collect())
    }
}

fn parsed(words: &[String]) -> Result<Parsed, String> {
    let argv = std::iter::once("heron-cli").chain(words.iter().map(String::as_str));
    verbs::parse(argv.map(Into::into)).map_err(|error| error.to_string())
}

/// Everything that a command line says.
fn meaning(parsed: &Parsed) -> String {
    format!("{:?}", parsed.cli)
}

/// What a command line means.
struct Meant {
    verb: &'static str,
    topology: Option<String>,
    /// What says where settings come from.
    options: Vec<String>,
    overrides: Option<String>,
}

impl Meant {
    /// None: its words are understood, but not what they say together.
    fn of(parsed: Parsed) -> Option<Self> {
        let Global { config_file, config_path, config_loader, context, config_property, .. } =
            parsed.cli.global;
        let path = |path: Option<PathBuf>| path.map(|path| path.to_str().unwrap().to_owned());
        let verb = parsed.cli.command.verb().ok()?;
        let given = [
            ("--config-file", path(config_file)),
            ("--config-path", path(config_path)),
            ("--config-loader", config_loader),
            ("--context", context),
        ];
        let given = given.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
        let properties = verb.legacy.properties().into_iter().chain(config_property);
        let options = given.chain(properties.map(|property| ("--config-property", property)));
        Some(Self {
            verb: verb.name,
            topology: verb.topology,
            options: options.map(|(flag, value)| format!("{flag}={value}")).collect(),
            overrides: verb.overrides,
        })
    }
}

#[test]
fn command_lines_are_found_in_hints() {
    let stderr = "error: gone\nhint: `heron-cli list --config-file 'a `b`.conf'` shows what there is;\n    \
                  `heron-cli kill <TOPOLOGY>` removes it\nnote: `heron-cli version`\n";
    let ran = Ran { code: 5, stdout: String::new(), stderr: stderr.to_owned() };
    let command = Command::new("heron-cli");
    let lines = |ran: &Ran| -> Vec<String> {
        of(&command, ran, None).into_iter().map(|hint| hint.line).collect()
    };
    assert_eq!(lines(&ran), ["heron-cli list --config-file 'a `b`.conf'"]);
    let stdout = r#"{"error": {"hints": ["wait, then `heron-cli status wc`"]}}"#.to_owned();
    let ran = Ran { code: 5, stdout, stderr: String::new() };
    assert_eq!(lines(&ran), ["heron-cli status wc"]);
}
