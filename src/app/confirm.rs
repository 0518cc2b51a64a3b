//! The question before something is removed in a cluster that nobody named.

use std::io::{BufRead, IsTerminal as _, Write};

use anyhow::anyhow;

use crate::config::Settings;
use crate::failure::{Exit, Failure};

/// Asks before a topology is removed, if there is a person to be asked. Scripts go on.
pub(super) fn confirm(what: &str, settings: &Settings) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(());
    }
    let Settings { cluster, role, environ, .. } = settings;
    let question =
        format!("{what} in {cluster}/{role}/{environ}, which the command line doesn't name?");
    asked(&question, &mut std::io::stdin().lock(), &mut std::io::stderr().lock())
}

fn asked(
    question: &str,
    answers: &mut impl BufRead,
    questions: &mut impl Write,
) -> Result<(), Failure> {
    let mut answer = String::new();
    let read = write!(questions, "{question} [y/N] ")
        .and_then(|()| questions.flush())
        .and_then(|()| answers.read_line(&mut answer));
    let agreed = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if read.is_ok() && agreed {
        return Ok(());
    }
    let mut failure =
        Failure::new(Exit::Failed, anyhow!("it was not confirmed; nothing was changed"));
    failure.hints.push("`--yes` asks nothing".to_owned());
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        let answered = |answer: &str| {
            let mut asked_for = Vec::new();
            let result = asked("kill in a/b/c?", &mut answer.as_bytes(), &mut asked_for);
            assert_eq!(String::from_utf8(asked_for).unwrap(), "kill in a/b/c? [y/N] ");
            result.is_ok()
        };
        assert!(answered("y\n") && answered("YES\n"));
        assert!(!answered("\n") && !answered("") && !answered("n\n") && !answered("yep\n"));
    }
}
