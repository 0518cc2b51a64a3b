//! Brings the words of a command line into the one order that clap is asked to parse.
//!
//! Every earlier heron-cli was made with Python's argparse: flags stood anywhere, could be abbreviated, and some took
//! `True` as a value. Here the flags that the command knows are moved to the front, and all other words follow behind
//! `--`, so that a word of the topology's is never taken for one of ours, nor the reverse.

use std::ffi::OsString;

use clap::Command;

use super::flags::{Behind, Flags, NamedFlag};
use super::positionals;
use super::usage::UsageError;
use crate::net::redact::redact;

/// The words in the order: program, command, known flags with their values, `--`, everything else.
///
/// Unknown flags stay in front of `--`, where clap refuses them with a suggestion, except behind the topology's class in
/// `submit` and `diff`: there they belong to the topology, and what may as well be a flag of heron-cli is an error. Words that are
/// no Unicode are left to clap.
pub fn rewrite(definition: &Command, argv: Vec<OsString>) -> Result<Vec<OsString>, UsageError> {
    let Some(words) =
        argv.iter().map(|w| w.to_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    else {
        return Ok(argv);
    };
    let Some((program, words)) = words.split_first() else { return Ok(argv) };
    let asked = asks_for_help(definition, words);
    let words = asked.as_deref().unwrap_or(words);
    let Some(FoundVerb { path, verb, before, after }) = find_verb(definition, words)? else {
        let words = words.iter().map(OsString::from);
        return Ok(std::iter::once(OsString::from(program)).chain(words).collect());
    };
    let flags = Flags::of(definition, verb);
    let submits = path == ["submit"] || path == ["diff"];
    let sort = |doubtful| {
        let mut sorted = Sorted::new(&flags, doubtful);
        sorted.take(&before, false);
        sorted.take(after, submits);
        sorted
    };
    let sorted = sort(Owner::Topology);
    if let Some((word, flag)) = &sorted.doubt {
        return Err(UsageError::Doubtful {
            word: word.clone(),
            flag: flag.clone(),
            ours: line(&path, sort(Owner::HeronCli).words(true)),
            theirs: line(&path, sort(Owner::Topology).words(true)),
        });
    }
    let positional = verb.get_positionals().next().is_some();
    let words = std::iter::once(program.clone()).chain(path).chain(sorted.words(positional));
    Ok(words.map(OsString::from).collect())
}

/// A command line that can be pasted into a shell; a secret must be typed again.
fn line(path: &[String], words: Vec<String>) -> String {
    let all = path.iter().cloned().chain(words);
    let quoted = all.map(|word| quote(&redact(&word)));
    format!("heron-cli {}", quoted.collect::<Vec<_>>().join(" "))
}

/// A word as a shell takes it. No word of a command line holds the one character that can't be quoted, a NUL.
pub(crate) fn quote(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

/// `help <command>` is `<command> --help`, if there is such a command.
fn asks_for_help(definition: &Command, words: &[String]) -> Option<Vec<String>> {
    let (first, path) = words.split_first()?;
    if first != "help" {
        return None;
    }
    let mut command = definition;
    for name in path {
        command = command.get_subcommands().find(|below| below.get_name() == name)?;
    }
    Some(path.iter().cloned().chain(["--help".to_owned()]).collect())
}

/// A command among the words.
struct FoundVerb<'a> {
    /// Its name, with the names of those it belongs to.
    path: Vec<String>,
    verb: &'a Command,
    /// Flags in front of it.
    before: Vec<String>,
    /// Everything behind it.
    after: &'a [String],
}

/// The first word that is a command, skipping global flags and their values; of a command with commands of its own, the
/// one of those that follows. None where clap should say what is missing, or show its help.
fn find_verb<'a>(
    definition: &'a Command,
    words: &'a [String],
) -> Result<Option<FoundVerb<'a>>, UsageError> {
    let flags = Flags::of(definition, definition);
    let mut found =
        FoundVerb { path: Vec::new(), verb: definition, before: Vec::new(), after: words };
    while let Some((word, after)) = found.after.split_first() {
        if word == "--" || word == "help" {
            return Ok(None);
        }
        found.after = after;
        if let Some(verb) = found.verb.get_subcommands().find(|verb| verb.get_name() == word) {
            found.path.push(word.clone());
            found.verb = verb;
            if !verb.has_subcommands() {
                return Ok(Some(found));
            }
            continue;
        }
        let Some(NamedFlag { flag, has_value, .. }) = flags.named(word) else {
            let elsewhere = if found.path.is_empty() { verb_elsewhere(word) } else { None };
            let error = |instead| UsageError::NoSuchVerb { word: word.clone(), instead };
            return elsewhere.map_or(Ok(None), |instead| Err(error(instead)));
        };
        found.before.push(word.clone());
        if let (true, Some((value, after))) =
            (flag.takes_value && !has_value, found.after.split_first())
        {
            found.before.push(value.clone());
            found.after = after;
        }
    }
    Ok(None)
}

