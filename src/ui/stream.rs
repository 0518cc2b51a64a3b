//! Answers that come line by line, to stdout: as text for people, or a JSON document for each.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use unicode_width::UnicodeWidthStr as _;

use super::paint::{Paint, escaped, painted, plain, without_styles};
use super::progress::Console;
use crate::cli::OutputFormat;
use crate::outcome::event::Event;
use crate::outcome::logs::LogLine;
use crate::outcome::stream::{Item, ReaderGone, Stream};
use crate::scheduler::history::Author;

/// Labels are not padded to more than this.
const WIDEST: usize = 40;

/// Shows answers line by line.
pub(super) struct Lines {
    format: OutputFormat,
    /// What is told on stderr, which may be the same terminal.
    console: Arc<Console>,
    terminal: bool,
    /// Whether colours were asked for wherever it goes.
    coloured: bool,
    /// The widest label so far.
    width: AtomicUsize,
    failed: Mutex<Option<io::Error>>,
}

impl Lines {
    pub(super) fn new(format: OutputFormat, console: Arc<Console>, coloured: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let (width, failed) = (AtomicUsize::default(), Mutex::default());
        Self { format, console, terminal, coloured, width, failed }
    }

    /// Whether what was shown could be written.
    pub(super) fn written(&self) -> io::Result<()> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.map_or(Ok(()), Err)
    }

    fn write(&self, item: &Item<'_>) -> io::Result<()> {
        let line = match self.format {
            // Items are plain values with text keys: they always serialize.
            OutputFormat::Json | OutputFormat::Jsonl => {
                escaped(&serde_json::to_string(item).unwrap_or_default()).into_owned()
            }
            OutputFormat::Text => self.text(item),
        };
        self.console.beside(|| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(line.as_bytes())?;
            stdout.write_all(b"\n")?;
            stdout.flush()
        })
    }

    fn text(&self, item: &Item<'_>) -> String {
        match item {
            Item::Log(line) => self.log_line(line),
            Item::Event(event) => harmless(&event_line(event)),
        }
    }

    /// A log's text as it is, and harmless for a terminal.
    fn log_line(&self, line: &LogLine<'_>) -> String {
        let cut =
            if line.cut == 0 { String::new() } else { format!(" … ({} bytes more)", line.cut) };
        let text = if self.terminal {
            plain(&without_styles(line.text)).into_owned()
        } else {
            line.text.to_owned()
        };
        let Some(label) = &line.source.label else { return format!("{text}{cut}") };
        let label = self.styled(&plain(label));
        format!("{label} {text}{cut}")
    }

    fn styled(&self, label: &str) -> String {
        let widest = self.width.fetch_max(label.width().min(WIDEST), Ordering::Relaxed);
        let blanks =
            " ".repeat(widest.max(label.width().min(WIDEST)).saturating_sub(label.width()));
        let paint = Paint::of_label(label);
        let styled = painted(&format!("{paint}{label}{blanks} |{paint:#}"));
        let is_wanted = self.coloured
            || self.terminal
                && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        if is_wanted { styled } else { format!("{label}{blanks} |") }
    }
}

/// `2026-11-30T03:10:55Z  restart by joe on laptop (pid 7): asked for a restart of all`.
fn event_line(event: &Event) -> String {
    let Event { at, by, text, container, .. } = event;
    let by = by.as_ref().map(|Author { command, user, host, pid }| {
        format!("{command} by {user} on {host} (pid {pid})")
    });
    let Some(container) = container else {
        let by = by.unwrap_or_else(|| "somebody".to_owned());
        return format!("{at}  {by}: {text}");
    };
    let by = by.map_or(String::new(), |by| format!(", launched by {by}"));
    let why = [&container.reason, &container.message].into_iter().flatten().cloned();
    let why = why.collect::<Vec<_>>().join(", ");
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    format!("{at}  {text}{by}{why}")
}

/// On one line, with nothing that steers a terminal.
fn harmless(text: &str) -> String {
    plain(text).replace('\n', " ")
}

impl Stream for Lines {
    fn show(&self, item: &Item<'_>) -> Result<(), ReaderGone> {
        self.write(item).map_err(|error| {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            ReaderGone
        })
    }
}
