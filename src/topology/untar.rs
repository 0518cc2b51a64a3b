//! Extracts a user's tar, and refuses one that would leave its directory.
//!
//! Java needs the jars of a tar as files. Nothing of the user's own is trusted less than needed: an entry or a link
//! that points outside, a device or an endless archive is an error and not skipped.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use super::archive::{self, TarError};

/// Why a tar is not extracted.
#[derive(Debug, thiserror::Error)]
pub enum UntarError {
    /// It can't be opened or is damaged, or there is no room.
    #[error("failed to extract {}", file.display())]
    Failed {
        /// The tar.
        file: PathBuf,
        /// Why.
        source: TarError,
    },
    /// An entry that would be written elsewhere.
    #[error("{} has the entry {}, which leads out of it", file.display(), entry.display())]
    Outside {
        /// The tar.
        file: PathBuf,
        /// The entry or the target of the link.
        entry: PathBuf,
    },
    /// An entry that is neither file nor directory nor link.
    #[error("{} has the entry {}, which is a device or the like", file.display(), entry.display())]
    Special {
        /// The tar.
        file: PathBuf,
        /// The entry.
        entry: PathBuf,
    },
    /// There is nothing in it, or it is no tar.
    #[error("{} has no entries", file.display())]
    NoEntries {
        /// The tar.
        file: PathBuf,
    },
    /// It does not end, or would fill the disk: a small file can hold very many zeros.
    #[error("{} holds more than {limit} bytes once it is unpacked; `heron.topology.package.max.bytes` raises the limit", file.display())]
    TooLarge {
        /// The tar.
        file: PathBuf,
        /// The most that is unpacked.
        limit: u64,
    },
}

/// Extracts a tar, compressed or not, of at most so many bytes in all into a directory that exists.
pub fn extract(file: &Path, directory: &Path, limit: u64) -> Result<(), UntarError> {
    each_entry(file, limit, |entry| entry.unpack_in(directory))
}

/// Reads a tar to its end: whether it is whole, and could be extracted.
pub fn check(file: &Path, limit: u64) -> Result<(), UntarError> {
    each_entry(file, limit, |entry| io::copy(entry, &mut io::sink()).map(|_| true))
}

/// Gives every entry that may be extracted to a function, which says whether it stayed inside.
fn each_entry(
    file: &Path,
    limit: u64,
    mut take: impl FnMut(&mut tar::Entry<'_, Box<dyn Read>>) -> io::Result<bool>,
) -> Result<(), UntarError> {
    let failed =
        |source: io::Error| UntarError::Failed { file: file.to_owned(), source: source.into() };
    let reader = BufReader::new(File::open(file).map_err(failed)?);
    let reader = archive::open(reader)
        .map_err(|source| UntarError::Failed { file: file.to_owned(), source })?;
    let mut archive = tar::Archive::new(reader);
    archive.set_preserve_permissions(false);
    let mut total = 0_u64;
    let mut entries = 0_u64;
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let kind = entry.header().entry_type();
        if archive::is_about_archive(kind) {
            continue;
        }
        let path = entry.path().map_err(failed)?.into_owned();
        let outside = |entry: PathBuf| UntarError::Outside { file: file.to_owned(), entry };
        if !is_inside(&path) {
            return Err(outside(path));
        }
        if kind.is_symlink() || kind.is_hard_link() {
            let target = entry.link_name().map_err(failed)?.unwrap_or_default().into_owned();
            let base = if kind.is_symlink() { path.parent() } else { None };
            if !is_inside(&base.unwrap_or(Path::new("")).join(&target)) {
                return Err(outside(target));
            }
        } else if !(kind.is_file() || kind.is_dir() || kind.is_contiguous() || kind.is_gnu_sparse())
        {
            return Err(UntarError::Special { file: file.to_owned(), entry: path });
        }
        total = total.saturating_add(entry.size());
        if total > limit {
            return Err(UntarError::TooLarge { file: file.to_owned(), limit });
        }
        if !take(&mut entry).map_err(failed)? {
            return Err(outside(path));
        }
        entries = entries.saturating_add(1);
    }
    if entries == 0 { Err(UntarError::NoEntries { file: file.to_owned() }) } else { Ok(()) }
}

/// Whether a relative path stays below where it begins, at every step.
fn is_inside(path: &Path) -> bool {
    let mut depth = 0_usize;
    for component in path.components() {
        match component {
            Component::Normal(_) => depth = depth.saturating_add(1),
            Component::CurDir => {}
            Component::ParentDir => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return false,
            },
            Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests;
