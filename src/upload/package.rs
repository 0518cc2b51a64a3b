//! A package file, with what is needed to check that it arrived.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::error::UploadError;
use crate::digest::hexadecimal;

/// How much is read at once.
pub(super) const CHUNK: usize = 128 * 1024;

/// A package on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
}

impl Package {
    /// Takes size and hash of a file.
    pub async fn read(path: &Path) -> Result<Self, UploadError> {
        let error = |source| UploadError::File { doing: "read", path: path.to_owned(), source };
        let mut file = File::open(path).await.map_err(error)?;
        let (mut size, mut hash, mut chunk) = (0, Sha256::new(), vec![0; CHUNK]);
        loop {
            let length = file.read(&mut chunk).await.map_err(error)?;
            if length == 0 {
                break;
            }
            hash.update(chunk.get(..length).unwrap_or_default());
            size += length as u64;
        }
        let sha256 = hexadecimal(&hash.finalize());
        Ok(Self { path: path.to_owned(), size, sha256 })
    }

    pub(super) async fn open(&self) -> Result<File, UploadError> {
        let opened = File::open(&self.path).await;
        opened.map_err(|source| self.error("open", source))
    }

    pub(super) fn error(&self, doing: &'static str, source: std::io::Error) -> UploadError {
        UploadError::File { doing, path: self.path.clone(), source }
    }

    pub(super) fn changed(&self) -> UploadError {
        UploadError::PackageChanged { path: self.path.clone(), expected: self.size }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A package of some size in a directory of its own.
    pub async fn package(size: usize) -> (tempfile::TempDir, Package) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("topology.tar.gz");
        let content: Vec<_> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
        std::fs::write(&path, content).unwrap();
        let package = Package::read(&path).await.unwrap();
        (directory, package)
    }

    #[tokio::test]
    async fn size_and_hash_are_taken() {
        let (_directory, empty) = package(0).await;
        assert_eq!(empty.size, 0);
        assert_eq!(
            empty.sha256,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let (_directory, large) = package(300_000).await;
        assert_eq!(large.size, 300_000);
        let missing = Package::read(Path::new("/no/such/file")).await.unwrap_err();
        assert!(missing.to_string().contains("/no/such/file"), "{missing}");
    }
}
