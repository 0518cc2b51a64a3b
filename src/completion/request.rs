//! What a shell asks for.

use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::Arc;

use clap::builder::ValueHint;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::names::{self, Typed};
use crate::commands::completions::VARIABLE;
use crate::env::Env;

/// The variable by which some shells say which word is being typed, the program being word 0.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// Answers a shell that asks for completions; whether one asked.
pub fn complete(
    definition: fn() -> clap::Command,
    argv: &[OsString],
    env: &Env,
) -> io::Result<bool> {
    if env.get(VARIABLE).is_none() {
        return Ok(false);
    }
    let typed = Arc::new(Typed { words: words_before(argv, env), env: env.clone() });
    let request = CompleteEnv::with_factory(|| with_names(definition(), &typed));
    let answered = request.var(VARIABLE).try_complete(argv, Some(&env.directory));
    answered.map_err(io::Error::other)
}

/// The words in front of the one that is being typed, with the program.
fn words_before(argv: &[OsString], env: &Env) -> Vec<OsString> {
    let begin = argv.iter().position(|word| word == "--").map_or(argv.len(), |at| at + 1);
    let words = argv.get(begin..).unwrap_or_default();
    let index = env.get(INDEX).and_then(|index| index.parse().ok());
    let index: usize = index.unwrap_or(words.len().saturating_sub(1));
    words.get(..index.min(words.len())).unwrap_or_default().to_vec()
}

/// The definition, which also knows where names belong.
fn with_names(command: clap::Command, typed: &Arc<Typed>) -> clap::Command {
    let path = command.get_name().to_owned();
    command
        .mut_args(|argument| with_completer(&path, argument, typed))
        .mut_subcommands(|below| with_names(below, typed))
}

fn with_completer(command: &str, argument: clap::Arg, typed: &Arc<Typed>) -> clap::Arg {
    let source: fn(&Typed, &str) -> Vec<String> = match (command, argument.get_id().as_str()) {
        (_, "context") | ("show" | "use", "name") => names::contexts,
        (_, "config_property") => names::properties,
        ("keys" | "get", "word" | "key") => names::keys,
        ("submit" | "diff", "arguments") => {
            return argument.hide(false).value_hint(ValueHint::AnyPath);
        }
        (_, "arguments") => names::positionals,
        (_, "topology") => names::topologies,
        _ => return argument,
    };
    let typed = typed.clone();
    let complete = move |current: &OsStr| -> Vec<CompletionCandidate> {
        let Some(current) = current.to_str() else { return Vec::new() };
        let mut found = source(&typed, current);
        found.retain(|name| name.starts_with(current));
        found.into_iter().map(CompletionCandidate::new).collect()
    };
    argument.hide(false).add(ArgValueCompleter::new(complete))
}
