//! Brings the words of a command line into the one order that clap is asked to parse.
//!
//! Every earlier heron-cli was made with Python's argparse: flags stood anywhere, could be abbreviated, and some took
//! `True` as a value. Here the flags that the command knows are moved to the front, and all other words follow behind
//! `--`, so that a word of the topology's is never taken for one of ours, nor the reverse.

use std::ffi::OsString;

use clap::{ArgAction, Command};

/// A flag as the definition knows it.
struct Flag {
    names: Vec<String>,
    short: Option<char>,
    takes_value: bool,
}

/// The words in the order: program, command, known flags with their values, `--`, everything else.
///
/// Unknown flags stay in front of `--`, where clap refuses them with a suggestion, except behind the second positional
/// of `submit` (the topology's class): there they belong to the topology. Words that are no Unicode are left to clap.
#[must_use]
pub fn rewrite(definition: &Command, argv: Vec<OsString>) -> Vec<OsString> {
    let Some(words) =
        argv.iter().map(|w| w.to_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    else {
        return argv;
    };
    let Some((program, words)) = words.split_first() else { return argv };
    let Some((verb_at, verb)) = find_verb(definition, words) else { return argv };
    let flags = flags_of(definition, verb);
    let mut sorted = Sorted { flags: &flags, front: Vec::new(), rest: Vec::new() };
    let submits = verb.get_name() == "submit";
    let before = words.get(..verb_at).unwrap_or_default();
    let after = words.get(verb_at + 1..).unwrap_or_default();
    sorted.take(before, false);
    sorted.take(after, submits);
    let mut result = vec![program.clone(), verb.get_name().to_owned()];
    result.append(&mut sorted.front);
    if verb.get_positionals().next().is_some() {
        result.push("--".to_owned());
    }
    result.append(&mut sorted.rest);
    result.into_iter().map(OsString::from).collect()
}

/// The first word that is a command, skipping global flags and their values.
fn find_verb<'a>(definition: &'a Command, words: &[String]) -> Option<(usize, &'a Command)> {
    let flags = flags_of(definition, definition);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word == "--" || word == "help" {
            return None;
        }
        if let Some(verb) = definition.get_subcommands().find(|verb| verb.get_name() == word) {
            // The commands that take commands of their own have no history to bring into order.
            return (!verb.has_subcommands()).then_some((at, verb));
        }
        let value_follows =
            known(&flags, word).is_some_and(|(flag, inline)| flag.takes_value && !inline);
        at += if value_follows { 2 } else { 1 };
    }
    None
}

fn flags_of(definition: &Command, verb: &Command) -> Vec<Flag> {
    let globals = definition.get_arguments().filter(|argument| argument.is_global_set());
    let mut flags: Vec<Flag> = globals
        .chain(verb.get_arguments())
        .filter(|argument| argument.get_long().is_some() || argument.get_short().is_some())
        .map(|argument| Flag {
            names: argument
                .get_long_and_visible_aliases()
                .unwrap_or_default()
                .into_iter()
                .chain(argument.get_all_aliases().unwrap_or_default())
                .map(str::to_owned)
                .collect(),
            short: argument.get_short(),
            takes_value: matches!(argument.get_action(), ArgAction::Set | ArgAction::Append),
        })
        .collect();
    flags.push(Flag { names: vec!["help".to_owned()], short: Some('h'), takes_value: false });
    flags
}

/// The flag that a word names, in full or by a prefix that no other flag shares, and whether its value is in the word.
fn known<'a>(flags: &'a [Flag], word: &str) -> Option<(&'a Flag, bool)> {
    if let Some(long) = word.strip_prefix("--") {
        let (name, inline) = long.split_once('=').map_or((long, false), |(name, _)| (name, true));
        return find_long(flags, name).map(|(flag, _)| (flag, inline));
    }
    let mut letters = word.strip_prefix('-')?.chars();
    let first = letters.next()?;
    let flag = flags.iter().find(|flag| flag.short == Some(first))?;
    Some((flag, !letters.as_str().is_empty()))
}

