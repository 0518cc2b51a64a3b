//! What dies inside of containers, as their executors tell (`docs/heron.md#executor-log`). Pure.
//!
//! An executor starts each process of its container again ten seconds after its end, a hundred times over, and the engine hears
//! nothing of it. Its log in the sandbox has a line for each end, and the output of the processes.

use std::collections::BTreeMap;

/// How much of a process' last words is kept, in characters.
const MOST_WORDS: usize = 200;

/// A process of a container that has ended, once or more often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// The process, as its executor calls it: `stmgr-1`, `heron-tmanager`, `container_1_word_3`.
    pub process: String,
    /// How often it is told of in what was read.
    pub times: usize,
    /// How it ended last.
    pub end: ProcessEnd,
    /// The last line that it printed before, if any.
    pub last_words: Option<String>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessEnd {
    /// It exited by itself.
    Exit(i32),
    /// A signal ended it.
    Signal(i32),
}

impl std::fmt::Display for ProcessEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit status {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

impl ProcessEnd {
    /// What a status of `wait(2)` says; Python's executor logs it as it is.
    #[must_use]
    pub fn of_wait(status: i32) -> Self {
        match status & 0x7f {
            0 => Self::Exit((status >> 8) & 0xff),
            signal => Self::Signal(signal),
        }
    }
}

impl Death {
    /// The process in words: "stream manager 1".
    #[must_use]
    pub fn what(&self) -> String {
        let of = |prefix: &str| self.process.strip_prefix(prefix);
        if let Some(number) = of("stmgr-") {
            return format!("stream manager {number}");
        }
        if let Some(number) = of("metricsmgr-") {
            return format!("metrics manager {number}");
        }
        if let Some(number) = of("heron-shell-") {
            return format!("heron-shell {number}");
        }
        match self.process.as_str() {
            "heron-tmanager" | "heron-tmaster" => "the TManager".to_owned(),
            "heron-ckptmgr" => "the checkpoint manager".to_owned(),
            "heron-metricscache" => "the metrics cache".to_owned(),
            name if name.starts_with("container_") => format!("instance {name}"),
            name => name.to_owned(),
        }
    }
}

impl std::fmt::Display for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = self.what();
        match self.times {
            1 => write!(f, "{what} has died ({})", self.end)?,
            2 => write!(f, "{what} has died twice ({})", self.end)?,
            times => write!(f, "{what} has died {times} times ({})", self.end)?,
        }
        match &self.last_words {
            Some(words) => write!(f, ": {words}"),
            None => Ok(()),
        }
    }
}

/// The file in a container's sandbox that its executor and what it runs write to.
#[must_use]
pub fn log_of(container: u32) -> String {
    format!("heron-executor-{container}.stdout")
}

/// The processes that have ended by the end of an executor's log, those that died most often first.
#[must_use]
pub fn deaths(log: &str) -> Vec<Death> {
    let mut said: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found: BTreeMap<&str, Death> = BTreeMap::new();
    for line in log.lines().map(message) {
        if let Some((process, words)) = line.split_once(" stdout: ") {
            if !process.contains(' ') && !words.trim().is_empty() {
                said.insert(process, words.trim());
            }
        } else if let Some((process, end)) = ended(line) {
            let last_words =
                said.remove(process).map(|words| words.chars().take(MOST_WORDS).collect());
            let death = found.entry(process).or_insert_with(|| Death {
                process: process.to_owned(),
                times: 0,
                end,
                last_words: None,
            });
            death.times += 1;
            death.end = end;
            death.last_words = last_words.or(death.last_words.take());
        }
    }
    let mut found: Vec<Death> = found.into_values().collect();
    found.sort_by_key(|death| std::cmp::Reverse(death.times));
    found
}

/// A line without the time and the level in front of it: `[2026-11-29 22:30:49 +0000] [INFO]: …`.
fn message(line: &str) -> &str {
    line.split_once("]: ").filter(|(head, _)| head.starts_with('[')).map_or(line, |(_, rest)| rest)
}

/// `NAME (pid=N) exited with status S. command=…`, or without the pid.
fn ended(line: &str) -> Option<(&str, ProcessEnd)> {
    let (who, rest) = line.split_once(" exited with status ")?;
    let process = who.split_once(" (pid=").map_or(who, |(process, _)| process);
    let digits = rest.split(|c: char| !c.is_ascii_digit() && c != '-').next()?;
    let status = digits.parse().ok()?;
    (!process.is_empty() && !process.contains(' ')).then(|| (process, ProcessEnd::of_wait(status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
[2026-11-29 22:30:39 +0000] [INFO]: Running heron-shell-1 process as heron-shell --port=31002
[2026-11-29 22:30:40 +0000] [INFO]: stmgr-1 stdout: starting
[2026-11-29 22:30:49 +0000] [INFO]: stmgr-1 stdout: Address already in use
[2026-11-29 22:30:49 +0000] [INFO]: stmgr-1 stdout:
[2026-11-29 22:30:49 +0000] [INFO]: stmgr-1 (pid=123) exited with status 256. command=heron-stmgr --port=31000
[2026-11-29 22:30:59 +0000] [INFO]: stmgr-1 (pid=124) exited with status 256. command=heron-stmgr --port=31000
[2026-11-29 22:30:59 +0000] [INFO]: heron-shell-1 exited with status 9. command=heron-shell
[2026-11-29 22:31:00 +0000] [INFO]: container_1_word_3 stdout: the task exited with status 7
half a li";

    #[test]
    fn ends_are_counted_with_the_last_words() {
        let found = deaths(LOG);
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "stream manager 1 has died twice (exit status 1): Address already in use",
                "heron-shell 1 has died (signal 9)",
            ]
        );
        assert_eq!(deaths(""), []);
    }

    #[test]
    fn the_processes_have_names() {
        let what = |process: &str| {
            deaths(&format!("{process} (pid=7) exited with status 0. command=x"))[0].what()
        };
        for (process, name) in [
            ("heron-tmaster", "the TManager"),
            ("heron-ckptmgr", "the checkpoint manager"),
            ("metricsmgr-3", "metrics manager 3"),
            ("container_1_word_3", "instance container_1_word_3"),
            ("other", "other"),
        ] {
            assert_eq!(what(process), name);
        }
    }

    #[test]
    fn a_status_is_that_of_wait() {
        assert_eq!(ProcessEnd::of_wait(256), ProcessEnd::Exit(1));
        assert_eq!(ProcessEnd::of_wait(9), ProcessEnd::Signal(9));
        assert_eq!(ProcessEnd::of_wait(0), ProcessEnd::Exit(0));
        assert_eq!(ProcessEnd::of_wait(0x8b), ProcessEnd::Signal(11), "with a core dump");
    }

    proptest::proptest! {
        #[test]
        fn any_log_is_read(lines in proptest::collection::vec(
            "(\\[[^\\]]{0,9}\\] \\[INFO\\]: )?[a-z-]{0,9}( \\(pid=[0-9]{1,3}\\))?( exited with status |stdout: ).{0,12}", 0..9)
        ) {
            for death in deaths(&lines.join("\n")) {
                proptest::prop_assert!(death.times > 0 && !death.to_string().is_empty());
            }
        }
    }
}
