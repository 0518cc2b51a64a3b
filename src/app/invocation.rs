//! Hints that can be pasted: a command line in a hint gets what the one that failed was given.

use std::path::PathBuf;

use crate::cli::Global;
use crate::cli::rewrite::quote;
use crate::config::overrides::{Positional, classify};
use crate::net::redact::{is_secret, redact, redact_value};

/// The command line that runs, as far as others must repeat it.
#[derive(Clone, Debug, Default)]
pub(super) struct Invocation {
    /// Its own words, in order, without the program.
    words: Vec<String>,
    /// The options that say which cluster is meant.
    options: Vec<String>,
    /// The overrides that say so.
    overrides: Option<String>,
}

/// Commands that take overrides as their first word.
const WITH_OVERRIDES: [&str; 17] = [
    "submit",
    "diff",
    "activate",
    "deactivate",
    "restart",
    "update",
    "rollback",
    "kill",
    "list",
    "status",
    "wait",
    "logs",
    "events",
    "doctor",
    "check fetch",
    "config show",
    "config check",
];

impl Invocation {
    /// `words` are those of the command line in order; `properties` are those that its historical flags set.
    pub(super) fn new(words: &[String], global: &Global, overrides: Option<&str>) -> Self {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let single = [
            ("--config-file", path(&global.config_file)),
            ("--config-path", path(&global.config_path)),
            ("--context", global.context.clone()),
            ("--config-loader", global.config_loader.clone()),
        ];
        let single = single.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
        // A secret must be typed again.
        let known = |property: &&String| {
            !is_secret(property.split(['=', ':']).next().unwrap_or_default().trim())
        };
        let properties = global.config_property.iter().filter(known);
        let properties = properties.map(|property| ("--config-property", redact(property)));
        Self {
            words: words.iter().map(|word| redact(word)).collect(),
            options: single
                .chain(properties)
                .flat_map(|(flag, value)| [flag.to_owned(), value])
                .collect(),
            overrides: overrides.map(without_secrets),
        }
    }

    /// Makes the command lines of hints such that they can be pasted.
    pub(super) fn complete<'a>(&self, hints: impl Iterator<Item = &'a mut String>) {
        hints.for_each(|hint| *hint = self.completed(hint));
    }

    /// A hint whose command lines can be pasted: every `` `heron-cli …` `` gets the options, and the overrides, that say
    /// which cluster is meant. `` `heron-cli <verb>` `` of the verb that runs becomes the whole command line.
    fn completed(&self, hint: &str) -> String {
        let pieces = hint.split('`').enumerate().map(|(index, piece)| {
            let line = (index % 2 == 1).then(|| piece.strip_prefix("heron-cli ")).flatten();
            line.map_or_else(|| piece.to_owned(), |line| self.line(line))
        });
        pieces.collect::<Vec<_>>().join("`")
    }

    fn line(&self, line: &str) -> String {
        let as_it_is = || format!("heron-cli {line}");
        let Some(words) = shlex::split(line) else { return as_it_is() };
        let verb_length = match words.first().map(String::as_str) {
            Some("config") if words.get(1).is_some_and(|word| word == "context") => 3,
            Some("config" | "check") => 2,
            _ => 1,
        };
        let template = words.iter().any(|word| word.starts_with('<'));
        let (Some((verb, rest)), false) = (words.split_at_checked(verb_length), template) else {
            return as_it_is();
        };
        let name = verb.join(" ");
        if matches!(name.as_str(), "help" | "version" | "completions" | "explain" | "man") {
            return as_it_is();
        }
        if rest.is_empty() && self.words.starts_with(verb) && self.words.len() > verb.len() {
            return written(&self.words);
        }
        let submits = self.words.first().is_some_and(|verb| verb == "submit");
        if name == "diff" && rest.is_empty() && submits {
            return written(&diff_of(&self.words));
        }
        let overrides = self.overrides.iter().filter(|_| WITH_OVERRIDES.contains(&name.as_str()));
        let all = verb.iter().chain(&self.options).chain(overrides).chain(rest).cloned();
        written(&all.collect::<Vec<_>>())
    }
}

