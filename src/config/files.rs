//! Reading configuration files: the only place of this module that touches the file system, with
//! [`load`](mod@super::load) above it.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long whoever writes into a pipe that a shell has made may take.
const PIPE_LIMIT: Duration = Duration::from_secs(30);
/// No configuration is larger; a file that is was not meant.
const LARGEST: u64 = 16 << 20;

/// The YAML files that a client reads, in the order of precedence, later wins.
pub(super) const YAML_FILES: [&str; 9] = [
    "cluster.yaml",
    "client.yaml",
    "healthmgr.yaml",
    "packing.yaml",
    "scheduler.yaml",
    "statemgr.yaml",
    "uploader.yaml",
    "downloader.yaml",
    "stateful.yaml",
];

/// Read after the others where it exists.
pub(super) const OVERRIDE: &str = "override.yaml";

/// Why a file can't be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Nothing is there.
    #[error("{} does not exist", path.display())]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// A directory stands where a file is needed.
    #[error("{} is a directory; name a file in it", path.display())]
    IsDirectory {
        /// The path.
        path: PathBuf,
    },
    /// The file is too large to be a configuration.
    #[error("{} is larger than {} MiB; it can't be a configuration file", path.display(), LARGEST >> 20)]
    TooLarge {
        /// The path.
        path: PathBuf,
    },
    /// A named pipe, a terminal or another device stands where a file is needed: reading it may never end.
    #[error("{} is no file, but a {what}; name a file", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Whoever writes into a pipe doesn't come to an end.
    #[error("{} has not come to its end after {} s; see what the command is at that writes it", path.display(), limit.as_secs())]
    Unfinished {
        /// The path.
        path: PathBuf,
        /// How long was waited.
        limit: Duration,
    },
    /// The system refuses.
    #[error("failed to read {}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl FileError {
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::IsADirectory => Self::IsDirectory { path },
            _ => Self::Unreadable { path, source },
        }
    }
}

/// Reads a whole file of reasonable size. What a shell hands over (`<(command)`, standard input) is a file too.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let metadata = std::fs::metadata(path).map_err(|error| FileError::new(path, error))?;
    if let Some(what) = endless(path, &metadata) {
        return Err(FileError::NoFile { path: path.to_owned(), what });
    }
    let whole = {
        let path = path.to_owned();
        move || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        }
    };
    let bytes = if metadata.is_file() { whole() } else { in_time(path, PIPE_LIMIT, whole)? };
    let bytes = bytes.map_err(|error| FileError::new(path, error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(FileError::TooLarge { path: path.to_owned() });
    }
    Ok(bytes)
}

/// Reads what may never end, on a thread that ends with the process.
fn in_time(
    path: &Path,
    limit: Duration,
    whole: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
) -> Result<io::Result<Vec<u8>>, FileError> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(whole()));
    let unfinished = |_| FileError::Unfinished { path: path.to_owned(), limit };
    receiver.recv_timeout(limit).map_err(unfinished)
}

/// What is at a path, if reading it may never end. A shell's own pipes have somebody at the other end.
fn endless(path: &Path, metadata: &Metadata) -> Option<&'static str> {
    let handed_over = ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"];
    let handed_over = handed_over.iter().any(|start| path.to_string_lossy().starts_with(start));
    let kind = metadata.file_type();
    if kind.is_fifo() {
        return (!handed_over).then_some("named pipe");
    }
    let device = kind.is_char_device() || kind.is_block_device();
    if device {
        return (path != Path::new("/dev/null")).then_some("device");
    }
    kind.is_socket().then_some("socket")
}

/// Reads a file that may be missing.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(FileError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a directory holds Heron's YAML files.
pub(super) fn has_yaml(directory: &Path) -> bool {
    YAML_FILES.iter().chain(&[OVERRIDE]).any(|name| directory.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_file_has_its_own_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name| directory.path().join(name);
        assert!(matches!(read(&path("no")), Err(FileError::NotFound { .. })));
        assert!(matches!(read(directory.path()), Err(FileError::IsDirectory { .. })));
        let large = File::create(path("large")).unwrap();
        large.set_len(100 << 20).unwrap();
        assert!(matches!(read(&path("large")), Err(FileError::TooLarge { .. })));
        assert!(read_if_there(&path("no")).unwrap().is_none());
        let fifo = path("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        assert!(matches!(read(&fifo), Err(FileError::NoFile { what: "named pipe", .. })));
        assert!(matches!(read(Path::new("/dev/zero")), Err(FileError::NoFile { .. })));
        assert_eq!(read(Path::new("/dev/null")).unwrap(), b"");
        let endless = || {
            thread::sleep(Duration::from_hours(1));
            Ok(Vec::new())
        };
        let unfinished = in_time(Path::new("/dev/fd/9"), Duration::from_millis(20), endless);
        assert!(matches!(unfinished, Err(FileError::Unfinished { .. })));
        let below = path("large").join("x");
        assert!(matches!(read(&below), Err(FileError::Unreadable { .. })));
    }
}
