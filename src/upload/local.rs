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
use super::{Effect, Package, Progress, Store, UploadError, Uploaded, check_name};

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
        progress: Progress,
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
    async fn fill(&self, package: &Package, progress: Progress) -> Result<(), UploadError> {
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
        progress: Progress,
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
mod tests {
    use super::super::package::tests::package;
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn silent() -> Progress {
        Arc::new(|_| {})
    }

    fn files(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[tokio::test]
    async fn a_package_arrives_whole_with_progress() {
        let (_source, package) = package(CHUNK * 2 + 5).await;
        let directory = tempfile::tempdir().unwrap();
        let store = LocalStore::new(&directory.path().join("new/er"), None).unwrap();
        let seen = Arc::new(AtomicU64::new(0));
        let sink = Arc::clone(&seen);
        let progress: Progress = Arc::new(move |bytes| sink.store(bytes, Ordering::Relaxed));
        let uploaded = store.upload(&package, "t.tar.gz", progress).await.unwrap();
        let path = directory.path().join("new/er/t.tar.gz");
        assert_eq!(uploaded.uri, format!("file://{}", path.display()));
        assert_eq!(uploaded.uri, store.uri_of("t.tar.gz").unwrap());
        assert_eq!(uploaded.effect, Effect::Created);
        assert_eq!(seen.load(Ordering::Relaxed), package.size);
        assert_eq!(Package::read(&path).await.unwrap().sha256, package.sha256);
        assert_eq!(files(path.parent().unwrap()), ["t.tar.gz"]);

        store.undo(&uploaded, "t.tar.gz").await.unwrap();
        assert!(!path.exists());
        store.undo(&uploaded, "t.tar.gz").await.unwrap();
    }

    const UMASK_TEST: &str = "HERON_CLI_TEST_UMASK";

    /// The umask is the whole process's: this test runs itself once more, in a shell that has set it.
    #[tokio::test]
    async fn the_task_s_user_can_read_it_whatever_the_umask_says() {
        if std::env::var_os(UMASK_TEST).is_none() {
            let name = "upload::local::tests::the_task_s_user_can_read_it_whatever_the_umask_says";
            let ran = std::process::Command::new("sh")
                .args(["-c", "umask 077; exec \"$0\" \"$@\""])
                .arg(std::env::current_exe().unwrap())
                .args(["--exact", name])
                .env(UMASK_TEST, "1")
                .output()
                .unwrap();
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
            return;
        }
        let (_source, package) = package(100).await;
        let directory = tempfile::tempdir().unwrap();
        let store = LocalStore::new(&directory.path().join("new/er"), None).unwrap();
        store.upload(&package, "t", silent()).await.unwrap();
        let mode = |path: &str| {
            let found = std::fs::metadata(directory.path().join(path)).unwrap();
            found.permissions().mode() & 0o777
        };
        assert_eq!((mode("new"), mode("new/er"), mode("new/er/t")), (0o755, 0o755, 0o644));
        assert_eq!(mode("."), 0o700);
    }

    #[tokio::test]
    async fn the_same_package_is_not_copied_again_and_another_replaces_it() {
        let (_one, first) = package(100).await;
        let (_two, second) = package(200).await;
        let directory = tempfile::tempdir().unwrap();
        let store = LocalStore::new(directory.path(), None).unwrap();
        store.upload(&first, "t", silent()).await.unwrap();
        let again = store.upload(&first, "t", silent()).await.unwrap();
        assert_eq!(again.effect, Effect::AlreadyThere);
        store.undo(&again, "t").await.unwrap();
        let other = store.upload(&second, "t", silent()).await.unwrap();
        assert_eq!(other.effect, Effect::Replaced);
        store.undo(&other, "t").await.unwrap();
        let there = Package::read(&directory.path().join("t")).await.unwrap();
        assert_eq!(there.sha256, second.sha256);
    }

    #[tokio::test]
    async fn agents_may_know_the_directory_by_another_name() {
        for (given, expected) in [
            ("/mnt/heron/", "file:///mnt/heron/t"),
            ("file:///mnt/heron", "file:///mnt/heron/t"),
            ("http://h/heron", "http://h/heron/t"),
        ] {
            let store = LocalStore::new(Path::new("/srv/heron"), Some(given)).unwrap();
            assert_eq!(store.uri_of("t").unwrap(), expected);
        }
    }

    /// `/dev/full` takes files to be opened and no byte to be written.
    #[tokio::test]
    async fn a_full_disk_is_told_with_what_to_do() {
        let (_source, package) = package(CHUNK).await;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("part");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let part = Part { path: path.clone() };
        let error = part.fill(&package, silent()).await.unwrap_err();
        drop(part);
        assert!(error.to_string().contains("failed to write"), "{error}");
        assert_eq!(error.hint(), "free room there, or choose another directory");
        assert!(!path.exists() && Path::new("/dev/full").exists());
    }

    #[tokio::test]
    async fn a_failed_upload_leaves_nothing() {
        let (_source, mut package) = package(100).await;
        package.size = 101;
        let directory = tempfile::tempdir().unwrap();
        let store = LocalStore::new(directory.path(), None).unwrap();
        let error = store.upload(&package, "t", silent()).await.unwrap_err();
        assert!(matches!(error, UploadError::PackageChanged { .. }), "{error}");
        assert!(files(directory.path()).is_empty());
        let error = store.upload(&package, "../t", silent()).await.unwrap_err();
        assert!(matches!(error, UploadError::BadName { .. }), "{error}");

        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        let store = LocalStore::new(&file, None).unwrap();
        let error = store.upload(&package, "t", silent()).await.unwrap_err();
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    }
}
