//! Files that must be there and be plain ones: opening a pipe would wait for its writer.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// Why a path can't be read as a file.
#[derive(Debug, thiserror::Error)]
pub enum PlainFileError {
    /// No such file, or it can't be read.
    #[error("failed to read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory, or a device, where a file is expected.
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
}

impl PlainFileError {
    /// Says which file the system speaks of.
    pub(super) fn of(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Unreadable { path: path.to_owned(), source }
    }
}

/// What the system says of a file, which must be a plain one.
pub(super) fn metadata(path: &Path) -> Result<Metadata, PlainFileError> {
    let metadata = std::fs::metadata(path).map_err(PlainFileError::of(path))?;
    if metadata.is_file() { Ok(metadata) } else { Err(PlainFileError::NotAFile(path.to_owned())) }
}
