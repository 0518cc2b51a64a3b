//! What is wrong or doubtful in a configuration, with the place and what to write instead.

use std::fmt;

use super::keys::{self, KeySpec};
use super::layer::{Origin, Setting};

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

/// What stands in place of a secret.
pub const REDACTED: &str = "********";

/// A setting's value as it may be shown.
#[must_use]
pub fn redact_setting(setting: &Setting) -> String {
    if setting.secret { REDACTED.to_owned() } else { redact(&setting.key, &setting.value) }
}

/// Blots out what must not be shown: values of secret keys, and passwords in URLs.
#[must_use]
pub fn redact(key: &str, value: &str) -> String {
    if is_secret(key) && !value.is_empty() { REDACTED.to_owned() } else { redact_url(value) }
}

/// Whether a key's value is a secret itself; keys that name a file with a secret are none.
#[must_use]
pub fn is_secret(key: &str) -> bool {
    if keys::lookup(key).spec() == Some(&keys::UPLOADER_S3_SECRET_KEY) {
        return true;
    }
    let key = key.to_ascii_lowercase();
    let words = ["secret", "password", "passwd", "token", "credential"];
    let names_a_file =
        [".file", "path", "timeout", "dir", "uri"].iter().any(|end| key.ends_with(end));
    !names_a_file && words.iter().any(|word| key.contains(word))
}

/// Blots out `user:password@` in every URL of a text.
#[must_use]
pub fn redact_url(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end =
            after.find(|char: char| char.is_whitespace() || matches!(char, '/' | '?' | '#' | '"'));
        let (authority, tail) = after.split_at(end.unwrap_or(after.len()));
        // A password may itself hold a slash, so the last @ before a blank is looked for too.
        let far = after.find(char::is_whitespace).unwrap_or(after.len());
        let slash_in_password = after.get(..far).and_then(|word| word.rsplit_once('@'));
        match (authority.rsplit_once('@'), slash_in_password) {
            (Some((_, host)), _) => {
                shown.push_str(REDACTED);
                shown.push('@');
                shown.push_str(host);
                rest = tail;
            }
            (None, Some((user, _))) if user.contains(':') && !user.contains("://") => {
                shown.push_str(REDACTED);
                rest = after.get(user.len()..).unwrap_or_default();
            }
            _ => {
                shown.push_str(authority);
                rest = tail;
            }
        }
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn passwords_and_secret_keys_are_blotted_out() {
        let zk = "zk://alice:pa55@h1:2181,h2:2181/mesos";
        assert_eq!(redact("heron.mesos.master.uri", zk), "zk://********@h1:2181,h2:2181/mesos");
        assert_eq!(redact("a", "http://u:p@h/x http://h/y@z"), "http://********@h/x http://h/y@z");
        assert_eq!(redact("a", "zk://u:a/b@h:1/x"), "zk://********@h:1/x");
        assert_eq!(redact("heron.uploader.s3.secret_key", "x"), REDACTED);
        assert_eq!(redact("my.password", "x"), REDACTED);
        assert_eq!(redact("heron.mesos.secret.file", "/etc/secret"), "/etc/secret");
        assert_eq!(redact("a", "host:1 b@c"), "host:1 b@c");
    }

    proptest! {
        #[test]
        fn no_password_is_left(user in "[a-z]{1,5}", password in "[a-z0-9]{8,12}", host in "[a-z]{3,8}") {
            let shown = redact("x", &format!("see zk://{user}:{password}@{host}:1/mesos"));
            prop_assert!(!shown.contains(&password));
            prop_assert!(shown.contains(&host));
        }

        #[test]
        fn no_text_panics(text in "[a:/@ ä?]{0,30}") {
            prop_assert!(redact_url(&text).len() <= text.len() + 30 * REDACTED.len());
        }
    }
}
