//! What was told of a command at work, and what is worth a line or a look of it. Pure: time is given.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::clock::short;
use crate::report::Progress;

/// Bytes that are worth a line without a terminal.
const NEWS_BYTES: u64 = 32 << 20;
/// What is shorter is neither drawn nor left standing: it would only flicker.
pub(super) const BLINK: Duration = Duration::from_millis(250);
/// How long nothing is said without a terminal while something is waited for.
pub(super) const SILENCE: Duration = Duration::from_secs(30);

/// What was told last, so that nothing is told twice. Times count from the command's beginning.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The step that is under way; empty where there is none.
    step: String,
    /// When it began.
    began: Duration,
    /// How far it has come.
    progress: Option<Progress>,
    /// How far it had come by the last line that told of it.
    in_a_line: Option<Progress>,
    /// What is waited for, beside the step.
    waiting: Option<String>,
    /// Everything that was said to be waited for.
    waits: BTreeSet<String>,
    /// Everything that was warned of once.
    warnings: BTreeSet<String>,
    /// When a line was said last.
    said: Duration,
}

/// What a terminal shows of a step that is under way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct View {
    /// The step, and how far it has come.
    pub line: String,
    /// Lines below it.
    pub more: Vec<String>,
}

/// What stays of a step that is over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Over {
    /// How far it had come, and how long it took.
    pub line: String,
    /// Whether all was done of what is counted.
    pub is_whole: bool,
}

impl Told {
    /// A step begins. Whether it is news.
    pub fn step(&mut self, now: Duration, text: &str) -> bool {
        if self.step == text {
            return false;
        }
        text.clone_into(&mut self.step);
        self.began = now;
        self.progress = None;
        self.in_a_line = None;
        self.waiting = None;
        true
    }

    /// A step has come further. Whether that is worth a line where lines stay.
    pub fn progress(&mut self, progress: &Progress) -> bool {
        self.progress = Some(progress.clone());
        let worth_a_line = match &self.in_a_line {
            Some(told) => is_news(told, progress),
            None if progress.unit == "bytes" => {
                is_news(&Progress { done: 0, ..progress.clone() }, progress)
            }
            None => true,
        };
        if worth_a_line {
            self.in_a_line = Some(progress.clone());
        }
        worth_a_line
    }

    /// Something is waited for beside the step, or no more. Whether that is worth a line where lines stay.
    pub fn waiting(&mut self, what: Option<&str>) -> bool {
        self.waiting = what.map(str::to_owned);
        what.is_some_and(|what| self.waits.insert(what.to_owned()))
    }

    /// Whether this was not warned of before.
    pub fn warns_anew(&mut self, text: &str) -> bool {
        self.warnings.insert(text.to_owned())
    }

    /// A line was said.
    pub fn said(&mut self, now: Duration) {
        self.said = now;
    }

    /// The step and how far it has come, as a line of its own.
    pub fn line(&self) -> String {
        self.progress
            .as_ref()
            .map_or_else(|| self.step.clone(), |progress| describe(&self.step, progress))
    }

    /// What a terminal shows; none without a step.
    pub fn view(&self) -> Option<View> {
        let line = match &self.waiting {
            Some(waiting) => waiting.clone(),
            None if self.step.is_empty() => return None,
            None => self.line(),
        };
        let more = self.progress.as_ref().filter(|_| self.waiting.is_none());
        Some(View { line, more: more.map(|progress| progress.more.clone()).unwrap_or_default() })
    }

    /// The line that stays of a step that is over, if it took long enough for anybody to have seen it.
    pub fn over(&self, now: Duration) -> Option<Over> {
        let took = now.saturating_sub(self.began);
        if self.step.is_empty() || took < BLINK {
            return None;
        }
        let counted = self.progress.as_ref().map(|progress| Progress {
            detail: String::new(),
            more: Vec::new(),
            ..progress.clone()
        });
        let line = counted.map_or_else(|| self.step.clone(), |all| describe(&self.step, &all));
        let is_whole = self.progress.as_ref().is_none_or(|all| all.done >= all.total);
        Some(Over { line: format!("{line}  {}", short(took)), is_whole })
    }

    /// In how long a sign of life is due where lines stay, if nothing is said before; none while nothing is under way.
    pub fn silence_left(&self, now: Duration) -> Option<Duration> {
        let waits = self.waiting.is_some() || !self.step.is_empty();
        waits.then(|| (self.said + SILENCE).saturating_sub(now))
    }

    /// A sign of life: what is under way since when, and all that is known of why.
    pub fn sign_of_life(&mut self, now: Duration) -> Option<String> {
        if !self.silence_left(now)?.is_zero() {
            return None;
        }
        self.said = now;
        let View { line, more } = self.view()?;
        let since = short(now.saturating_sub(self.began));
        let why = more.iter().map(|why| format!("; {why}")).collect::<String>();
        Some(format!("still {line}, for {since}{why}"))
    }
}

/// Without a terminal every tenth of the way is worth a line, and every change of what holds it up.
fn is_news(told: &Progress, now: &Progress) -> bool {
    let tenth = |progress: &Progress| {
        progress.done.saturating_mul(10).checked_div(progress.total).unwrap_or_default()
    };
    let finer = match now.unit {
        // A package that goes into a directory is there at once.
        "bytes" => {
            let is_whole = now.done == now.total && told.done != now.done;
            is_whole || now.done.saturating_sub(told.done) > NEWS_BYTES
        }
        _ => tenth(told) != tenth(now),
    };
    // That nothing holds it up any more shows when it goes on.
    let held_up = told.detail != now.detail && !now.detail.is_empty();
    held_up || told.total != now.total || finer
}

fn describe(step: &str, progress: &Progress) -> String {
    let Progress { done, total, unit, detail, .. } = progress;
    let counted = match *unit {
        "bytes" => format!("{} of {}", bytes(*done), bytes(*total)),
        unit => format!("{done} of {total} {unit}"),
    };
    let more = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    format!("{step}: {counted}{more}")
}

pub(in crate::ui) fn bytes(count: u64) -> String {
    if count < 1 << 20 {
        format!("{} kB", count.div_ceil(1 << 10))
    } else {
        format!("{:.1} MB", count as f64 / f64::from(1 << 20))
    }
}

#[cfg(test)]
mod tests;
