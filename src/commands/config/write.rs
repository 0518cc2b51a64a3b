//! Writing files that people wrote before.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Replaces a file as a whole, so that nobody ever reads half of it. Links and permissions stay; a new
/// file can be read by everybody.
pub(super) fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let directory = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let mut new = tempfile::NamedTempFile::new_in(directory)?;
    new.write_all(text.as_bytes())?;
    let permissions = std::fs::metadata(&file).map(|old| old.permissions());
    new.as_file().set_permissions(permissions.unwrap_or_else(|_| Permissions::from_mode(0o644)))?;
    new.as_file().sync_all()?;
    new.persist(&file)?;
    Ok(())
}

/// Writes a new file, which must not be there.
pub(super) fn create(file: &Path, text: &str) -> std::io::Result<()> {
    let mut new = std::fs::File::create_new(file)?;
    new.set_permissions(Permissions::from_mode(0o644))?;
    new.write_all(text.as_bytes())?;
    new.sync_all()
}