/// The `diff` of a `submit`: without the flags that say how it is submitted.
fn diff_of(submit: &[String]) -> Vec<String> {
    const SWITCHES: [&str; 4] = ["--dry-run", "--offline", "--fail-if-exists", "--no-rollback"];
    const WITH_VALUE: [&str; 4] = ["--dry-run-format", "--supervisors", "--tmp-dir", "--wait"];
    let mut words = submit.iter().skip(1);
    let mut diff = vec!["diff".to_owned()];
    while let Some(word) = words.next() {
        let flag = word.split_once('=').map_or(word.as_str(), |(flag, _)| flag);
        if word == "--" {
            diff.push(word.clone());
            diff.extend(words.by_ref().cloned());
        } else if WITH_VALUE.contains(&flag) {
            if flag == word {
                words.next();
            }
        } else if !SWITCHES.contains(&flag) {
            diff.push(word.clone());
        }
    }
    diff
}

fn written(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    format!("heron-cli {}", quoted.join(" "))
}

/// Overrides without the values of secrets.
fn without_secrets(overrides: &str) -> String {
    let Ok(Positional::Overrides { cluster, pairs }) = classify(overrides) else {
        return overrides.to_owned();
    };
    if !pairs.list.iter().any(|pair| redact_value(&pair.key, &pair.value) != pair.value) {
        return overrides.to_owned();
    }
    let cluster = cluster.map(|cluster| cluster.to_string());
    let pairs = pairs.list.iter().map(|pair| {
        let value = redact_value(&pair.key, &pair.value).replace('"', "\\\"");
        format!("{}=\"{value}\"", pair.key)
    });
    cluster.into_iter().chain(pairs).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invocation(words: &str, overrides: Option<&str>) -> Invocation {
        let global = Global {
            config_file: Some("my conf".into()),
            config_property: vec!["a=b".to_owned(), "my.password=hunter2".to_owned()],
            ..Global::default()
        };
        Invocation::new(&shlex::split(words).unwrap(), &global, overrides)
    }

    #[test]
    fn hints_repeat_what_says_which_cluster_is_meant() {
        let update = "update --config-file 'my conf' -- a/b/c wc";
        let cases = [
            (
                "`heron-cli kill wc` removes it; `heron-cli status wc` shows it",
                "`heron-cli kill --config-file 'my conf' --config-property 'a=b' a/b/c wc` removes it; \
                 `heron-cli status --config-file 'my conf' --config-property 'a=b' a/b/c wc` shows it",
            ),
            (
                "the same `heron-cli update` goes on with it",
                "the same `heron-cli update --config-file 'my conf' -- a/b/c wc` goes on with it",
            ),
            (
                "`heron-cli config context use prod`",
                "`heron-cli config context use --config-file 'my conf' --config-property 'a=b' prod`",
            ),
            ("`heron-cli restart wc <container>`", "`heron-cli restart wc <container>`"),
            ("`--timeout` and `heron-cli help submit`", "`--timeout` and `heron-cli help submit`"),
        ];
        for (hint, complete) in cases {
            assert_eq!(invocation(update, Some("a/b/c")).completed(hint), complete);
        }
    }

    #[test]
    fn a_submission_is_compared_with_the_same_words() {
        let submit = "submit --dry-run --wait none --dry-run-format=raw --timeout 5s --deactivated -- a.jar C --wait";
        let diff = "`heron-cli diff --timeout 5s --deactivated -- a.jar C --wait` shows";
        assert_eq!(invocation(submit, None).completed("`heron-cli diff` shows"), diff);
    }

    #[test]
    fn hints_hold_no_secret() {
        let words = "submit zk.password=x http://u:hunter2@h/t.jar C";
        let invocation = invocation(words, Some("role=web zk.password=hunter2"));
        for hint in ["`heron-cli submit`", "`heron-cli list`"] {
            let complete = invocation.completed(hint);
            assert!(!complete.contains("hunter2"), "{complete}");
        }
        assert!(invocation.completed("`heron-cli list`").contains("role="));
    }
}
