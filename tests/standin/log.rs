//! Lines of a log, to stderr and, for the executor, into its file in the sandbox, as Heron's writes them
//! (`docs/heron.md#executor-log`).

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use heron_cli::clock::rfc3339;

static FILE: OnceLock<PathBuf> = OnceLock::new();

/// Sends what follows to this file as well.
pub fn also_to(path: PathBuf) {
    let _ = FILE.set(path);
}

/// Writes one line with the time in Unix seconds.
pub fn line(text: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let line = format!("[{}.{:03}] {text}\n", now.as_secs(), now.subsec_millis());
    eprint!("{line}");
    if let Some(path) = FILE.get()
        && let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path)
    {
        let time = rfc3339(i64::try_from(now.as_millis()).unwrap_or_default());
        let time = time.replace('T', " ").replace('Z', " +0000");
        let _ = file.write_all(format!("[{time}] [INFO]: {text}\n").as_bytes());
    }
}
