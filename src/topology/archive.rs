//! Opening archives by their first bytes, which say better than a name what one is.

use std::fmt;
use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

/// What a file begins like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A compressed file that is read here.
    Gzip,
    /// Compressed in a way that is not.
    Xz,
    /// Likewise.
    Bzip2,
    /// Likewise.
    Zstandard,
    /// A zip archive, or a jar.
    Zip,
    /// A web page, from a server that had nothing better to say.
    Html,
}

/// The first bytes of each.
const MAGIC: [(&[u8], Format); 9] = [
    (b"\x1f\x8b", Format::Gzip),
    (b"\xfd7zXZ\0", Format::Xz),
    (b"BZh", Format::Bzip2),
    (b"\x28\xb5\x2f\xfd", Format::Zstandard),
    (b"PK\x03\x04", Format::Zip),
    (b"PK\x05\x06", Format::Zip),
    (b"<!DOCTYPE", Format::Html),
    (b"<!doctype", Format::Html),
    (b"<html", Format::Html),
];

impl Format {
    /// What a file that begins with these bytes is; nothing if it could be a tar, or is nothing that is known.
    #[must_use]
    pub fn of(beginning: &[u8]) -> Option<Self> {
        MAGIC.iter().find(|(magic, _)| beginning.starts_with(magic)).map(|(_, format)| *format)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "a file compressed by gzip",
            Self::Xz => "a file compressed by xz",
            Self::Bzip2 => "a file compressed by bzip2",
            Self::Zstandard => "a file compressed by zstd",
            Self::Zip => "a zip archive",
            Self::Html => "a web page",
        })
    }
}

/// Why a tar can't be read. The texts hold nothing of the file's own bytes.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// It is something else.
    #[error("it is {0}; a tar, or a tar compressed by gzip, is read here")]
    Format(Format),
    /// A header or a checksum is wrong.
    #[error("it is no tar archive, or a damaged one")]
    Damaged,
    /// It ends before its time.
    #[error("it is cut off")]
    Truncated,
    /// It can't be read at all.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for TarError {
    /// What the crate for tars says of a bad header quotes it, whatever is in it.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ if error.raw_os_error().is_some() => Self::Io(error),
            io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Self::Damaged
            }
            _ => Self::Io(error),
        }
    }
}

/// The bytes of a tar, unpacked if it is compressed by gzip.
pub fn open<'a>(mut archive: impl BufRead + 'a) -> Result<Box<dyn Read + 'a>, TarError> {
    match Format::of(archive.fill_buf()?) {
        None => Ok(Box::new(archive)),
        Some(Format::Gzip) => Ok(Box::new(MultiGzDecoder::new(archive))),
        Some(other) => Err(TarError::Format(other)),
    }
}

/// Whether an entry says something about the archive and is no file of it: comments of pax, as `git archive` writes
/// them, and the label of a volume.
#[must_use]
pub fn is_about_archive(kind: tar::EntryType) -> bool {
    kind.is_pax_global_extensions() || kind.as_byte() == b'V'
}

#[cfg(test)]
mod tests;
