//! `completions`: what a shell needs to complete command lines.

use clap_complete::env::Shells;
use thiserror::Error;

use crate::outcome::{Outcome, SCHEMA, Text};

/// The variable by which a shell asks for completions; it names the shell.
pub const VARIABLE: &str = "COMPLETE";

/// A shell that nothing is known of.
#[derive(Debug, Error)]
#[error("there are no completions for {shell}")]
pub struct NoSuchShell {
    /// Its name.
    pub shell: String,
}

/// What a shell runs once, so that it asks this program for completions as words are typed.
pub fn completions(shell: clap_complete::Shell) -> anyhow::Result<Outcome> {
    let shell = shell.to_string();
    let shells = Shells::builtins();
    let Some(completer) = shells.completer(&shell) else {
        return Err(NoSuchShell { shell }.into());
    };
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "heron-cli", "heron-cli", "heron-cli", &mut script)?;
    Ok(Outcome::Text(Text { schema: SCHEMA, text: String::from_utf8(script)? }))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_shell_is_told_how_to_ask() {
        for shell in clap_complete::Shell::value_variants() {
            let Ok(Outcome::Text(script)) = completions(*shell) else { panic!("{shell}") };
            assert!(script.text.contains(VARIABLE) && script.text.contains("heron-cli"), "{shell}");
        }
    }
}
