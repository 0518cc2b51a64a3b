//! A directory that the agents see too: a network file system, or one machine.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::package::CHUNK;
use super::wire::fetched_from;
use super::{Effect, OnProgress, Package, Store, UploadError, Uploaded, check_name};

/// Modes of what agents must be able to read.
const READABLE: u32 = 0o644;
const ENTERABLE: u32 = 0o755;

/// A directory for packages.
#[derive(Clone, Debug)]
pub struct LocalStore {
    directory: PathBuf,
    /// What the agents know it as, if it is not the same path.
    fetch_folder: Option<String>,
}

impl LocalStore {
    /// A store in a directory, which is created at the first upload. Agents may know it as another path or URI.
    pub fn new(directory: &Path, fetch_url: Option<&str>) -> Result<Self, UploadError> {
        let absolute = std::path::absolute(directory);
        let directory = absolute.map_err(|source| file_error("find", directory, source))?;
        let fetch_folder = fetch_url
            .map(|url| if url.starts_with('/') { format!("file://{url}") } else { url.to_owned() });
        Ok(Self { directory, fetch_folder })
    }

    async fn copy(
        &self,
        package: &Package,
        name: &str,
        progress: OnProgress,
    ) -> Result<Uploaded, UploadError> {
        let target = self.directory.join(name);
        let uri = self.uri_of(name)?;
        let created = create_directories(&self.directory).await;
        created.map_err(|source| file_error("create", &self.directory, source))?;
        let effect = match Package::read(&target).await {
            Ok(there) if there.size == package.size && there.sha256 == package.sha256 => {
                return Ok(Uploaded { uri, effect: Effect::AlreadyThere });
            }
            Ok(_) => Effect::Replaced,
            Err(UploadError::File { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                Effect::Created
            }
            Err(other) => return Err(other),
        };
        let part = Part { path: self.directory.join(format!(".{name}.{}.part", Uuid::new_v4())) };
        part.fill(package, progress).await?;
        let renamed = fs::rename(&part.path, &target).await;
        renamed.map_err(|source| file_error("write", &target, source))?;
        Ok(Uploaded { uri, effect })
    }
}

/// Creates the directories that are missing, and lets everybody into those, whatever the umask says.
async fn create_directories(directory: &Path) -> std::io::Result<()> {
    let missing: Vec<&Path> = directory.ancestors().take_while(|path| !path.exists()).collect();
    fs::create_dir_all(directory).await?;
    for path in missing {
        fs::set_permissions(path, Permissions::from_mode(ENTERABLE)).await?;
    }
    Ok(())
}

fn file_error(doing: &'static str, path: &Path, source: std::io::Error) -> UploadError {
    UploadError::File { doing, path: path.to_owned(), source }
}

/// A file that grows under a name of its own, and is deleted if it never gets its final one.
struct Part {
    path: PathBuf,
}

impl Part {
    async fn fill(&self, package: &Package, progress: OnProgress) -> Result<(), UploadError> {
        let error = |source| file_error("write", &self.path, source);
        let mut source = package.open().await?;
        let mut target = fs::File::create(&self.path).await.map_err(error)?;
        // Whatever the umask says: the agent reads it as the task's user.
        target.set_permissions(Permissions::from_mode(READABLE)).await.map_err(error)?;
        let (mut written, mut chunk) = (0_u64, vec![0; CHUNK]);
        loop {
            let read = source.read(&mut chunk).await;
            let length = read.map_err(|source| package.error("read", source))?;
            let Some(filled @ [_, ..]) = chunk.get(..length) else { break };
            target.write_all(filled).await.map_err(error)?;
            written += length as u64;
            progress(written);
        }
        if written != package.size {
            return Err(package.changed());
        }
        // The last write is told of only here.
        target.flush().await.map_err(error)?;
        target.sync_all().await.map_err(error)?;
        let actual = target.metadata().await.map_err(error)?.len();
        if actual != package.size {
            let place = self.path.display().to_string();
            return Err(UploadError::SizeMismatch { place, expected: package.size, actual });
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After the rename there is nothing to delete.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Store for LocalStore {
    fn kind(&self) -> &'static str {
        "local"
    }

    fn uri_of(&self, name: &str) -> Result<String, UploadError> {
        check_name(name)?;
        if let Some(folder) = &self.fetch_folder {
            return fetched_from(folder, name);
        }
        // Mesos' fetcher takes the rest of a file URI as the path it is, escapes and all.
        Ok(format!("file://{}", self.directory.join(name).display()))
    }

    fn upload<'a>(
        &'a self,
        package: &'a Package,
        name: &'a str,
        progress: OnProgress,
    ) -> BoxFuture<'a, Result<Uploaded, UploadError>> {
        Box::pin(self.copy(package, name, progress))
    }

    fn delete_package<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            check_name(name)?;
            let path = self.directory.join(name);
            match fs::remove_file(&path).await {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    Err(file_error("delete", &path, source))
                }
                _ => Ok(()),
            }
        })
    }
}

#[cfg(test)]
mod tests;
