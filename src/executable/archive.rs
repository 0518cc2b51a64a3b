//! The archive that carries this program: the same bytes for the same program, so that a store has it once.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::elf::{Links, NotElf, links};
use crate::digest::hexadecimal;
use crate::temporary;

/// What the program is called in the archive, and so where that is unpacked.
pub const NAME: &str = "heron-cli";
/// Hexadecimal digits of the hash in the name of an archive.
const DIGITS: usize = 16;

/// This program can't be sent anywhere.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// Its file can't be read.
    #[error("failed to read this program at {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not for the agents' system.
    #[error("this program at {} is not for Linux", path.display())]
    OtherSystem {
        /// The file.
        path: PathBuf,
        /// What it is.
        #[source]
        source: NotElf,
    },
    /// The archive can't be written.
    #[error("failed to write the archive of this program")]
    Write(#[source] io::Error),
}

/// The file of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramFile {
    /// Its bytes.
    bytes: Vec<u8>,
    /// SHA-256 of them, in lower-case hexadecimal.
    pub sha256: String,
    /// What it wants of a machine.
    pub links: Links,
}

impl ProgramFile {
    /// The name of its archive in a package store.
    #[must_use]
    pub fn archive_name(&self) -> String {
        let short: String = self.sha256.chars().take(DIGITS).collect();
        format!("{NAME}-{short}.tar.gz")
    }
}

/// Reads a program.
///
/// # Errors
/// It can't be read, or is for another system.
pub fn read(path: &Path) -> Result<ProgramFile, ProgramError> {
    let failed = |source| ProgramError::Read { path: path.to_owned(), source };
    let bytes = std::fs::read(path).map_err(failed)?;
    let other = |source| ProgramError::OtherSystem { path: path.to_owned(), source };
    let links = links(&bytes).map_err(other)?;
    Ok(ProgramFile { sha256: hexadecimal(&Sha256::digest(&bytes)), bytes, links })
}

/// Writes the archive of a program to a path where nothing is yet.
///
/// # Errors
/// It can't be written.
pub fn pack(program: &ProgramFile, path: &Path) -> Result<(), ProgramError> {
    write(program, temporary::create(path).map_err(ProgramError::Write)?)
        .map_err(ProgramError::Write)
}

fn write(program: &ProgramFile, file: File) -> io::Result<()> {
    // Neither a time nor a name nor the operating system.
    let gzip = GzBuilder::new().mtime(0).operating_system(255);
    let mut tar = tar::Builder::new(gzip.write(BufWriter::new(file), Compression::default()));
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(program.bytes.len() as u64);
    header.set_mode(0o755);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    tar.append_data(&mut header, NAME, program.bytes.as_slice())?;
    tar.into_inner()?.finish()?.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_program_is_the_same_archive() {
        let directory = tempfile::tempdir().unwrap();
        let bytes = b"\x7fELF not really".to_vec();
        let sha256 = hexadecimal(&Sha256::digest(&bytes));
        let program = ProgramFile { bytes, sha256, links: Links::default() };
        let (one, two) = (directory.path().join("1"), directory.path().join("2"));
        pack(&program, &one).unwrap();
        pack(&program, &two).unwrap();
        assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
        let file = flate2::read::GzDecoder::new(File::open(&one).unwrap());
        let mut archive = tar::Archive::new(file);
        archive.unpack(directory.path()).unwrap();
        let unpacked = directory.path().join(NAME);
        assert_eq!(std::fs::read(&unpacked).unwrap(), program.bytes);
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(&unpacked).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o755);
        assert!(program.archive_name().starts_with("heron-cli-"));
        assert!(matches!(pack(&program, &one), Err(ProgramError::Write(_))));
    }

    #[test]
    fn a_script_is_no_program_to_send() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("heron-cli");
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        assert!(matches!(read(&path), Err(ProgramError::OtherSystem { .. })));
        assert!(matches!(read(&directory.path().join("none")), Err(ProgramError::Read { .. })));
    }
}
