//! Names that may be typed next.

use std::ffi::OsString;

use super::tree::{self, Known};
use crate::cli::Legacy;
use crate::cli::positionals::is_overrides;
use crate::config::context::read;
use crate::config::keys;
use crate::context::configure::context_files;
use crate::env::Env;
use crate::given::{self, Typed as TypedConfiguration};
use crate::verbs::{Command, Parsed, parse};

/// What has been typed so far, and where.
pub(super) struct Typed {
    /// The words in front of the one that is being typed, with the program.
    pub words: Vec<OsString>,
    pub env: Env,
}

/// The named clusters.
pub(super) fn contexts(typed: &Typed, _: &str) -> Vec<String> {
    let home = typed.env.home().map(|home| home.display().to_string()).unwrap_or_default();
    let contexts = read(&context_files(&typed.env), &home);
    contexts.map(|contexts| contexts.by_name.into_keys().collect()).unwrap_or_default()
}

/// The keys of the configuration, by their names of today.
pub(super) fn keys(_: &Typed, _: &str) -> Vec<String> {
    let used = keys::all().filter(|key| key.unused.is_none());
    used.map(|key| key.name.to_owned()).collect()
}

/// The keys, as `--config-property` takes them.
pub(super) fn properties(typed: &Typed, current: &str) -> Vec<String> {
    keys(typed, current).into_iter().map(|key| key + "=").collect()
}

/// The topologies of the cluster that is meant.
pub(super) fn topologies(typed: &Typed, _: &str) -> Vec<String> {
    look(typed, None).map(|known| known.topologies).unwrap_or_default()
}

/// What a verb is about: a topology, behind overrides or not, and for `restart` a container behind that.
pub(super) fn positionals(typed: &Typed, _: &str) -> Vec<String> {
    let Some(Parsed { cli, .. }) = parsed(typed) else { return Vec::new() };
    let (words, restarts) = match &cli.command {
        Command::Restart(args) => (&args.words.arguments, true),
        Command::Activate(args) => (&args.words.arguments, false),
        Command::Deactivate(args) => (&args.words.arguments, false),
        Command::Rollback(args) => (&args.words.arguments, false),
        Command::Update(args) => (&args.words.arguments, false),
        Command::Kill(args) => (&args.words.arguments, false),
        Command::Status(args) => (&args.words.arguments, false),
        Command::Supervise(args) => {
            let overrides = args.words.arguments.first().filter(|word| is_overrides(word));
            let known = look(typed, overrides.map(String::as_str));
            return known.map(|known| known.topologies).unwrap_or_default();
        }
        Command::Wait(args) => (&args.words.arguments, false),
        Command::Events(args) => (&args.words.arguments, false),
        Command::Logs(args) => (&args.words.arguments, true),
        Command::Submit(_)
        | Command::Diff(_)
        | Command::List(_)
        | Command::Check(_)
        | Command::Doctor(_)
        | Command::Config(_)
        | Command::Version(_)
        | Command::Classpath(_)
        | Command::Completions(_)
        | Command::Explain(_)
        | Command::Man(_) => return Vec::new(),
    };
    match (words.as_slice(), restarts) {
        ([], _) => topologies(typed, ""),
        ([first], true) if !is_overrides(first) => {
            let of_topology = look_into(typed, None, first);
            of_topology.map(|known| known.containers).unwrap_or_default()
        }
        ([overrides], _) => {
            look(typed, Some(overrides)).map(|known| known.topologies).unwrap_or_default()
        }
        ([overrides, topology], true) => {
            let of_topology = look_into(typed, Some(overrides), topology);
            of_topology.map(|known| known.containers).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn parsed(typed: &Typed) -> Option<Parsed> {
    parse(typed.words.iter().cloned()).ok()
}

fn look(typed: &Typed, overrides: Option<&str>) -> Option<Known> {
    look_into(typed, overrides, "")
}

/// What the state tree knows, of one topology more.
fn look_into(typed: &Typed, overrides: Option<&str>, topology: &str) -> Option<Known> {
    let Parsed { cli, .. } = parsed(typed)?;
    let legacy = Legacy::default();
    let given = TypedConfiguration {
        global: &cli.global,
        legacy: &legacy,
        overrides,
        release_file: None,
        properties: &[],
    };
    let found = given::given(&given, &typed.env).ok()?;
    given::check_cluster(&found.config, &typed.env).ok()?;
    tree::look(found.config, &typed.env, topology)
}
