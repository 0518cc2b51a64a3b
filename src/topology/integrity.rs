//! Whether a topology file is whole, as far as its kind lets that be seen without running it.
//!
//! A damaged jar fails on the cluster only, in every container: here it costs one look at its directory. Checked is the
//! structure, not the content: what is in a jar is Java's business.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::file_kind::FileKind;
use super::plain_file::{self, PlainFileError};
use super::untar::{self, UntarError};
use super::zip;

/// Why a topology file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum IntegrityError {
    /// It can't be read.
    #[error(transparent)]
    File(#[from] PlainFileError),
    /// There is nothing in it.
    #[error("{} is empty", .0.display())]
    Empty(PathBuf),
    /// It is larger than what is put on a cluster.
    #[error("{} has {size} bytes, more than the {limit} that a topology may have; `heron.topology.package.max.bytes` raises the limit", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        size: u64,
        /// The most that is taken.
        limit: u64,
    },
    /// A jar is a zip archive, and this is none, or a part of one.
    #[error("{} is a damaged jar: {why}; build or copy it again", path.display())]
    Jar {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// A tar that is damaged, or should not be extracted.
    #[error(transparent)]
    Tar(#[from] UntarError),
}

/// Looks at a topology file: its size must not be above a limit, and a jar or a tar must be whole.
pub fn check(path: &Path, limit: u64) -> Result<(), IntegrityError> {
    let unreadable = PlainFileError::of(path);
    let size = check_size(path, limit)?;
    match FileKind::of_path(path) {
        Ok(FileKind::Jar) => {
            let mut file = File::open(path).map_err(&unreadable)?;
            match zip::fault(&mut file, size).map_err(&unreadable)? {
                None => Ok(()),
                Some(why) => Err(IntegrityError::Jar { path: path.to_owned(), why }),
            }
        }
        Ok(FileKind::Tar | FileKind::TarGz) => Ok(untar::check(path, limit)?),
        _ => Ok(()),
    }
}

/// The size of a file that is neither empty nor above a limit.
pub fn check_size(path: &Path, limit: u64) -> Result<u64, IntegrityError> {
    match plain_file::metadata(path)?.len() {
        0 => Err(IntegrityError::Empty(path.to_owned())),
        size if size > limit => {
            Err(IntegrityError::TooLarge { path: path.to_owned(), size, limit })
        }
        size => Ok(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::zip::tests::zip;

    #[test]
    fn sizes_and_kinds_are_looked_at() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = directory.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let jar = write("t.jar", &zip(&["a"], ""));
        assert!(check(&jar, 1000).is_ok());
        assert!(matches!(check(&jar, 10), Err(IntegrityError::TooLarge { limit: 10, .. })));
        assert!(matches!(check(&write("e.pex", b""), 10), Err(IntegrityError::Empty(_))));
        assert!(matches!(check(&write("x.jar", b"junk"), 10), Err(IntegrityError::Jar { .. })));
        assert!(matches!(check(&write("x.tgz", b"junk"), 10), Err(IntegrityError::Tar(_))));
        assert!(check(&write("x.pex", b"junk"), 10).is_ok());
        let gone = directory.path().join("gone.jar");
        assert!(matches!(check(&gone, 10), Err(IntegrityError::File(_))));
    }
}
