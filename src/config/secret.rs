//! Secrets: read from files that only their owner can read, and never shown.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::files::{self, FileError};
use super::layer::Origin;
use super::problem::{Warning, WarningKind};

/// Why a secret can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Everybody on the machine can read the file.
    #[error("{} can be read by everybody; run `chmod 600` on it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// Others can write the file, and so say what the secret is.
    #[error("{} can be written by others than its owner; run `chmod 600` on it", path.display())]
    Writable {
        /// The file.
        path: PathBuf,
    },
    /// The file is somebody else's.
    #[error("{} belongs to another user (id {owner}); copy it to a file of your own", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The id of its owner.
        owner: u32,
    },
    /// The file holds nothing.
    #[error("{} is empty; a secret was expected in it", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no text.
    #[error("{} is not a text file", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a secret; line ends at its end don't belong to it.
///
/// A file that everybody can read, that others can write or that is somebody else's (but root's) is refused; one that its
/// group can read is warned about.
pub fn read_secret(path: &Path) -> Result<(SecretString, Option<Warning>), SecretError> {
    let metadata = std::fs::metadata(path).map_err(|error| FileError::new(path, error))?;
    let mode = judge(path, &metadata, rustix::process::geteuid().as_raw())?;
    let bytes = files::read(path)?;
    let text =
        String::from_utf8(bytes).map_err(|_| SecretError::NotText { path: path.to_owned() })?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err(SecretError::Empty { path: path.to_owned() });
    }
    let warning = (mode & 0o040 != 0).then(|| {
        let origin = Origin::File { file: path.into(), line: 1, column: 0 };
        let text = "the file's group can read the secret; run `chmod 600` on it";
        Warning::at(origin, WarningKind::Secret, text)
    });
    Ok((SecretString::from(secret), warning))
}

/// Refuses a file that isn't its user's alone; gives its mode. Pipes of a shell have no rights worth a look.
fn judge(path: &Path, metadata: &Metadata, user: u32) -> Result<u32, SecretError> {
    if !metadata.is_file() {
        return Ok(0);
    }
    let path = || path.to_owned();
    let (mode, owner) = (metadata.mode(), metadata.uid());
    if owner != user && owner != 0 {
        return Err(SecretError::Foreign { path: path(), owner });
    }
    if mode & 0o004 != 0 {
        return Err(SecretError::Open { path: path() });
    }
    if mode & 0o022 != 0 {
        return Err(SecretError::Writable { path: path() });
    }
    Ok(mode)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn only_files_of_their_owner_are_good() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &[u8], mode| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let (secret, warning) = read_secret(&file("good", b"geheim\n", 0o600)).unwrap();
        assert_eq!((secret.expose_secret(), warning), ("geheim", None));
        assert!(!format!("{secret:?}").contains("geheim"));
        assert!(read_secret(&file("group", b"x", 0o640)).unwrap().1.is_some());
        let open = read_secret(&file("open", b"x", 0o644)).unwrap_err();
        assert!(matches!(open, SecretError::Open { .. }));
        let writable = read_secret(&file("writable", b"x", 0o620)).unwrap_err();
        assert!(matches!(writable, SecretError::Writable { .. }), "{writable}");
        let mine = std::fs::metadata(file("mine", b"x", 0o600)).unwrap();
        let path = Path::new("mine");
        assert!(judge(path, &mine, mine.uid()).is_ok());
        let other = judge(path, &mine, mine.uid() + 1);
        let roots_own = mine.uid() == 0;
        assert!(other.is_ok() == roots_own, "{other:?}");
        let empty = read_secret(&file("empty", b"\n", 0o600)).unwrap_err();
        assert!(matches!(empty, SecretError::Empty { .. }));
        let binary = read_secret(&file("binary", b"\xff", 0o600)).unwrap_err();
        assert!(matches!(binary, SecretError::NotText { .. }));
    }
}
