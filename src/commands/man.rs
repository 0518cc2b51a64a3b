//! `man`: the manual pages, made from the definition of the command line.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::outcome::{Outcome, SCHEMA, Text};

/// The pages can't be written.
#[derive(Debug, Error)]
#[error("failed to write the manual pages to {}", directory.display())]
pub struct ManError {
    /// The directory.
    pub directory: PathBuf,
    /// The reason.
    pub source: std::io::Error,
}

/// Writes a page for every command; the answer is the list of files.
pub fn man(definition: clap::Command, directory: &Path) -> anyhow::Result<Outcome> {
    let failed = |source| ManError { directory: directory.to_owned(), source };
    std::fs::create_dir_all(directory).map_err(failed)?;
    clap_mangen::generate_to(for_pages(definition), directory).map_err(failed)?;
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .map_err(failed)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "1"))
        .map(|path| path.display().to_string() + "\n")
        .collect();
    names.sort();
    Ok(Outcome::Text(Text { schema: SCHEMA, text: names.concat() }))
}

/// What pages show beyond help: the arguments of a verb in its description, and the options that every command takes.
fn for_pages(command: clap::Command) -> clap::Command {
    let parts = [command.get_about(), command.get_before_help()];
    let parts: Vec<String> = parts.into_iter().flatten().map(ToString::to_string).collect();
    let command = command.long_about(parts.join("\n\n"));
    command.mut_args(|arg| arg.hide_short_help(false)).mut_subcommands(for_pages)
}
