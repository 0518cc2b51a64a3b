//! Brings the words of a command line into the one order that clap is asked to parse.
//!
//! Every earlier heron-cli was made with Python's argparse: flags stood anywhere, could be abbreviated, and some took
//! `True` as a value. Here the flags that the command knows are moved to the front, and all other words follow behind
//! `--`, so that a word of the topology's is never taken for one of ours, nor the reverse.

use std::ffi::OsString;

use clap::{ArgAction, Command};

use super::positionals;

/// A flag as the definition knows it.
struct Flag {
    names: Vec<String>,
    short: Option<char>,
    takes_value: bool,
}

/// Flags that no earlier release had. Behind the topology's class an abbreviation of one is the topology's.
const NEW: [&str; 8] =
    ["color", "context", "no-rollback", "output", "quiet", "timeout", "topology-binary", "wait"];

impl Flag {
    /// Whether a word behind the topology's class may stand for this flag: in full, or as it always could.
    fn may_be(&self, word: &str) -> bool {
        let Some(long) = word.strip_prefix("--") else { return true };
        let name = long.split_once('=').map_or(long, |(name, _)| name);
        let full = self.names.iter().any(|known| known == name);
        full || !self.names.iter().any(|known| NEW.contains(&known.as_str()))
    }
}

/// The words in the order: program, command, known flags with their values, `--`, everything else.
///
/// Unknown flags stay in front of `--`, where clap refuses them with a suggestion, except behind the topology's class in
/// `submit`: there they belong to the topology. Words that are no Unicode are left to clap.
#[must_use]
pub fn rewrite(definition: &Command, argv: Vec<OsString>) -> Vec<OsString> {
    let Some(words) =
        argv.iter().map(|w| w.to_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    else {
        return argv;
    };
    let Some((program, words)) = words.split_first() else { return argv };
    let Some(Found { path, verb, before, after }) = find_verb(definition, words) else {
        return argv;
    };
    let flags = flags_of(definition, verb);
    let mut sorted = Sorted { flags: &flags, front: Vec::new(), rest: Vec::new(), class: false };
    sorted.take(&before, false);
    sorted.take(after, path == ["submit"]);
    let mut result = vec![program.clone()];
    result.extend(path);
    result.append(&mut sorted.front);
    if verb.get_positionals().next().is_some() {
        result.push("--".to_owned());
    }
    result.append(&mut sorted.rest);
    result.into_iter().map(OsString::from).collect()
}

/// A command among the words.
struct Found<'a> {
    /// Its name, with the names of those it belongs to.
    path: Vec<String>,
    verb: &'a Command,
    /// Flags in front of it.
    before: Vec<String>,
    /// Everything behind it.
    after: &'a [String],
}

/// The first word that is a command, skipping global flags and their values; of a command with commands of its own, the
/// one of those that follows. None where clap should tell what is missing, or show its help.
fn find_verb<'a>(definition: &'a Command, words: &'a [String]) -> Option<Found<'a>> {
    let flags = flags_of(definition, definition);
    let mut found = Found { path: Vec::new(), verb: definition, before: Vec::new(), after: words };
    while let Some((word, after)) = found.after.split_first() {
        if word == "--" || word == "help" {
            return None;
        }
        found.after = after;
        if let Some(verb) = found.verb.get_subcommands().find(|verb| verb.get_name() == word) {
            found.path.push(word.clone());
            found.verb = verb;
            if !verb.has_subcommands() {
                return Some(found);
            }
            continue;
        }
        let (flag, inline) = known(&flags, word)?;
        found.before.push(word.clone());
        if let (true, Some((value, after))) =
            (flag.takes_value && !inline, found.after.split_first())
        {
            found.before.push(value.clone());
            found.after = after;
        }
    }
    None
}

fn flags_of(definition: &Command, verb: &Command) -> Vec<Flag> {
    let globals = definition.get_arguments().filter(|argument| argument.is_global_set());
    let mut flags: Vec<Flag> = globals
        .chain(verb.get_arguments().filter(|argument| !argument.is_global_set()))
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
    /// Whether the words so far hold the class of a topology to be submitted.
    class: bool,
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
            self.class = self.class || (submits && holds_class(&self.rest));
            let found =
                known(self.flags, word).filter(|(flag, _)| !self.class || flag.may_be(word));
            let Some((flag, inline)) = found else {
                let place = if self.class { &mut self.rest } else { &mut self.front };
                place.push(word.clone());
                continue;
            };
            self.front.push(self.in_full(word));
            if flag.takes_value && !inline {
                // `--` is no value; clap tells that one is missing.
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

    /// The flag with its whole name.
    fn in_full(&self, word: &str) -> String {
        let Some(long) = word.strip_prefix("--") else { return word.to_owned() };
        let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v)));
        let full = find_long(self.flags, name).map_or(name, |(_, full)| full);
        value.map_or_else(|| format!("--{full}"), |value| format!("--{full}={value}"))
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
mod tests {
    use super::*;
    use crate::cli::definition;

    fn rewritten(line: &str) -> Vec<String> {
        let argv = shlex::split(line).unwrap().into_iter().map(OsString::from).collect();
        let words = rewrite(&definition(), argv);
        words.into_iter().map(|word| word.into_string().unwrap()).collect()
    }

    fn words(line: &str) -> Vec<String> {
        shlex::split(line).unwrap()
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
            ("h submit t.jar C --tim 5 --tmp d", "h submit --tmp-dir d -- t.jar C --tim 5"),
            ("h submit --tim 5 t.jar C", "h submit --timeout 5 -- t.jar C"),
            ("h kill --config-file -- t", "h kill --config-file -- t"),
            ("h submit t.jar C -- --config-file mine", "h submit -- t.jar C --config-file mine"),
            ("h submit t.pex - name", "h submit -- t.pex - name"),
            ("h submit --nonsense t.jar C", "h submit --nonsense -- t.jar C"),
            ("h restart t -1", "h restart -- t -1"),
            ("h list -o json", "h list -o json --"),
            ("h classpath -o json", "h classpath -o json"),
            ("h version", "h version --"),
            ("h submit '' t.jar --rate 5 C", "h submit --rate -- '' t.jar 5 C"),
            ("h submit k=v t.jar C --rate", "h submit -- k=v t.jar C --rate"),
            (
                "h --config-property a=1 config --config-f f show --orig --config-property b=2 c=d",
                "h config show --config-property a=1 --config-file f --origin --config-property b=2 -- c=d",
            ),
            ("h -v config context use --quiet x", "h config context use -v --quiet -- x"),
            ("h config", "h config"),
            ("h config help show", "h config help show"),
            ("h config nonsense", "h config nonsense"),
            ("h --nonsense config show", "h --nonsense config show"),
            (
                "h submit http://u:p@h/t.jar?a=-b&c=--wait C --rate 5 --wait none",
                "h submit --wait none -- http://u:p@h/t.jar?a=-b&c=--wait C --rate 5",
            ),
            (
                "h submit c/r/e https://h/9 C --x --topology-binary=http://h/t.jar?a=b",
                "h submit --topology-binary=http://h/t.jar?a=b -- c/r/e https://h/9 C --x",
            ),
            ("h --help", "h --help"),
            ("h nonsense --config-file", "h nonsense --config-file"),
        ];
        for (typed, expected) in cases {
            assert_eq!(rewritten(typed), words(expected), "{typed}");
        }
    }

    #[test]
    fn an_abbreviation_that_fits_two_flags_is_not_taken() {
        assert_eq!(rewritten("h kill --config x t"), words("h kill --config -- x t"));
    }
}
