//! What can be said of values one by one: their form, unknown keys, and values that don't count.

use super::work::Work;
use crate::config::keys::{self, Kind, Lookup};
use crate::config::layer::Setting;
use crate::config::problem::{Problem, ProblemKind, Warning, WarningKind};

/// A file of thousands of unknown keys is not one of slips.
const SUGGESTIONS: usize = 200;

impl Work<'_> {
    /// Every value that counts must be what its key takes; every key should be known.
    pub(super) fn check_values(&mut self) {
        let mut unknown = 0;
        for setting in self.reader.config.winners() {
            match keys::lookup(&setting.key) {
                Lookup::Unknown => {
                    unknown += 1;
                    self.warn_unknown(setting, unknown <= SUGGESTIONS);
                }
                // A spelling that another one hides is nobody's concern.
                Lookup::Canonical(spec) | Lookup::Alias(spec)
                    if self.reader.setting(spec) != Some(setting) => {}
                Lookup::Canonical(spec) | Lookup::Alias(spec) | Lookup::Pattern(spec) => {
                    if let Some(why) = spec.unused {
                        self.warnings.push(Warning::with(setting, WarningKind::Unused, why));
                    } else if let Err(expected) = spec.kind.check(&setting.value) {
                        let problem = Problem::with(setting, ProblemKind::Malformed, expected);
                        self.problems.push(problem);
                    } else if spec.kind == Kind::Root && setting.value.trim().ends_with('/') {
                        let text = "the slash at the end is left out";
                        self.warnings.push(Warning::with(setting, WarningKind::Doubtful, text));
                    }
                }
            }
        }
    }

    /// Of one layer only the last value counts, under whichever name.
    pub(super) fn check_duplicates(&mut self) {
        for entry in self.reader.config.entries() {
            let spec = match keys::lookup(&entry.winner.key) {
                Lookup::Canonical(spec) | Lookup::Alias(spec) => Some(spec),
                Lookup::Pattern(_) | Lookup::Unknown => None,
            };
            let counts = spec.and_then(|spec| self.reader.setting(spec)).unwrap_or(entry.winner);
            let hidden = entry.shadows.into_iter().chain([entry.winner]);
            let hidden = hidden.filter(|other| *other != counts && other.value != counts.value);
            for other in hidden.filter(|other| other.layer == counts.layer) {
                let text =
                    format!("does not count: {} ({}) comes later", counts.key, counts.origin);
                self.warnings.push(Warning::with(other, WarningKind::Duplicate, text));
            }
        }
    }

    fn warn_unknown(&mut self, setting: &Setting, suggest: bool) {
        let nearest = if suggest { keys::nearest(&setting.key) } else { None };
        let text = match nearest {
            Some(known) => format!("unknown key; did you mean {known}?"),
            None => "unknown key; it is kept, but changes nothing".to_owned(),
        };
        self.warnings.push(Warning::with(setting, WarningKind::UnknownKey, text));
    }
}
