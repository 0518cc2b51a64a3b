//! The whole help as one text, so that it can't change unnoticed; and what is made from the same definition.

use clap::Command;

use crate::verbs::definition;

/// Every command below one, itself included, with its whole name.
fn commands(command: &Command, name: &str, into: &mut Vec<(String, Command)>) {
    into.push((name.to_owned(), command.clone()));
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        commands(below, &format!("{name} {}", below.get_name()), into);
    }
}

fn all() -> Vec<(String, Command)> {
    let mut definition = definition().term_width(80).color(clap::ColorChoice::Never);
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
            let help = command.render_help().to_string();
            let help: String = help.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
            format!("===== {name} =====\n\n{help}\n")
        })
        .collect();
    insta::assert_snapshot!("help_reference", text);
}

/// A terminal of 80 columns breaks no example, and shows the help of any command at once.
#[test]
fn help_fits_a_terminal() {
    for (name, mut command) in all() {
        let help = command.render_help().to_string();
        let lines = help.lines().count();
        assert!(lines <= 50, "{name}: {lines} lines");
        let long = help.lines().find(|line| line.chars().count() > 80);
        assert_eq!(long, None, "{name}");
        for part in [command.get_before_help(), command.get_after_help()].into_iter().flatten() {
            for line in part.to_string().lines() {
                assert!(line.chars().count() <= 80, "{name}: {line}");
                assert!(help.contains(line.trim_end()), "{name}: {line}");
            }
        }
    }
}

#[test]
fn the_options_of_every_command_are_shown_on_demand() {
    for (name, mut command) in all() {
        let (short, long) = (command.render_help().to_string(), command.render_long_help());
        for flag in ["--config-loader", "--timeout", "--output"] {
            assert!(long.to_string().contains(flag), "{name}");
        }
        assert!(!short.contains("--config-loader") && short.contains("--help-all"), "{name}");
    }
}

#[test]
fn manual_pages_say_what_every_option_and_argument_is() {
    let directory = tempfile::tempdir().unwrap();
    crate::commands::man::man(definition(), directory.path()).unwrap();
    let page = directory.path().join("heron-cli-restart.1");
    let page = std::fs::read_to_string(page).unwrap().replace('\\', "");
    let (front, options) = page.split_once(".SH OPTIONS").unwrap();
    assert!(front.contains("[CONTAINER]  A container"), "{front}");
    assert!(options.contains("Read the configuration from this properties file"), "{options}");
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
fn every_command_gets_a_manual_page() {
    let directory = tempfile::tempdir().unwrap();
    let outcome = crate::commands::man::man(definition(), directory.path()).unwrap();
    assert!(matches!(outcome, crate::outcome::Outcome::Text(_)));
    for page in ["heron-cli", "heron-cli-submit", "heron-cli-config-context-use"] {
        let text = std::fs::read_to_string(directory.path().join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".SH NAME") && text.contains("config\\-loader"), "{page}");
    }
}
