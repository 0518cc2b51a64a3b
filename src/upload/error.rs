//! What can go wrong with an upload.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::programs::ProgramFailure;
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
        why: String,
    },
    /// The server wants credentials, or others.
    #[error("failed to {method} {url}: not authorized (status {status})")]
    NotAuthorized {
        /// HTTP method.
        method: &'static str,
        /// The URL, without credentials.
        url: String,
        /// 401 or 403.
        status: u16,
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
}

fn quoted(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!(": {body}") }
}
