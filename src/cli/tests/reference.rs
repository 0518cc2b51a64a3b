//! The whole help as one text, so that it can't change unnoticed; and what is made from the same definition.

use clap::Command;

use crate::cli::definition;

/// Every command below one, itself included, with its whole name.
fn commands(command: &Command, name: &str, into: &mut Vec<(String, Command)>) {
    into.push((name.to_owned(), command.clone()));
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        commands(below, &format!("{name} {}", below.get_name()), into);
    }
}

fn all() -> Vec<(String, Command)> {
    let mut definition = definition().term_width(100).color(clap::ColorChoice::Never);
    definition.build();
    let mut all = Vec::new();
    commands(&definition, "heron-cli", &mut all);
    all
}

/// Run with `INSTA_UPDATE=always` to write the reference anew; it is reviewed as any other text.
#[test]
fn the_help_is_what_was_reviewed() {
    let text: String = all()
        .into_iter()
        .map(|(name, mut command)| {
            let help = command.render_long_help().to_string();
            let help: String = help.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
            format!("===== {name} =====\n\n{help}\n")
        })
        .collect();
    insta::assert_snapshot!("help_reference", text);
}

#[test]
fn the_definition_is_sound() {
    definition().debug_assert();
}

#[test]
fn every_command_that_does_something_has_an_example_with_its_own_name() {
    for (name, command) in all() {
        let leaf = command.get_subcommands().next().is_none();
        let simple = ["version", "classpath", "man"].contains(&command.get_name());
        let inside_a_group = name.contains(" context ");
        if leaf && !simple && !inside_a_group {
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.contains(&format!("\n  {name} ")), "{name}: {examples}");
        }
    }
}

#[test]
fn completions_know_every_command() {
    use clap_complete::Shell;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut definition(), "heron-cli", &mut script);
        let script = String::from_utf8(script).unwrap();
        for word in ["submit", "deactivate", "context", "include-overridden", "config-property"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn every_command_gets_a_manual_page() {
    let directory = tempfile::tempdir().unwrap();
    let outcome = crate::commands::man::man(definition(), directory.path()).unwrap();
    assert!(matches!(outcome, crate::outcome::Outcome::Text(_)));
    for page in ["heron-cli", "heron-cli-submit", "heron-cli-config-context-use"] {
        let text = std::fs::read_to_string(directory.path().join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".SH NAME"), "{page}");
    }
}
