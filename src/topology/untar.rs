//! Extracts a user's tar, and refuses one that would leave its directory.
//!
//! Java needs the jars of a tar as files. Nothing of the user's own is trusted less than needed: an entry or a link
//! that points outside, a device or an endless archive is an error and not skipped.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;

/// More than this is not extracted; a topology's jars are some hundred megabytes.
const MAX_BYTES: u64 = 8 << 30;

/// Why a tar is not extracted.
#[derive(Debug, thiserror::Error)]
pub enum UntarError {
    /// It can't be opened or is damaged, or there is no room.
    #[error("failed to extract {}", file.display())]
    Failed {
        /// The tar.
        file: PathBuf,
        /// Why.
        source: io::Error,
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
    /// It does not end.
    #[error("{} holds more than {MAX_BYTES} bytes", file.display())]
    TooLarge {
        /// The tar.
        file: PathBuf,
    },
}

/// Extracts a tar, compressed or not, into a directory that exists.
pub fn extract(file: &Path, directory: &Path) -> Result<(), UntarError> {
    each_entry(file, |entry| entry.unpack_in(directory))
}

/// Reads a tar to its end: whether it is whole, and could be extracted.
pub fn check(file: &Path) -> Result<(), UntarError> {
    each_entry(file, |entry| io::copy(entry, &mut io::sink()).map(|_| true))
}

/// Gives every entry that may be extracted to a function, which says whether it stayed inside.
fn each_entry(
    file: &Path,
    mut take: impl FnMut(&mut tar::Entry<'_, Box<dyn Read>>) -> io::Result<bool>,
) -> Result<(), UntarError> {
    let failed = |source| UntarError::Failed { file: file.to_owned(), source };
    let mut archive = tar::Archive::new(open(file).map_err(failed)?);
    archive.set_preserve_permissions(false);
    let mut total = 0_u64;
    let mut entries = 0_u64;
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let path = entry.path().map_err(failed)?.into_owned();
        let outside = |entry: PathBuf| UntarError::Outside { file: file.to_owned(), entry };
        if !is_inside(&path) {
            return Err(outside(path));
        }
        let kind = entry.header().entry_type();
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
        if total > MAX_BYTES {
            return Err(UntarError::TooLarge { file: file.to_owned() });
        }
        if !take(&mut entry).map_err(failed)? {
            return Err(outside(path));
        }
        entries = entries.saturating_add(1);
    }
    if entries == 0 { Err(UntarError::NoEntries { file: file.to_owned() }) } else { Ok(()) }
}

/// Opens a tar, whatever its name says of compression: the first bytes say it better.
fn open(file: &Path) -> io::Result<Box<dyn Read>> {
    let mut magic = [0; 2];
    let mut opened = File::open(file)?;
    let is_gzip = match opened.read_exact(&mut magic) {
        Ok(()) => magic == [0x1f, 0x8b],
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
        Err(error) => return Err(error),
    };
    let reader = BufReader::new(File::open(file)?);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) })
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
