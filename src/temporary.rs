//! Temporary directories and files that nobody else can read or put anything into, whatever the umask says.
//!
//! What a killed run has left behind is cleared by a later one of the same user.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::{NamedTempFile, TempDir};

/// How the names of all begin.
const PREFIX: &str = "heron-cli-";
/// Owner only.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// No run works on one submission for as long.
const LEFT_BEHIND: Duration = Duration::from_hours(24);

/// Makes a directory that is removed with the value, and clears what killed runs have left beside it.
pub fn directory(parent: &Path) -> io::Result<TempDir> {
    clear_left_behind(parent, SystemTime::now());
    let made = tempfile::Builder::new()
        .prefix(PREFIX)
        .permissions(Permissions::from_mode(DIRECTORY_MODE))
        .tempdir_in(parent)?;
    // The umask may have taken bits of the owner's.
    std::fs::set_permissions(made.path(), Permissions::from_mode(DIRECTORY_MODE))?;
    Ok(made)
}

/// Makes a directory inside another.
pub fn subdirectory(parent: &Path, name: &str) -> io::Result<PathBuf> {
    let path = parent.join(name);
    DirBuilder::new().mode(DIRECTORY_MODE).create(&path)?;
    std::fs::set_permissions(&path, Permissions::from_mode(DIRECTORY_MODE))?;
    Ok(path)
}

/// Makes a file that must not be there yet, not even as a link.
pub fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    Ok(file)
}

/// Puts a file under a fixed name into a directory of the user's: what is there, a link for instance, is replaced and
/// never written to, and nobody sees half of it.
pub fn place(
    directory: &Path,
    name: &str,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)?;
    let mut file = NamedTempFile::new_in(directory)?;
    file.as_file().set_permissions(Permissions::from_mode(FILE_MODE))?;
    write(file.as_file_mut())?;
    file.persist(directory.join(name))?;
    Ok(())
}

/// Removes old directories of killed runs. What can't be looked at or removed is not ours, or somebody is faster.
fn clear_left_behind(parent: &Path, now: SystemTime) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    let ours = rustix::process::getuid().as_raw();
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // Of the entry itself: a link leads to what is not ours.
        let Ok(metadata) = entry.metadata() else { continue };
        let age = metadata.modified().ok().and_then(|modified| now.duration_since(modified).ok());
        if metadata.is_dir() && metadata.uid() == ours && age.is_some_and(|age| age > LEFT_BEHIND) {
            tracing::debug!(directory = %entry.path().display(), "clearing what a killed run has left");
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests;
