//! `doctor` as text.

use super::paint::Paint;
use super::table::wrapped;
use crate::outcome::doctor::{Diagnosis, Verdict};

/// Columns that a line has room for.
const WIDTH: usize = 80;
/// Where what was found begins.
const INDENT: usize = 9;

/// What was looked at, with what to do about it below.
pub(super) fn text(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    for check in &diagnosis.checks {
        let paint = match check.result {
            Verdict::Passed => Paint::Comes,
            Verdict::Skipped => Paint::Faint,
            Verdict::Warning => Paint::Warning,
            Verdict::Failed => Paint::Danger,
        };
        let result = check.result.name();
        let blanks = " ".repeat(INDENT.saturating_sub(result.len()));
        let found = wrapped(&format!("{}: {}", check.name, check.detail), WIDTH - INDENT);
        let mend = check.mend.iter().flat_map(|mend| wrapped(&format!("→ {mend}"), WIDTH - INDENT));
        for (number, line) in found.into_iter().chain(mend).enumerate() {
            if number == 0 {
                text.push_str(&format!("{paint}{result}{paint:#}{blanks}{line}\n"));
            } else {
                text.push_str(&format!("{}{line}\n", " ".repeat(INDENT)));
            }
        }
    }
    let count = |result| diagnosis.checks.iter().filter(|check| check.result == result).count();
    let (failed, warnings) = (count(Verdict::Failed), count(Verdict::Warning));
    let all = diagnosis.checks.len();
    text.push_str(&format!("\n{all} checks: {failed} failed, {warnings} with a warning\n"));
    text
}
