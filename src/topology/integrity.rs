//! Whether a topology file is whole, as far as its kind lets that be seen without running it.
//!
//! A damaged jar fails on the cluster only, in every container: here it costs one look at its directory. Checked is the
//! structure, not the content: what is in a jar is Java's business.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::file_kind::FileKind;
use super::untar::{self, UntarError};

/// Why a topology file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum IntegrityError {
    /// It can't be read.
    #[error("failed to read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory where a file is expected.
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
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
    let unreadable = |source| IntegrityError::Unreadable { path: path.to_owned(), source };
    let size = check_size(path, limit)?;
    match FileKind::of_path(path) {
        Ok(FileKind::Jar) => {
            let mut file = File::open(path).map_err(unreadable)?;
            match zip_fault(&mut file, size).map_err(unreadable)? {
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
    let unreadable = |source| IntegrityError::Unreadable { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(IntegrityError::NotAFile(path.to_owned()));
    }
    match metadata.len() {
        0 => Err(IntegrityError::Empty(path.to_owned())),
        size if size > limit => {
            Err(IntegrityError::TooLarge { path: path.to_owned(), size, limit })
        }
        size => Ok(size),
    }
}

/// `PK\5\6`, APPNOTE 4.3.16: the end of a zip's directory, 22 bytes and a comment.
const END: [u8; 4] = *b"PK\x05\x06";
const END_BYTES: usize = 22;
/// `PK\1\2`, APPNOTE 4.3.12: an entry of the directory, 46 bytes, name, extra field and comment.
const ENTRY: [u8; 4] = *b"PK\x01\x02";
/// A number that the record for large archives (zip64) has instead.
const ELSEWHERE: u32 = u32::MAX;

/// What is wrong with a zip archive: its directory must be there, and whole, and have as many entries as it says.
fn zip_fault(file: &mut (impl Read + Seek), size: u64) -> io::Result<Option<&'static str>> {
    let longest = END_BYTES as u64 + u64::from(u16::MAX);
    let begin = size.saturating_sub(longest);
    file.seek(SeekFrom::Start(begin))?;
    let mut tail = Vec::new();
    file.take(longest).read_to_end(&mut tail)?;
    let Some((at, end)) = find_end(&tail) else {
        return Ok(Some("it has no end-of-directory record, as if it was cut off or is no jar"));
    };
    let (count, bytes, offset) = (short(end, 10), long(end, 12), long(end, 16));
    if bytes == ELSEWHERE || offset == ELSEWHERE || count == u16::MAX {
        // Above 4 GiB or 65,534 entries the numbers are in another record, which is Java's business.
        return Ok(None);
    }
    let end_at = begin.saturating_add(at as u64);
    // Something may stand before the archive, as a script in front of a pex; then all offsets are short by as much.
    let Some(directory) = end_at.checked_sub(u64::from(bytes)) else {
        return Ok(Some("its directory is cut off"));
    };
    if u64::from(offset) > directory {
        return Ok(Some("its beginning is missing"));
    }
    file.seek(SeekFrom::Start(directory))?;
    entries_fault(&mut BufReader::new(file.take(u64::from(bytes))), count)
}

fn entries_fault(directory: &mut impl Read, count: u16) -> io::Result<Option<&'static str>> {
    const DAMAGED: Option<&str> = Some("its directory is damaged");
    for _ in 0..count {
        let mut header = [0; 46];
        match directory.read_exact(&mut header) {
            Ok(()) if header.starts_with(&ENTRY) => {}
            Ok(()) => return Ok(DAMAGED),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(DAMAGED),
            Err(error) => return Err(error),
        }
        let rest = [28, 30, 32].map(|at| u64::from(short(&header, at))).iter().sum();
        if io::copy(&mut directory.by_ref().take(rest), &mut io::sink())? != rest {
            return Ok(DAMAGED);
        }
    }
    Ok(if count == 0 { Some("it has no entries") } else { None })
}

/// The last record whose comment ends where the file does.
fn find_end(tail: &[u8]) -> Option<(usize, &[u8])> {
    let last = tail.len().checked_sub(END_BYTES)?;
    (0..=last).rev().find_map(|at| {
        let record = tail.get(at..)?;
        let comment = usize::from(short(record, 20));
        let fits = record.starts_with(&END) && record.len() == END_BYTES.saturating_add(comment);
        fits.then_some((at, record))
    })
}

fn short(bytes: &[u8], at: usize) -> u16 {
    let pair = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    pair.copied().map(u16::from_le_bytes).unwrap_or_default()
}

fn long(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    four.copied().map(u32::from_le_bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// A zip with stored entries, written by the book.
    fn zip(names: &[&str], comment: &str) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for name in names {
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            directory.extend(ENTRY);
            directory.extend([0; 24]);
            directory.extend(length);
            directory.extend([0; 12]);
            directory.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
            directory.extend(name.as_bytes());
            bytes.extend(b"PK\x03\x04");
            bytes.extend([0; 22]);
            bytes.extend(length);
            bytes.extend([0; 2]);
            bytes.extend(name.as_bytes());
        }
        let offset = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let count = u16::try_from(names.len()).unwrap().to_le_bytes();
        bytes.extend(&directory);
        bytes.extend(END);
        bytes.extend([0; 4]);
        bytes.extend(count);
        bytes.extend(count);
        bytes.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
        bytes.extend(offset);
        bytes.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
        bytes.extend(comment.as_bytes());
        bytes
    }

    fn fault(bytes: &[u8]) -> Option<&'static str> {
        zip_fault(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
    }

    #[test]
    fn a_whole_archive_passes_and_a_part_of_one_does_not() {
        let good = zip(&["META-INF/MANIFEST.MF", "Main.class"], "by hand PK\x05\x06");
        assert_eq!(fault(&good), None);
        assert_eq!(fault(&[b"#!/bin/sh\n", good.as_slice()].concat()), None);
        for cut in [1, 10, good.len() / 2, good.len() - 1] {
            assert!(fault(&good[..cut]).unwrap().contains("end-of-directory"), "{cut}");
        }
        assert!(fault(&good[60..]).unwrap().contains("beginning"));
        assert!(fault(b"<html>not found</html>").is_some());
        assert!(fault(&zip(&[], "")).unwrap().contains("no entries"));
        let mut damaged = good.clone();
        let at = damaged.windows(4).position(|window| window == ENTRY).unwrap();
        damaged[at] = b'Q';
        assert!(fault(&damaged).unwrap().contains("damaged"));
    }

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
        assert!(matches!(check(&gone, 10), Err(IntegrityError::Unreadable { .. })));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(
            front in prop::collection::vec(any::<u8>(), 0..60),
            numbers in prop::collection::vec(any::<u8>(), 16),
        ) {
            let end = [front.as_slice(), &END, &numbers, &[0, 0]].concat();
            let _ = (fault(&front), fault(&end));
        }
    }
}
