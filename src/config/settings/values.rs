//! What can be said of values one by one: their form, unknown keys, and values that don't count.

use super::work::Work;
use crate::config::keys::{self, Kind, Lookup};
use crate::config::layer::Setting;
use crate::config::problem::{Problem, ProblemKind, Warning, WarningKind};

/// A file of thousands of unknown keys is not one of slips.
const SUGGESTIONS: usize = 200;

/// Keys that begin like this are ours to know; `topology.` is everybody's.
const OURS: [&str; 3] = ["heron.", "mesos.", "zk."];

impl Work<'_> {
    /// Every value that counts must be what its key takes; every key should be known.
    pub(super) fn check_values(&mut self) {
        let mut unknown = 0;
        let mut passed_on = Vec::new();
        for setting in self.reader.config.winners() {
            match keys::lookup(&setting.key) {
                Lookup::Unknown if setting.origin.is_typed() => {
                    self.judge_typed(setting, &mut passed_on);
                }
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
        if !passed_on.is_empty() {
            let names = passed_on.join(", ");
            let (are, they) = if passed_on.len() == 1 {
                ("is no key", "it is")
            } else {
                ("are no keys", "they are")
            };
            let text = format!("{names} {are} of heron-cli; {they} passed on to the containers");
            self.warnings.push(Warning {
                kind: WarningKind::PassedOn,
                key: None,
                origin: None,
                text,
            });
        }
    }

    /// A key that somebody typed was meant to do something: a slip is refused, a key of somebody else's is passed on.
    fn judge_typed<'s>(&mut self, setting: &'s Setting, passed_on: &mut Vec<&'s str>) {
        let nearest = keys::nearest(&setting.key);
        if nearest.is_none() && !OURS.iter().any(|prefix| setting.key.starts_with(prefix)) {
            passed_on.push(&setting.key);
            return;
        }
        let reason = match nearest {
            Some(known) => format!("unknown key; did you mean {known}?"),
            None => "unknown key; `heron-cli config keys` lists those that there are".to_owned(),
        };
        self.problems.push(Problem::with(setting, ProblemKind::UnknownKey, reason));
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
