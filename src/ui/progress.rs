//! Progress: a line that changes on a terminal, a line per change elsewhere.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::paint::{Paint, painted, plain};
use crate::net::redact::redact;
use crate::report::{Progress, Reporter};

const WARNING: Paint = Paint::Warning;

/// Bytes that are worth a line without a terminal.
const NEWS_BYTES: u64 = 32 << 20;

/// What is told on stderr.
pub struct Console {
    quiet: bool,
    verbose: u8,
    bar: Option<ProgressBar>,
    last: Mutex<Last>,
}

/// What was told last, so that nothing is told twice.
#[derive(Default)]
struct Last {
    step: String,
    progress: Option<Progress>,
    /// What a terminal shows of them.
    shown: String,
    /// Everything that was said to be waited for.
    waits: BTreeSet<String>,
    /// Everything that was warned of once.
    warnings: BTreeSet<String>,
}

impl Console {
    /// `terminal`: whether stderr is one. With details asked for, lines are plain: a bar would fight with them.
    pub(super) fn new(quiet: bool, verbose: u8, terminal: bool) -> Self {
        let bar = (terminal && !quiet && verbose == 0).then(new_bar);
        Self { quiet, verbose, bar, last: Mutex::default() }
    }

    /// Removes the changing line.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self, text: &str) {
        let print = || {
            // Where stderr is gone, nobody is told of it either.
            let _ = writeln!(anstream::stderr().lock(), "{}", painted(text));
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Does what writes to stdout, which may be the same terminal.
    pub(super) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            // Lines that come one after the other are progress enough.
            Some(bar) => {
                bar.finish_and_clear();
                bar.suspend(write)
            }
            None => write(),
        }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        // What was told last stays true, whatever happened to the thread that told it.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(15));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style.tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "));
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

impl Reporter for Console {
    fn step(&self, text: &str) {
        let mut last = self.last();
        if self.quiet || last.step == text {
            return;
        }
        text.clone_into(&mut last.step);
        text.clone_into(&mut last.shown);
        last.progress = None;
        match &self.bar {
            Some(bar) => bar.set_message(plain(text).into_owned()),
            None => self.line(text),
        }
    }

    fn progress(&self, progress: &Progress) {
        let mut last = self.last();
        if self.quiet || last.progress.as_ref() == Some(progress) {
            return;
        }
        let text = describe(&last.step, progress);
        let worth_a_line = match &last.progress {
            Some(told) => is_news(told, progress),
            None => {
                progress.unit != "bytes"
                    || is_news(&Progress { done: 0, ..progress.clone() }, progress)
            }
        };
        match &self.bar {
            Some(bar) => bar.set_message(plain(&text).into_owned()),
            None if worth_a_line => self.line(&text),
            None => return,
        }
        last.shown = text;
        last.progress = Some(progress.clone());
    }

    fn waiting(&self, what: Option<&str>) {
        let mut last = self.last();
        if self.quiet {
            return;
        }
        match (&self.bar, what) {
            (Some(bar), what) => {
                bar.set_message(plain(what.unwrap_or(&last.shown)).into_owned());
            }
            (None, Some(what)) if last.waits.insert(what.to_owned()) => self.line(what),
            (None, _) => {}
        }
    }

    fn warn(&self, text: &str) {
        self.line(&format!("{WARNING}warning:{WARNING:#} {text}"));
    }

    fn warn_once(&self, text: &str) {
        if self.last().warnings.insert(text.to_owned()) {
            self.warn(text);
        }
    }

    fn ask(&self, question: &str) -> Option<String> {
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if !terminal {
            return None;
        }
        self.clear();
        write!(std::io::stderr(), "{question}: ").ok()?;
        std::io::stderr().flush().ok()?;
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer).ok()?;
        // The end of the input is no answer.
        (read > 0).then(|| answer.trim().to_owned())
    }

    fn program_output(&self, line: &str) {
        if self.verbose > 0 {
            self.line(&format!("  | {}", redact(line)));
        }
    }
}

/// Without a terminal every tenth of the way is worth a line, and every change of what holds it up.
fn is_news(told: &Progress, now: &Progress) -> bool {
    let tenth = |progress: &Progress| {
        progress.done.saturating_mul(10).checked_div(progress.total).unwrap_or_default()
    };
    let finer = match now.unit {
        // A package that goes into a directory is there at once.
        "bytes" => now.done == now.total || now.done.saturating_sub(told.done) > NEWS_BYTES,
        _ => tenth(told) != tenth(now),
    };
    // That nothing holds it up any more shows when it goes on.
    let held_up = told.detail != now.detail && !now.detail.is_empty();
    held_up || told.total != now.total || finer
}

fn describe(step: &str, progress: &Progress) -> String {
    let Progress { done, total, unit, detail } = progress;
    let counted = match *unit {
        "bytes" => format!("{} of {}", bytes(*done), bytes(*total)),
        unit => format!("{done} of {total} {unit}"),
    };
    let more = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    format!("{step}: {counted}{more}")
}

pub(super) fn bytes(count: u64) -> String {
    if count < 1 << 20 {
        format!("{} kB", count.div_ceil(1 << 10))
    } else {
        format!("{:.1} MB", count as f64 / f64::from(1 << 20))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(done: u64, detail: &str) -> Progress {
        Progress { done, total: 100, unit: "containers", detail: detail.to_owned() }
    }

    #[test]
    fn a_pipe_sees_tenths_and_reasons_only() {
        assert!(!is_news(&progress(11, ""), &progress(12, "")));
        assert!(is_news(&progress(19, ""), &progress(20, "")));
        assert!(is_news(&progress(11, ""), &progress(11, "no offers")));
        assert!(!is_news(&progress(11, "no offers"), &progress(11, "")));
    }

    #[test]
    fn a_pipe_sees_one_line_of_a_package_that_is_not_large() {
        let bytes = |done| Progress { done, total: 5 << 20, unit: "bytes", detail: String::new() };
        assert!(!is_news(&bytes(0), &bytes(1 << 20)));
        assert!(is_news(&bytes(0), &bytes(5 << 20)));
        let large = |done| Progress { total: 1 << 30, ..bytes(done) };
        assert!(is_news(&large(0), &large(NEWS_BYTES + 1)));
    }

    #[test]
    fn progress_reads_as_a_sentence() {
        let text = describe("launching", &progress(3, "waiting for offers"));
        assert_eq!(text, "launching: 3 of 100 containers (waiting for offers)");
        assert_eq!(bytes(1536), "2 kB");
        assert_eq!(bytes(3 << 20), "3.0 MB");
    }
}
