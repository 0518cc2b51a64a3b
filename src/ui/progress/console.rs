//! What is told on stderr, as it comes.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::told::{BLINK, Over, SILENCE, Told};
use crate::clock::short;
use crate::net::redact::redact;
use crate::report::{Progress, Reporter};
use crate::ui::paint::{Paint, painted, plain};

const WARNING: Paint = Paint::Warning;
const FAINT: Paint = Paint::Faint;

/// What is told on stderr.
pub struct Console {
    quiet: bool,
    verbose: u8,
    stage: Arc<Stage>,
}

/// Where it is told, by whoever works and by the clock.
struct Stage {
    /// Where lines change in their place.
    bar: Option<ProgressBar>,
    began: Instant,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    told: Told,
    /// Whether the clock is looked at.
    ticks: bool,
    /// Whether nothing is drawn any more.
    is_over: bool,
}

impl Console {
    /// `terminal`: whether stderr is one. With details asked for, lines are plain: a bar would fight with them.
    pub(in crate::ui) fn new(quiet: bool, verbose: u8, terminal: bool) -> Self {
        let bar = (terminal && !quiet && verbose == 0).then(new_bar);
        let state = Mutex::default();
        let stage = Stage { bar, began: Instant::now(), state, ended: Condvar::new() };
        Self { quiet, verbose, stage: Arc::new(stage) }
    }

    /// Ends what changes: the last step stays with its time if it is `done`.
    pub(in crate::ui) fn end(&self, done: bool) {
        let mut state = self.stage.state();
        state.is_over = true;
        let last = self.stage.bar.as_ref().filter(|_| done);
        let last = last.and_then(|_| state.told.over(self.stage.began.elapsed()));
        drop(state);
        self.stage.ended.notify_all();
        if let Some(bar) = &self.stage.bar {
            bar.finish_and_clear();
        }
        if let Some(last) = last {
            self.stage.line(&over(&last));
        }
    }

    /// Does what writes to stdout, which may be the same terminal.
    pub(in crate::ui) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.stage.bar {
            // Lines that come one after the other are progress enough.
            Some(bar) => {
                bar.finish_and_clear();
                bar.suspend(write)
            }
            None => write(),
        }
    }
}

impl Stage {
    fn state(&self) -> MutexGuard<'_, State> {
        // What was told last stays true, whatever happened to the thread that told it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says a line that stays.
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

    fn say(&self, state: &mut State, text: &str) {
        state.told.said(self.began.elapsed());
        self.line(text);
    }

    /// Has the clock looked at from now on: a terminal is drawn to when that no longer flickers, and elsewhere a sign of life is given
    /// after a long silence.
    fn start(self: &Arc<Self>, state: &mut State) {
        if std::mem::replace(&mut state.ticks, true) {
            return;
        }
        let stage = Arc::clone(self);
        // Without a thread, what comes is told all the same.
        let _ = thread::Builder::new().name("progress".to_owned()).spawn(move || stage.watch());
    }

    fn watch(&self) {
        let mut state = self.state();
        if let Some(bar) = &self.bar {
            state = self.rest(state, BLINK);
            if !state.is_over {
                bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(15));
                bar.enable_steady_tick(Duration::from_millis(100));
            }
            return;
        }
        while !state.is_over {
            let now = self.began.elapsed();
            if let Some(line) = state.told.sign_of_life(now) {
                self.line(&line);
            }
            let left = state.told.silence_left(now).unwrap_or(SILENCE);
            state = self.rest(state, left.max(Duration::from_millis(1)));
        }
    }

    fn rest<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        let rested = self.ended.wait_timeout_while(state, time, |state| !state.is_over);
        rested.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Shows what is under way on a terminal.
fn draw(bar: &ProgressBar, told: &Told) {
    let Some(view) = told.view() else { return };
    bar.set_prefix(plain(&view.line).into_owned());
    let more: String = view.more.iter().map(|line| format!("\n    {line}")).collect();
    bar.set_message(plain(&more).into_owned());
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {took}{msg}") {
        let style = style.tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ");
        bar.set_style(style.with_key(
            "took",
            |state: &ProgressState, line: &mut dyn std::fmt::Write| {
                // A line that can't be made is not drawn.
                let _ = line.write_str(&short(state.elapsed()));
            },
        ));
    }
    bar
}

/// How a step looks that is over.
fn over(Over { line, is_whole }: &Over) -> String {
    let mark = if *is_whole { '✓' } else { '·' };
    format!("{FAINT}{mark} {line}{FAINT:#}")
}

impl Reporter for Console {
    fn step(&self, text: &str) {
        if self.quiet {
            return;
        }
        let mut state = self.stage.state();
        let now = self.stage.began.elapsed();
        let last = state.told.over(now);
        if !state.told.step(now, text) {
            return;
        }
        match &self.stage.bar {
            Some(bar) => {
                bar.reset_elapsed();
                draw(bar, &state.told);
                if let Some(last) = last {
                    self.stage.line(&over(&last));
                }
            }
            None if text.is_empty() => {}
            None => self.stage.say(&mut state, text),
        }
        self.stage.start(&mut state);
    }

    fn progress(&self, progress: &Progress) {
        if self.quiet {
            return;
        }
        let mut state = self.stage.state();
        let worth_a_line = state.told.progress(progress);
        match &self.stage.bar {
            Some(bar) => draw(bar, &state.told),
            None if worth_a_line => {
                let line = state.told.line();
                self.stage.say(&mut state, &line);
            }
            None => {}
        }
    }

    fn waiting(&self, what: Option<&str>) {
        if self.quiet {
            return;
        }
        let mut state = self.stage.state();
        let worth_a_line = state.told.waiting(what);
        match (&self.stage.bar, what) {
            (Some(bar), _) => draw(bar, &state.told),
            (None, Some(what)) if worth_a_line => self.stage.say(&mut state, what),
            (None, _) => {}
        }
        self.stage.start(&mut state);
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            self.stage.line(text);
        }
    }

    fn warn(&self, text: &str) {
        self.stage.line(&format!("{WARNING}warning:{WARNING:#} {text}"));
    }

    fn warn_once(&self, text: &str) {
        let is_new = self.stage.state().told.warns_anew(text);
        if is_new {
            self.warn(text);
        }
    }

    fn ask(&self, question: &str) -> Option<String> {
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if !terminal {
            return None;
        }
        self.end(false);
        write!(std::io::stderr(), "{question}: ").ok()?;
        std::io::stderr().flush().ok()?;
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer).ok()?;
        // The end of the input is no answer.
        (read > 0).then(|| answer.trim().to_owned())
    }

    fn program_output(&self, line: &str) {
        if self.verbose > 0 {
            self.stage.line(&format!("  | {}", redact(line)));
        }
    }
}