/// What does here what other tools call by this name.
fn verb_elsewhere(word: &str) -> Option<&'static str> {
    Some(match word {
        "scale" | "rebalance" | "resize" => {
            "`heron-cli update <topology> --component-parallelism <component>:<number>` changes numbers of instances, \
             `--container-number` that of containers"
        }
        "delete" | "remove" | "rm" | "destroy" | "terminate" | "undeploy" => {
            "`heron-cli kill <topology>` removes a topology"
        }
        "stop" => {
            "`heron-cli kill <topology>` removes a topology; `heron-cli deactivate <topology>` pauses it"
        }
        "start" | "run" | "launch" | "deploy" | "create" => {
            "`heron-cli submit <file> <class>` starts a topology; `heron-cli activate <topology>` resumes a paused one"
        }
        "pause" | "suspend" => "`heron-cli deactivate <topology>` pauses a topology",
        "resume" | "unpause" => "`heron-cli activate <topology>` resumes a paused topology",
        "describe" | "show" | "info" | "inspect" | "get" => {
            "`heron-cli status <topology>` shows a topology; `heron-cli list` shows all of them"
        }
        "ls" | "ps" | "topologies" => "`heron-cli list` shows the topologies",
        "log" | "tail" => "`heron-cli logs <topology>` shows what its processes log",
        "doctor" | "ping" | "test" => {
            "`heron-cli config check` looks at the configuration, `heron-cli check fetch` at the cluster"
        }
        "context" | "contexts" => "`heron-cli config context list` shows the named clusters",
        "completion" => "`heron-cli completions <shell>` prints what a shell needs",
        _ => return None,
    })
}

/// Whose a doubtful word is taken to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    HeronCli,
    Topology,
}

struct Sorted<'a> {
    flags: &'a Flags,
    doubtful: Owner,
    front: Vec<String>,
    rest: Vec<String>,
    /// Whether the words so far hold the class of a topology to be submitted.
    class: bool,
    /// The first word that is doubtful, and the flag that it may be.
    doubt: Option<(String, String)>,
}

impl<'a> Sorted<'a> {
    fn new(flags: &'a Flags, doubtful: Owner) -> Self {
        let (front, rest) = (Vec::new(), Vec::new());
        Self { flags, doubtful, front, rest, class: false, doubt: None }
    }

    /// The words in order.
    fn words(self, positional: bool) -> Vec<String> {
        let dashes = positional.then(|| "--".to_owned());
        self.front.into_iter().chain(dashes).chain(self.rest).collect()
    }

    fn take(&mut self, words: &[String], submits: bool) {
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            if word == "--" {
                self.rest.extend(words.cloned());
                return;
            }
            let number = word.strip_prefix('-').is_some_and(|rest| rest.parse::<f64>().is_ok());
            if !word.starts_with('-') || word == "-" || number {
                self.rest.push(word.clone());
                continue;
            }
            self.class = self.class || (submits && holds_class(&self.rest));
            let Some(named) = self.meaning(word) else {
                let place = if self.class { &mut self.rest } else { &mut self.front };
                place.push(word.clone());
                continue;
            };
            let NamedFlag { flag, in_full, has_value } = named;
            self.front.push(in_full);
            if flag.takes_value && !has_value {
                // `--` is no value; clap says that one is missing.
                self.front.extend(words.next_if(|next| *next != "--").cloned());
            } else if !flag.takes_value && words.peek().is_some_and(|next| is_truth(next)) {
                // `--verbose True`: argparse's store with a value. Nothing else of that spelling makes sense here.
                let on = words.next().is_some_and(|truth| truth.eq_ignore_ascii_case("true"));
                if !on {
                    self.front.pop();
                }
            }
        }
    }

    /// The flag that a word stands for, if it is one of heron-cli's.
    fn meaning(&mut self, word: &str) -> Option<NamedFlag<'a>> {
        if !self.class {
            return self.flags.named(word);
        }
        match self.flags.behind_class(word) {
            Behind::Ours(named) => Some(named),
            Behind::Theirs => None,
            Behind::Doubtful(named) => {
                let name = |flag: &str| flag.split('=').next().unwrap_or_default().to_owned();
                self.doubt.get_or_insert_with(|| (name(word), name(&named.in_full)));
                (self.doubtful == Owner::HeronCli).then_some(named)
            }
        }
    }
}

/// Whether words behind these go to the topology's main.
fn holds_class(words: &[String]) -> bool {
    positionals::submit(words).is_ok_and(|found| found.class.is_some())
}

fn is_truth(word: &str) -> bool {
    matches!(word, "True" | "False")
}

#[cfg(test)]
mod tests;
