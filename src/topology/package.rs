//! The topology package: what Mesos unpacks into every container beside Heron itself.
//!
//! A gzipped tar with the topology file and `<name>.defn` at its root and the configuration in `heron-conf/`
//! (`docs/heron.md#topology-package`). The same content always gives the same bytes: entries are sorted, and nothing of
//! this machine or of the time is written. The time of the entries is 1980, because `tar` complains about 1970.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

use super::archive;
use super::definition::Definition;
use super::edit;
use super::file_kind::FileKind;
use crate::digest::hexadecimal;
use crate::proto::wire::WireError;
use crate::temporary;

/// 1980-01-01T00:00:00Z.
const MTIME: u64 = 315_532_800;
/// The directory of the configuration, in the package as in the container.
const CONF: &str = "heron-conf";
/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A file that goes into it can't be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The package can't be written.
    #[error("failed to write {}", path.display())]
    Write {
        /// The package.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody has changed the topology file meanwhile.
    #[error("{} has changed while it was packed", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// It is larger than what is put on a cluster.
    #[error(
        "the package has more than {limit} bytes; `heron.topology.package.max.bytes` raises the limit"
    )]
    TooLarge {
        /// The most that is taken.
        limit: u64,
    },
    /// Two members of one name.
    #[error("the package would have two files named {0}")]
    Clash(String),
}

/// What goes into a package.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// The topology file.
    pub binary: &'a Path,
    /// Its name in the package.
    pub binary_name: &'a str,
    /// The definition.
    pub definition: &'a Definition,
    /// The files of `heron-conf/`, by their names in it.
    pub conf: &'a BTreeMap<String, Vec<u8>>,
}

/// A file's hash and size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// Writes a package of at most so many bytes to a path where nothing is yet, and says what was written; nothing is left
/// there if it fails.
pub fn build(
    contents: &Contents<'_>,
    path: &Path,
    limit: u64,
) -> Result<Fingerprint, PackageError> {
    let members = members(contents)?;
    let unwritable = |source| PackageError::Write { path: path.to_owned(), source };
    let file = temporary::create(path).map_err(unwritable)?;
    let mut room = Room { limit, full: false };
    let mut written = write_to(contents, &members, (path, file), &mut room);
    if room.full {
        written = Err(PackageError::TooLarge { limit });
    }
    if written.is_err() {
        // What failed is told; a file that can't be removed either tells nothing more.
        let _ = std::fs::remove_file(path);
    }
    written
}

