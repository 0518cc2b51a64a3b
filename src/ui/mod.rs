//! What people and programs see: stdout holds the answer and nothing else, stderr all that is told on the way.

mod check;
mod config;
mod difference;
mod doctor;
mod failure;
mod listing;
mod logs;
mod output;
mod paint;
mod plan;
mod progress;
mod render;
mod status;
mod stream;
mod table;

use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use anstream::ColorChoice as Colour;
use clap::error::ErrorKind;

use crate::cli::{ColorChoice, DryRunFormat, Global, OutputFormat, ParseError};
use crate::failure::{Exit, Failure};
use crate::outcome::stream::Stream;
use crate::outcome::{Outcome, Planned};
pub use output::Stderr;
pub use progress::Console;
use stream::Lines;

/// How output is made.
#[derive(Clone)]
pub struct Ui {
    format: OutputFormat,
    /// Whether colours that a user asked for by name are wanted at all.
    colours: bool,
    /// Whether more is asked for.
    verbose: bool,
    console: Arc<Console>,
    lines: Arc<Lines>,
}

impl Ui {
    /// Output in a format, as the options of a command line ask for.
    #[must_use]
    pub fn new(global: &Global, format: OutputFormat) -> Self {
        let choice = match global.color {
            ColorChoice::Auto => Colour::Auto,
            ColorChoice::Always => Colour::Always,
            ColorChoice::Never => Colour::Never,
        };
        choice.write_global();
        let console = Console::new(global.quiet, global.verbose, std::io::stderr().is_terminal());
        let colours = global.color != ColorChoice::Never;
        let verbose = global.verbose > 0;
        let console = Arc::new(console);
        let always = global.color == ColorChoice::Always;
        let lines = Arc::new(Lines::new(format, Arc::clone(&console), always));
        Self { format, colours, verbose, console, lines }
    }

    /// Who shows answers that come line by line.
    #[must_use]
    pub fn stream(&self) -> Arc<dyn Stream> {
        self.lines.clone()
    }

    /// What commands report to.
    #[must_use]
    pub fn console(&self) -> Arc<Console> {
        self.console.clone()
    }

    /// Shows how a command ended; the process's exit code.
    #[must_use]
    pub fn finish(&self, result: Result<Outcome, Failure>) -> u8 {
        self.console.end(result.is_ok());
        match result {
            Ok(outcome) => outcome.exit_code().max(written(self.answer(&outcome))),
            Err(failure) => fail(&failure, self.format),
        }
    }

    fn answer(&self, outcome: &Outcome) -> io::Result<()> {
        match (self.format, outcome) {
            (_, Outcome::Streamed(_)) => self.lines.written(),
            (OutputFormat::Jsonl, outcome) => output::json(&render::json_line(outcome)),
            (OutputFormat::Json, outcome) => output::json(&render::json(outcome)),
            // The bytes of a file are not ours to change.
            (OutputFormat::Text, Outcome::ConfigConverted(file)) => output::file(&file.bytes),
            (OutputFormat::Text, Outcome::Planned(planned)) => self.plan(planned),
            (OutputFormat::Text, outcome) => output::text(&render::text(outcome, self.verbose)),
        }
    }

    /// Shows a dry run. Colours that were asked for by name go into a pipe as well: `less -R` shows them.
    fn plan(&self, planned: &Planned) -> io::Result<()> {
        let text = plan::text(planned, self.colours && std::io::stdout().is_terminal());
        match planned.format {
            Some(DryRunFormat::ColoredTable) if self.colours => output::coloured(&text)?,
            _ => output::text(&text)?,
        }
        planned.error.as_ref().map_or(Ok(()), failure::show_error)
    }
}

/// Shows a failure; its exit code.
fn fail(failure: &Failure, format: OutputFormat) -> u8 {
    let shown = match format {
        OutputFormat::Json | OutputFormat::Jsonl => output::json(&failure::json(failure)),
        OutputFormat::Text => failure::show(failure),
    };
    // A failure that could not be written stays that failure.
    written(shown);
    failure.exit.code()
}

/// What an answer that could not be written makes of the exit code. A reader that has gone away has what it wanted.
fn written(result: io::Result<()>) -> u8 {
    match result {
        Ok(()) => 0,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            let error = anyhow::Error::from(error).context("failed to write the answer to stdout");
            // Where stderr can't be written either, the exit code is all that is left to tell of it.
            let _ = failure::show(&Failure::new(Exit::Failed, error));
            Exit::Failed.code()
        }
    }
}

/// Shows what is wrong with a command line that could not be parsed, or the help that it asked for; the process's exit
/// code.
#[must_use]
pub fn usage_error(error: &ParseError, format: OutputFormat) -> u8 {
    match error {
        ParseError::Usage(error) => fail(&anyhow::Error::from(error.clone()).into(), format),
        ParseError::Clap(error) if !error.use_stderr() => written(output::help(error)),
        ParseError::Clap(error) => {
            let failure = Failure::of_clap(error);
            if format == OutputFormat::Text
                && error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            {
                written(output::help_aside(error));
                return failure.exit.code();
            }
            fail(&failure, format)
        }
    }
}
