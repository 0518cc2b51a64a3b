//! Flags as the definition of the command line knows them, and which of them a word may stand for.

use clap::{ArgAction, Command};

use crate::near::distance;

/// Long flags that some earlier release had. Only these may be abbreviated, and only these are heron-cli's behind a
/// topology's class, so that a new flag never changes what an old command line means.
const HISTORICAL: [&str; 27] = [
    "component-parallelism",
    "config-file",
    "config-loader",
    "config-path",
    "config-property",
    "container-number",
    "deactivated",
    "deploy-deactivated",
    "dry-run",
    "dry-run-format",
    "extra-launch-classpath",
    "help",
    "heron-aurora-no-wait",
    "heron-batch-size",
    "heron-release-pkgname",
    "heron-release-pkgrole",
    "heron-release-pkgversion",
    "heron-verbose",
    "release-yaml-file",
    "runtime-config",
    "service-url",
    "tmp-dir",
    "topology-main-jvm-property",
    "trace-execution",
    "verbose",
    "verbose-gc",
    "verbose_gc",
];

/// Short flags that some earlier release had, and that nobody expects of a topology.
const HISTORICAL_SHORT: [char; 1] = ['D'];

/// A flag as the definition knows it.
pub(super) struct Flag {
    /// The long names, its own first.
    names: Vec<String>,
    short: Option<char>,
    /// Whether a value follows.
    pub takes_value: bool,
}

/// A word that names a flag.
pub(super) struct NamedFlag<'a> {
    pub flag: &'a Flag,
    /// The word with the whole name of the flag.
    pub in_full: String,
    /// Whether its value is in the word.
    pub has_value: bool,
}

/// What a word behind a topology's class stands for.
pub(super) enum Behind<'a> {
    /// A flag of heron-cli.
    Ours(NamedFlag<'a>),
    /// A word of the topology.
    Theirs,
    /// One or the other: a flag of heron-cli that no earlier release had, or nearly one of heron-cli's.
    Doubtful(NamedFlag<'a>),
}

/// The flags of a verb, with those that every verb has.
pub(super) struct Flags(Vec<Flag>);

impl Flags {
    pub(super) fn of(definition: &Command, verb: &Command) -> Self {
        let globals = definition.get_arguments().filter(|argument| argument.is_global_set());
        let all = globals.chain(verb.get_arguments().filter(|argument| !argument.is_global_set()));
        let flags = all.filter(|flag| flag.get_long().is_some() || flag.get_short().is_some());
        Self(flags.map(Flag::of).collect())
    }

    /// The flag that a word names: in full, or by the beginning of one that an earlier release had.
    pub(super) fn named(&self, word: &str) -> Option<NamedFlag<'_>> {
        let Some(long) = word.strip_prefix("--") else { return self.short(word) };
        let (name, value) = split(long);
        let (flag, full) = self.exact(name).or_else(|| self.abbreviated(name))?;
        Some(NamedFlag::of(flag, full, value))
    }

    /// What a word behind a topology's class stands for.
    pub(super) fn behind_class(&self, word: &str) -> Behind<'_> {
        let Some(long) = word.strip_prefix("--") else {
            let historical = word.chars().nth(1).is_some_and(|c| HISTORICAL_SHORT.contains(&c));
            let named = if historical { self.short(word) } else { None };
            return named.map_or(Behind::Theirs, Behind::Ours);
        };
        let (name, value) = split(long);
        if let Some((flag, full)) = self.exact(name) {
            let named = NamedFlag::of(flag, full, value);
            let historical = HISTORICAL.contains(&full);
            return if historical { Behind::Ours(named) } else { Behind::Doubtful(named) };
        }
        if let Some((flag, full)) = self.abbreviated(name) {
            return Behind::Ours(NamedFlag::of(flag, full, value));
        }
        let near = self.near(name).map(|(flag, full)| NamedFlag::of(flag, full, value));
        near.map_or(Behind::Theirs, Behind::Doubtful)
    }

    fn short(&self, word: &str) -> Option<NamedFlag<'_>> {
        let mut letters = word.strip_prefix('-')?.chars();
        let first = letters.next()?;
        let flag = self.0.iter().find(|flag| flag.short == Some(first))?;
        Some(NamedFlag { flag, in_full: word.to_owned(), has_value: !letters.as_str().is_empty() })
    }

    fn all(&self) -> impl Iterator<Item = (&Flag, &str)> {
        self.0.iter().flat_map(|flag| flag.names.iter().map(move |name| (flag, name.as_str())))
    }

    fn exact(&self, name: &str) -> Option<(&Flag, &str)> {
        self.all().find(|(_, known)| *known == name)
    }

    /// As argparse did it: a beginning that only one flag has.
    fn abbreviated(&self, name: &str) -> Option<(&Flag, &str)> {
        if name.is_empty() {
            return None;
        }
        let historical = self.all().filter(|(_, known)| HISTORICAL.contains(known));
        let mut matching = historical.filter(|(_, known)| known.starts_with(name));
        let found = matching.next()?;
        matching.next().is_none().then_some(found)
    }

    /// A flag of which a word may be a slip: of five letters and more with one wrong, of eight and more with two.
    fn near(&self, name: &str) -> Option<(&Flag, &str)> {
        let letters: Vec<char> = name.chars().collect();
        let slips = self.all().filter_map(|(flag, known)| {
            let limit = match known.len() {
                ..5 => return None,
                5..8 => 1,
                _ => 2,
            };
            let known_letters: Vec<char> = known.chars().collect();
            Some((distance(&letters, &known_letters, limit)?, flag, known))
        });
        slips.min_by_key(|(distance, ..)| *distance).map(|(_, flag, known)| (flag, known))
    }
}

impl Flag {
    fn of(argument: &clap::Arg) -> Self {
        let names = argument.get_long_and_visible_aliases().unwrap_or_default().into_iter();
        let hidden = argument.get_all_aliases().unwrap_or_default();
        let mut names: Vec<String> = names.chain(hidden).map(str::to_owned).collect();
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Self {
            names,
            short: argument.get_short(),
            takes_value: matches!(argument.get_action(), ArgAction::Set | ArgAction::Append),
        }
    }
}

impl<'a> NamedFlag<'a> {
    fn of(flag: &'a Flag, full: &str, value: Option<&str>) -> Self {
        let in_full = match value {
            Some(value) => format!("--{full}={value}"),
            None => format!("--{full}"),
        };
        Self { flag, in_full, has_value: value.is_some() }
    }
}

fn split(long: &str) -> (&str, Option<&str>) {
    long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)))
}
