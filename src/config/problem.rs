//! What is wrong or doubtful in a configuration, with the place and what to write instead.

use std::fmt;

use super::keys::KeySpec;
use super::layer::{Origin, Setting};
use crate::net::redact::{MASK, redact_value};

/// Something that makes the configuration unusable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, as it is written where it is written.
    pub key: String,
    /// The value, secrets blotted out; `None` for a key that is missing.
    pub value: Option<String>,
    /// The place; `None` for a key that is missing.
    pub origin: Option<Origin>,
    /// Which sort of problem it is.
    pub kind: ProblemKind,
    /// What was expected, or what to write.
    pub reason: String,
}

/// The sorts of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A needed key is not set.
    Missing,
    /// A value is not what its key takes.
    Malformed,
    /// Two settings contradict each other.
    Conflict,
    /// A value asks for what this tool doesn't have.
    Unsupported,
    /// A key that was typed is none that there is.
    UnknownKey,
    /// A file that a value names can't be used.
    File,
}

impl Problem {
    /// A problem with a value that is there.
    pub fn with(setting: &Setting, kind: ProblemKind, reason: impl Into<String>) -> Self {
        Self {
            key: setting.key.clone(),
            value: Some(redact_setting(setting)),
            origin: Some(setting.origin.clone()),
            kind,
            reason: reason.into(),
        }
    }

    /// A key that is not set; `reason` says what to write.
    pub fn missing(key: &KeySpec, reason: impl Into<String>) -> Self {
        let key = key.name.to_owned();
        Self { key, value: None, origin: None, kind: ProblemKind::Missing, reason: reason.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.value, &self.origin) {
            (Some(value), Some(origin)) => {
                write!(f, "{} = {value:?} ({origin}): {}", self.key, self.reason)
            }
            _ => write!(f, "{} is not set: {}", self.key, self.reason),
        }
    }
}

/// All problems of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "the configuration is wrong: {one}"),
            all => {
                write!(f, "the configuration has {} problems:", all.len())?;
                all.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

/// Something that works, but may not be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Which sort of warning it is; `config check` shows all, other commands leave some out.
    pub kind: WarningKind,
    /// The key, where it is about one.
    pub key: Option<String>,
    /// The place, where there is one.
    pub origin: Option<Origin>,
    /// The warning.
    pub text: String,
}

/// The sorts of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// A value was changed, because it would destroy a topology.
    Raised,
    /// Heron's own tools understood the same text differently.
    Legacy,
    /// A file holds something that is read, but seldom meant.
    File,
    /// Two settings don't fit together.
    Doubtful,
    /// A secret is less secret than it should be.
    Secret,
    /// A setting is set twice in one layer.
    Duplicate,
    /// A key is not known; it is kept.
    UnknownKey,
    /// Keys that were typed are not known here; they are passed on.
    PassedOn,
    /// A file that a value names is less secret than it should be; who reads it says so as well.
    NamedFile,
    /// A key is known, but has no effect here.
    Unused,
}

impl WarningKind {
    /// Whether the warning matters to every command, not only to `config check`.
    #[must_use]
    pub fn is_urgent(self) -> bool {
        !matches!(self, Self::Duplicate | Self::UnknownKey | Self::Unused | Self::NamedFile)
    }
}

impl Warning {
    /// A warning about a value that is there.
    pub fn with(setting: &Setting, kind: WarningKind, text: impl Into<String>) -> Self {
        let (key, origin) = (Some(setting.key.clone()), Some(setting.origin.clone()));
        Self { kind, key, origin, text: text.into() }
    }

    /// A warning about a place.
    pub fn at(origin: Origin, kind: WarningKind, text: impl Into<String>) -> Self {
        Self { kind, key: None, origin: Some(origin), text: text.into() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.key, &self.origin) {
            (Some(key), Some(origin)) => write!(f, "{key} ({origin}): {}", self.text),
            (None, Some(origin)) => write!(f, "{origin}: {}", self.text),
            (Some(key), None) => write!(f, "{key}: {}", self.text),
            (None, None) => f.write_str(&self.text),
        }
    }
}

/// A setting's value as it may be shown.
#[must_use]
pub fn redact_setting(setting: &Setting) -> String {
    if setting.secret { MASK.to_owned() } else { redact_value(&setting.key, &setting.value) }
}
