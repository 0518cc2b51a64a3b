//! What can go wrong with an upload.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::programs::ProgramFailure;
use crate::net::retry::{Transient, is_passing};
use crate::net::unreachable::Unreachable;
use crate::program::{NoProgram, RunError};

/// An upload that did not happen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UploadError {
    /// The null store has no URI to expect the package at.
    #[error("the null uploader uploads nothing, and no URI says where the package is")]
    NoUri,
    /// The name is no name for a package.
    #[error("'{}' can't be the name of a package", name.escape_debug())]
    BadName {
        /// As it was given.
        name: String,
    },
    /// A URL that can't be used; without credentials.
    #[error("cannot upload to '{url}': {why}")]
    BadUrl {
        /// The URL.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Credentials that can't be used; they are not quoted.
    #[error("the credentials for {place} can't be used: {why}")]
    Credentials {
        /// The store.
        place: String,
        /// What is wrong with them.
        why: String,
    },
    /// This binary was built without the store.
    #[error("this heron-cli was built without stores of the kind {kind}")]
    NotBuilt {
        /// The kind.
        kind: &'static str,
    },
    /// Reading or writing a file failed.
    #[error("failed to {doing} {}: {source}", path.display())]
    File {
        /// What was tried, such as "write".
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What arrived is not what was sent.
    #[error("{place} has {actual} bytes after the upload, and should have {expected}")]
    SizeMismatch {
        /// Path or URL.
        place: String,
        /// Size of the package.
        expected: u64,
        /// Size of what is there.
        actual: u64,
    },
    /// The store said that it had taken the package, and does not have it.
    #[error("the store accepted the package, but {place} is not there")]
    Lost {
        /// Path or URL.
        place: String,
    },
    /// The package file changed while it was uploaded.
    #[error("{} changed during the upload: it had {expected} bytes", path.display())]
    PackageChanged {
        /// The package.
        path: PathBuf,
        /// The size it had.
        expected: u64,
    },
    /// The server can't be reached, or did not answer.
    #[error("failed to {method} {url}: {why}")]
    Unreachable {
        /// HTTP method.
        method: &'static str,
        /// The URL, without credentials.
        url: String,
        /// What happened.
        why: Unreachable,
    },
    /// The server wants credentials, or others.
    #[error("failed to {method} {url}: not authorized (status {status}){}", quoted(body))]
    NotAuthorized {
        /// HTTP method.
        method: &'static str,
        /// The URL, without credentials.
        url: String,
        /// 401 or 403.
        status: u16,
        /// The end of what it said.
        body: String,
    },
    /// The server answered that it won't.
    #[error("failed to {method} {url}: status {status}{}", quoted(body))]
    Refused {
        /// HTTP method.
        method: &'static str,
        /// The URL, without credentials.
        url: String,
        /// Its status.
        status: u16,
        /// The end of what it said.
        body: String,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// A check command that told no size.
    #[error(
        "the check command succeeded without printing the size of what is there in bytes: it printed '{}'",
        printed.escape_debug()
    )]
    NoSize {
        /// Its first word.
        printed: String,
    },
    /// A program that the store works by is not there.
    #[error(transparent)]
    NoProgram(#[from] NoProgram),
    /// A program can't be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A program failed.
    #[error(transparent)]
    Program(Box<ProgramFailure>),
    /// An upload failed, and what it had begun could not be removed.
    #[error("{failed}; {place} may be left there: {why}")]
    Leftover {
        /// What failed.
        failed: Box<UploadError>,
        /// What may be left.
        place: String,
        /// Why it could not be removed.
        why: String,
    },
    /// A package stays where it is.
    #[error("{why}")]
    NotRemovable {
        /// Why this store doesn't remove it.
        why: String,
    },
    /// The server took the package, and its answer can't be understood.
    #[error("the answer of {url} can't be used: {why}")]
    Answer {
        /// The URL, without credentials.
        url: String,
        /// What was expected, and what came.
        why: String,
    },
}

fn quoted(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!(": {body}") }
}

impl Transient for UploadError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { why, .. } => why.may_pass(),
            Self::Program(failure) => failure.is_transient(),
            Self::Refused { status, .. } => is_passing(*status),
            _ => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl UploadError {
    /// The same, from a server that asks to be left alone for a while.
    #[must_use]
    pub(super) fn after(mut self, pause: Option<Duration>) -> Self {
        if let Self::Refused { retry_after, .. } = &mut self {
            *retry_after = pause;
        }
        self
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        if let Some(hint) = self.program_hint() {
            return hint.to_owned();
        }
        let text = match self {
            Self::NoUri => "set heron.package.topology.uri to where the package is",
            Self::BadName { .. } => "choose a topology name of letters, digits, '-' and '_'",
            Self::BadUrl { .. } => {
                "correct the URL; `heron-cli config check` shows where it is set"
            }
            Self::Credentials { .. } => {
                "docs/stores.md says for each store where its credentials may come from"
            }
            Self::NotBuilt { .. } => {
                "build it with the cargo feature object-stores, or choose another uploader"
            }
            Self::File { source, .. } => return of_file(source).to_owned(),
            Self::SizeMismatch { .. } | Self::Lost { .. } => {
                "the store loses data: look at its free space, limits and logs, then submit again"
            }
            Self::PackageChanged { .. } => "submit again, and let nobody change the file meanwhile",
            Self::Unreachable { why, .. } if !why.may_pass() => why.hint(),
            Self::Unreachable { .. } => {
                "see that the store runs and can be reached from this machine, then submit again"
            }
            Self::NotAuthorized { .. } => {
                "check user, password, token or key of the store, and what they are allowed to do"
            }
            Self::Refused { status: 507, .. } => {
                "the store is full: free room in it, then submit again"
            }
            Self::Refused { status: 413, .. } => {
                "the package is larger than the store takes: raise its limit, or shrink the package"
            }
            Self::Refused { status: 404, .. } => {
                "what the package should go into does not exist: create it, or correct the URL"
            }
            Self::Refused { status: 405 | 501, .. } => {
                "the store doesn't know this method: see heron.uploader.http.method"
            }
            Self::Refused { .. } => "the store's own logs say more",
            Self::NotRemovable { .. } => "delete the package where it is",
            Self::Answer { .. } => {
                "set heron.package.topology.uri to the folder that agents fetch from"
            }
            // Those that know more have said so above.
            Self::NoSize { .. }
            | Self::NoProgram(_)
            | Self::Run(_)
            | Self::Program(_)
            | Self::Leftover { .. } => "what the program said tells more",
        };
        text.to_owned()
    }
}

/// What to do about a file.
fn of_file(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free room there, or choose another directory"
        }
        io::ErrorKind::ReadOnlyFilesystem => "mount it for writing, or choose another directory",
        io::ErrorKind::PermissionDenied => {
            "get the right to write there, or choose another directory"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file is where a directory should be: choose another directory"
        }
        _ => "see that the directory is mounted and healthy, then submit again",
    }
}
