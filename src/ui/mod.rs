//! What people and programs see: stdout holds the answer and nothing else, stderr all that is told on the way.

mod check;
mod config;
mod failure;
mod plan;
mod progress;
mod render;
mod table;

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use anstream::ColorChoice as Colour;

use crate::cli::{ColorChoice, DryRunFormat, Global, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::outcome::fetch::FetchResult;
use crate::outcome::{FetchChecked, Outcome, Planned};
pub use progress::Console;

/// How output is made.
#[derive(Clone)]
pub struct Ui {
    format: OutputFormat,
    /// Whether colours that a user asked for by name are wanted at all.
    colours: bool,
    console: Arc<Console>,
}

impl Ui {
    /// Output as the options of a command line ask for.
    #[must_use]
    pub fn new(global: &Global) -> Self {
        let choice = match global.color {
            ColorChoice::Auto => Colour::Auto,
            ColorChoice::Always => Colour::Always,
            ColorChoice::Never => Colour::Never,
        };
        choice.write_global();
        let console = Console::new(global.quiet, global.verbose, std::io::stderr().is_terminal());
        let colours = global.color != ColorChoice::Never;
        Self { format: global.output, colours, console: Arc::new(console) }
    }

    /// What commands report to.
    #[must_use]
    pub fn console(&self) -> Arc<Console> {
        self.console.clone()
    }

    /// Shows how a command ended; the process's exit code.
    #[must_use]
    pub fn finish(&self, result: Result<Outcome, Failure>) -> u8 {
        self.console.clear();
        match result {
            Ok(outcome) => {
                match (self.format, &outcome) {
                    (OutputFormat::Json, outcome) => print(&render::json(outcome)),
                    // The bytes of a file are not ours to change.
                    (OutputFormat::Text, Outcome::ConfigConverted(file)) => print_raw(&file.bytes),
                    (OutputFormat::Text, Outcome::Planned(planned)) => self.print_plan(planned),
                    (OutputFormat::Text, outcome) => print(&render::text(outcome)),
                }
                exit_code(&outcome)
            }
            Err(failure) => {
                match self.format {
                    OutputFormat::Json => print(&failure::json(&failure)),
                    OutputFormat::Text => failure::show(&failure),
                }
                failure.exit.code()
            }
        }
    }
}

impl Ui {
    /// Shows a dry run. Colours that were asked for by name go into a pipe as well: `less -R` shows them.
    fn print_plan(&self, planned: &Planned) {
        let text = plan::text(planned, self.colours && std::io::stdout().is_terminal());
        match planned.format {
            Some(DryRunFormat::ColoredTable) if self.colours => print_raw(text.as_bytes()),
            _ => print(&text),
        }
    }
}

/// Writes to stdout. A reader that has gone away is no failure of ours.
fn print(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let ended = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    let _ = write!(stdout, "{text}{ended}").and_then(|()| stdout.flush());
}

fn print_raw(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}

/// An answer can be a bad one.
fn exit_code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::ConfigChecked(checked) if !checked.good => Exit::Configuration.code(),
        Outcome::FetchChecked(checked) => fetch_exit(checked).map_or(0, Exit::code),
        _ => 0,
    }
}

/// The worst that came of it decides.
fn fetch_exit(checked: &FetchChecked) -> Option<Exit> {
    let fetches = checked.agents.iter().flat_map(|agent| &agent.fetches);
    Some(match FetchResult::worst(fetches.map(|fetched| fetched.result))? {
        FetchResult::TimedOut => Exit::TimedOut,
        FetchResult::NoOffer => Exit::NoPlacement,
        _ => Exit::Failed,
    })
}

/// Shows what is wrong with a command line that could not be parsed; the process's exit code.
#[must_use]
pub fn usage_error(error: &clap::Error, json: bool) -> u8 {
    let wrong = error.use_stderr();
    if wrong && json {
        print(&failure::usage_json(error));
    } else {
        let _ = error.print();
    }
    if wrong { 2 } else { 0 }
}
