//! The user's configuration directory, as far as it goes into packages.
//!
//! Everybody who can read the store, an agent's cache or a sandbox can read a package. So only the files that Heron's
//! processes know go into it, no links are followed, and a secret stays at home: settings that nothing in a container
//! reads are left out, and a file with a secret that something there does read is refused, unless the user wants it so.
//! What is left out is told.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::yaml::{self, FlatYamlError};
use crate::net::redact::{is_secret, redact};

/// Files that processes in a container read; with a secret they are refused.
const FOR_CONTAINERS: [&str; 5] = [
    "heron_internals.yaml",
    "metrics_sinks.yaml",
    "stateful.yaml",
    "healthmgr.yaml",
    "release.yaml",
];
/// Files that clients and schedulers read, or of which this tool writes its own; without their secrets they do no harm.
const FOR_CLIENTS: [&str; 8] = [
    "client.yaml",
    "cluster.yaml",
    "downloader.yaml",
    "override.yaml",
    "packing.yaml",
    "scheduler.yaml",
    "statemgr.yaml",
    "uploader.yaml",
];
/// Files of the configuration directory are small; more than this is somebody's data.
const MAX_BYTES: u64 = 64 << 20;

/// What to do with secrets in files that processes in a container read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Refuse the file.
    Refuse,
    /// Take it as it is: `heron.package.allow.secrets`.
    Allow,
}

/// What goes into packages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// The files by their names.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What stays at home, in the order of the names.
    pub left_out: Vec<LeftOut>,
}

/// Something of the directory that does not go into packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// A file, or a setting in one.
    pub what: String,
    /// Why.
    pub why: &'static str,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.why)
    }
}

/// Why a directory can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfDirectoryError {
    /// The directory or a file in it can't be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds too much, or a name that is no text.
    #[error("{} can't be used as a configuration directory: {reason}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// A file that Heron could not read either.
    #[error(transparent)]
    Yaml(#[from] FlatYamlError),
    /// A file with a secret that would travel to the agents.
    #[error(
        "{} would go into the package, where everybody who can read the store or a sandbox finds it, and it holds secrets: {}; take them out, or allow it with heron.package.allow.secrets", path.display(), keys.join(", ")
    )]
    Secrets {
        /// The file.
        path: PathBuf,
        /// The settings.
        keys: Vec<String>,
    },
}

/// Reads a configuration directory.
pub fn read(directory: &Path, secrets: Secrets) -> Result<Own, ConfDirectoryError> {
    let refused = |reason| ConfDirectoryError::Directory { path: directory.to_owned(), reason };
    let mut own = Own::default();
    let mut room = MAX_BYTES;
    for path in sorted(directory)? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return Err(refused("a file name in it is not UTF-8"));
        };
        let metadata = std::fs::symlink_metadata(&path).map_err(unreadable(&path))?;
        if let Some(why) = unfit(name, &metadata) {
            own.left_out.push(LeftOut { what: name.to_owned(), why });
            continue;
        }
        room =
            room.checked_sub(metadata.len()).ok_or_else(|| refused("it holds more than 64 MiB"))?;
        let bytes = std::fs::read(&path).map_err(unreadable(&path))?;
        let bytes = if FOR_CLIENTS.contains(&name) {
            without_secrets(name, bytes, &mut own.left_out)?
        } else {
            checked(&path, name, bytes, secrets)?
        };
        own.files.insert(name.to_owned(), bytes);
    }
    Ok(own)
}

fn sorted(directory: &Path) -> Result<Vec<PathBuf>, ConfDirectoryError> {
    let entries = std::fs::read_dir(directory).map_err(unreadable(directory))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(unreadable(directory))?;
    paths.sort();
    Ok(paths)
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> ConfDirectoryError + use<> {
    let path = path.to_owned();
    move |source| ConfDirectoryError::Read { path: path.clone(), source }
}

/// Why something of the directory is none of its files.
fn unfit(name: &str, metadata: &std::fs::Metadata) -> Option<&'static str> {
    if metadata.is_symlink() {
        Some("a link, which is not followed")
    } else if metadata.is_dir() {
        Some("a directory")
    } else if !metadata.is_file()
        || !(FOR_CONTAINERS.contains(&name) || FOR_CLIENTS.contains(&name))
    {
        Some("no configuration file of Heron's")
    } else {
        None
    }
}

/// A file for containers, if it may go there.
fn checked(
    path: &Path,
    name: &str,
    bytes: Vec<u8>,
    secrets: Secrets,
) -> Result<Vec<u8>, ConfDirectoryError> {
    let mut keys = Vec::new();
    take_secrets(&mut yaml::read(name, &bytes)?, "", &mut keys);
    if keys.is_empty() || secrets == Secrets::Allow {
        Ok(bytes)
    } else {
        Err(ConfDirectoryError::Secrets { path: path.to_owned(), keys })
    }
}

/// A file for clients without its secrets; as it was, if there are none.
fn without_secrets(
    name: &str,
    bytes: Vec<u8>,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<u8>, ConfDirectoryError> {
    let mut entries = yaml::read(name, &bytes)?;
    let mut keys = Vec::new();
    take_secrets(&mut entries, "", &mut keys);
    if keys.is_empty() {
        return Ok(bytes);
    }
    let what = |key| format!("{key} of {name}");
    left_out.extend(keys.into_iter().map(|key| LeftOut { what: what(key), why: "a secret" }));
    Ok(yaml::map(&entries).into_bytes())
}

/// Takes settings out that are secrets by their names or their values, however deep, and says which.
fn take_secrets(entries: &mut Map<String, Value>, path: &str, taken: &mut Vec<String>) {
    entries.retain(|key, value| {
        let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let keep = !(is_secret(key) && says_something(value)) && take_from(value, &here, taken);
        if !keep {
            taken.push(here);
        }
        keep
    });
}

/// Takes secrets out of a value; whether anything of it may stay.
fn take_from(value: &mut Value, path: &str, taken: &mut Vec<String>) -> bool {
    match value {
        Value::Object(entries) => {
            take_secrets(entries, path, taken);
            true
        }
        Value::Array(items) => {
            items.retain_mut(|item| {
                let keep = take_from(item, path, taken);
                if !keep && taken.last().is_none_or(|last| last != path) {
                    taken.push(path.to_owned());
                }
                keep
            });
            true
        }
        Value::String(text) => redact(text) == *text,
        _ => true,
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests;