/// Whether a file is a package, as [`build`] or Heron's own tool makes it, and no topology file.
pub fn is_package(path: &Path) -> Result<bool, PackageError> {
    let unreadable = |source| PackageError::Read { path: path.to_owned(), source };
    if !matches!(FileKind::of_path(path), Ok(FileKind::Tar | FileKind::TarGz)) {
        return Ok(false);
    }
    let file = BufReader::new(File::open(path).map_err(unreadable)?);
    // What can't be read is told by whoever reads it in earnest.
    let Ok(reader) = archive::open(file) else { return Ok(false) };
    let mut archive = tar::Archive::new(reader);
    let Ok(entries) = archive.entries() else { return Ok(false) };
    for entry in entries {
        let Ok(entry) = entry else { return Ok(false) };
        let Ok(entry) = entry.path() else { return Ok(false) };
        if entry.strip_prefix(".").unwrap_or(&entry).starts_with(CONF) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes the hash of a file.
pub fn fingerprint(path: &Path) -> Result<Fingerprint, PackageError> {
    let unreadable = |source| PackageError::Read { path: path.to_owned(), source };
    let mut hashing = Hashing::new(io::sink());
    let mut file = File::open(path).map_err(unreadable)?;
    io::copy(&mut file, &mut hashing).map_err(unreadable)?;
    Ok(hashing.finish().1)
}

/// Tells submissions of the same content from others.
///
/// The id of a topology is random, and serialized objects may come out differently: two runs of one main are the same
/// submission all the same, and what objects are made of is in the topology file. `also` is what else makes a
/// difference, such as the containers' command.
pub fn content_digest(
    contents: &Contents<'_>,
    binary: &Fingerprint,
    also: &[(&str, &str)],
) -> Result<String, WireError> {
    let mut hash = Sha256::new();
    let mut part = |name: &str, bytes: &[u8]| {
        for piece in [name.as_bytes(), bytes] {
            hash.update((piece.len() as u64).to_be_bytes());
            hash.update(piece);
        }
    };
    part("definition", &edit::without_id(&contents.definition.trimmed()?)?);
    part(contents.binary_name, binary.sha256.as_bytes());
    for (name, bytes) in contents.conf {
        part(&format!("{CONF}/{name}"), bytes);
    }
    for (name, text) in also {
        part(&format!("also {name}"), text.as_bytes());
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// Tells packages apart, so that none belongs to two topologies: those of two runs of one main are the same submission,
/// but their definitions differ in the topology's id; and a ready definition, whose id is always the same, may run in several
/// places, which are cluster and role. `content` is the [`content_digest`] of everything else.
#[must_use]
pub fn package_digest(
    content: &str,
    [cluster, role]: [&str; 2],
    definition: &Definition,
) -> String {
    let mut hash = Sha256::new();
    hash.update(content);
    for part in [cluster, role] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(&definition.bytes);
    hexadecimal(&hash.finalize())
}

/// One file of the package.
enum Member<'a> {
    /// Known already.
    Bytes(&'a [u8]),
    /// The topology file, which may be large.
    Binary,
}

fn members<'a>(contents: &Contents<'a>) -> Result<BTreeMap<String, Member<'a>>, PackageError> {
    let mut members = BTreeMap::new();
    let conf = contents.conf.iter();
    let conf = conf.map(|(name, bytes)| (format!("{CONF}/{name}"), Member::Bytes(bytes)));
    let definition = format!("{}.defn", contents.definition.name());
    let definition = (definition, Member::Bytes(&contents.definition.bytes));
    let binary = (contents.binary_name.to_owned(), Member::Binary);
    for (name, member) in conf.chain([definition, binary]) {
        if name == CONF || members.insert(name.clone(), member).is_some() {
            return Err(PackageError::Clash(name));
        }
    }
    Ok(members)
}

fn write_to(
    contents: &Contents<'_>,
    members: &BTreeMap<String, Member<'_>>,
    (path, file): (&Path, File),
    room: &mut Room,
) -> Result<Fingerprint, PackageError> {
    let unwritable = |source| PackageError::Write { path: path.to_owned(), source };
    let hashing = Hashing::new(Bounded { inner: BufWriter::new(file), written: 0, room });
    // Neither a time nor a name nor the operating system.
    let gzip = GzBuilder::new().mtime(0).operating_system(255);
    let mut tar = tar::Builder::new(gzip.write(hashing, Compression::default()));
    for (name, member) in members {
        match member {
            Member::Bytes(bytes) => {
                let mut header = header(bytes.len() as u64, 0o644);
                tar.append_data(&mut header, name, *bytes).map_err(unwritable)?;
            }
            Member::Binary => append_binary(&mut tar, contents.binary, name, path)?,
        }
    }
    let hashing =
        tar.into_inner().and_then(flate2::write::GzEncoder::finish).map_err(unwritable)?;
    let (mut file, written) = hashing.finish();
    file.flush().map_err(unwritable)?;
    Ok(written)
}

fn append_binary(
    tar: &mut tar::Builder<impl Write>,
    binary: &Path,
    name: &str,
    package: &Path,
) -> Result<(), PackageError> {
    let unreadable = |source| PackageError::Read { path: binary.to_owned(), source };
    let file = File::open(binary).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let mut counted = Counted { inner: BufReader::new(file).take(size), count: 0, failed: None };
    // A pex is executed where it is unpacked, and other kinds don't mind.
    let mut header = header(size, 0o755);
    let appended = tar.append_data(&mut header, name, &mut counted);
    if let Some(source) = counted.failed {
        return Err(unreadable(source));
    }
    appended.map_err(|source| PackageError::Write { path: package.to_owned(), source })?;
    if counted.count == size {
        Ok(())
    } else {
        Err(PackageError::Changed { path: binary.to_owned() })
    }
}

fn header(size: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(MTIME);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Tells reading that failed from writing that failed, and how much was read.
struct Counted<R> {
    inner: R,
    count: u64,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) => {
                self.count = self.count.saturating_add(count as u64);
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}

/// How much may be written, and whether more was wanted.
struct Room {
    limit: u64,
    full: bool,
}

/// Refuses what is beyond the room, so that a package that is too large does not fill the disk first.
struct Bounded<'a, W> {
    inner: W,
    written: u64,
    room: &'a mut Room,
}

impl<W: Write> Write for Bounded<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written.saturating_add(bytes.len() as u64) > self.room.limit {
            self.room.full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.inner.write(bytes)?;
        self.written = self.written.saturating_add(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Takes the hash of what passes through.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
    size: u64,
}

impl<W> Hashing<W> {
    fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), size: 0 }
    }

    fn finish(self) -> (W, Fingerprint) {
        let sha256 = hexadecimal(&self.hash.finalize());
        (self.inner, Fingerprint { sha256, size: self.size })
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        self.size = self.size.saturating_add(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests;