fn find_long<'a>(flags: &'a [Flag], name: &str) -> Option<(&'a Flag, &'a str)> {
    if name.is_empty() {
        return None;
    }
    let all =
        || flags.iter().flat_map(|flag| flag.names.iter().map(move |long| (flag, long.as_str())));
    if let Some(exact) = all().find(|(_, long)| *long == name) {
        return Some(exact);
    }
    let mut matching = all().filter(|(_, long)| long.starts_with(name));
    let found = matching.next()?;
    matching.next().is_none().then_some(found)
}

struct Sorted<'a> {
    flags: &'a [Flag],
    front: Vec<String>,
    rest: Vec<String>,
}

impl Sorted<'_> {
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
            let Some((flag, inline)) = known(self.flags, word) else {
                let topology_s = submits && self.rest.len() >= 2;
                let place = if topology_s { &mut self.rest } else { &mut self.front };
                place.push(word.clone());
                continue;
            };
            self.front.push(self.in_full(word));
            if flag.takes_value && !inline {
                self.front.extend(words.next().cloned());
            } else if !flag.takes_value && words.peek().is_some_and(|next| is_truth(next)) {
                // `--verbose True`: argparse's store with a value. Nothing else of that spelling makes sense here.
                let on = words.next().is_some_and(|truth| truth.eq_ignore_ascii_case("true"));
                if !on {
                    self.front.pop();
                }
            }
        }
    }

    /// The flag with its whole name.
    fn in_full(&self, word: &str) -> String {
        let Some(long) = word.strip_prefix("--") else { return word.to_owned() };
        let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v)));
        let full = find_long(self.flags, name).map_or(name, |(_, full)| full);
        value.map_or_else(|| format!("--{full}"), |value| format!("--{full}={value}"))
    }
}

fn is_truth(word: &str) -> bool {
    matches!(word, "True" | "False")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::definition;

    fn rewritten(line: &str) -> String {
        let argv = shlex::split(line).unwrap().into_iter().map(OsString::from).collect();
        let words = rewrite(&definition(), argv);
        let words: Vec<&str> = words.iter().map(|word| word.to_str().unwrap()).collect();
        shlex::try_join(words).unwrap()
    }

    #[test]
    fn flags_come_first_wherever_they_stood() {
        let cases = [
            (
                "h submit '' topo.jar Main a b --config-loader L --config-path f --tmp-dir d",
                "h submit --config-loader L --config-path f --tmp-dir d -- '' topo.jar Main a b",
            ),
            ("h --config-file f kill '' t", "h kill --config-file f -- '' t"),
            ("h kill --config-fil f t", "h kill --config-file f -- t"),
            ("h submit --verbose True t.jar C", "h submit --verbose -- t.jar C"),
            ("h submit --deactivated False t.jar C", "h submit -- t.jar C"),
            ("h submit t.jar C --rate 5 -x -v", "h submit -v -- t.jar C --rate 5 -x"),
            ("h submit t.jar C -- --config-file mine", "h submit -- t.jar C --config-file mine"),
            ("h submit t.pex - name", "h submit -- t.pex - name"),
            ("h submit --nonsense t.jar C", "h submit --nonsense -- t.jar C"),
            ("h restart t -1", "h restart -- t -1"),
            ("h list -o json", "h list -o json --"),
            ("h version -o json", "h version -o json"),
            ("h --help", "h --help"),
            ("h nonsense --config-file", "h nonsense --config-file"),
        ];
        for (typed, expected) in cases {
            assert_eq!(rewritten(typed), expected, "{typed}");
        }
    }

    #[test]
    fn an_abbreviation_that_fits_two_flags_is_not_taken() {
        assert_eq!(rewritten("h kill --config x t"), "h kill --config -- x t");
    }
}
