//! `logs --list` as text.

use super::progress::bytes;
use super::table::table;
use crate::outcome::LogFiles;

/// A line for each file.
pub(super) fn files(files: &LogFiles) -> String {
    let rows: Vec<Vec<String>> = files
        .files
        .iter()
        .map(|file| {
            vec![
                file.container.id.to_string(),
                file.process.clone().unwrap_or_else(|| "-".to_owned()),
                bytes(file.size),
                file.modified.clone(),
                file.path.clone(),
            ]
        })
        .collect();
    table(&["CONTAINER", "PROCESS", "SIZE", "CHANGED", "FILE"], &rows)
}
