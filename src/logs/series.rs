//! The files of one process in the order in which it wrote them, rotated ones included. Pure.

use std::collections::BTreeMap;

use super::process::{Age, Kind, Written, written};
use crate::clock::Millis;
use crate::engine::FileEntry;

/// A log file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// Its path in the sandbox.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was changed last.
    pub modified: Millis,
}

/// The log files of one process, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// What the process is.
    pub kind: Kind,
    /// Its name for people.
    pub name: String,
    /// Its files.
    pub files: Vec<LogFile>,
}

/// How far a series was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The file.
    pub path: String,
    /// The next byte in it.
    pub offset: u64,
}

/// A part of a file that is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The file.
    pub path: String,
    /// Its first byte.
    pub from: u64,
    /// Behind its last one.
    pub to: u64,
}

/// The series among the files of a sandbox, by what the processes are.
#[must_use]
pub fn series(files: &[FileEntry]) -> Vec<Series> {
    let mut found: BTreeMap<(Kind, String), BTreeMap<Age, LogFile>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_plain) {
        let Some(Written { kind, name, age }) = written(&file.path) else { continue };
        found.entry((kind, name)).or_default().insert(age, LogFile::of(file));
    }
    let in_order = |files: BTreeMap<Age, LogFile>| files.into_values().rev().collect();
    let series = |((kind, name), files)| Series { kind, name, files: in_order(files) };
    found.into_iter().map(series).collect()
}

/// The series that a file is by itself, whatever wrote it.
#[must_use]
pub fn alone(file: &FileEntry) -> Series {
    Series { kind: Kind::Other, name: file.path.clone(), files: vec![LogFile::of(file)] }
}

impl LogFile {
    fn of(FileEntry { path, size, modified, .. }: &FileEntry) -> Self {
        Self { path: path.clone(), size: *size, modified: *modified }
    }

    fn segment(&self, from: u64) -> Segment {
        Segment { path: self.path.clone(), from, to: self.size }
    }
}

impl Series {
    /// What was written since a position was reached. A file that is shorter than it was has been rotated: its rest is in an older
    /// one then.
    #[must_use]
    pub fn since(&self, position: &Position) -> Vec<Segment> {
        let at = self.files.iter().position(|file| file.path == position.path);
        let Some(at) = at else {
            return self.files.last().map(|file| file.segment(0)).into_iter().collect();
        };
        let (older, from_here) = self.files.split_at(at);
        let is_rotated = from_here.first().is_some_and(|file| file.size < position.offset);
        let rest = if is_rotated {
            older.iter().rposition(|file| file.size >= position.offset)
        } else {
            Some(at)
        };
        let first = rest.unwrap_or(at);
        let offset = if rest.is_some() { position.offset } else { 0 };
        let files = self.files.iter().skip(first).enumerate();
        let segments = files.map(|(index, file)| file.segment(if index == 0 { offset } else { 0 }));
        segments.filter(|segment| segment.from < segment.to).collect()
    }

    /// The position behind everything that there is now.
    #[must_use]
    pub fn end(&self) -> Position {
        let last = self.files.last();
        last.map_or_else(Position::default, |file| Position {
            path: file.path.clone(),
            offset: file.size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, size: u64) -> FileEntry {
        FileEntry { path: path.to_owned(), size, modified: 0, is_plain: true }
    }

    fn of(files: &[(&str, u64)]) -> Vec<Series> {
        series(&files.iter().map(|(path, size)| entry(path, *size)).collect::<Vec<_>>())
    }

    fn since(files: &[(&str, u64)], path: &str, offset: u64) -> Vec<(String, u64, u64)> {
        let position = Position { path: path.to_owned(), offset };
        let segments = of(files)[0].since(&position);
        segments.into_iter().map(|one| (one.path, one.from, one.to)).collect()
    }

    fn segment(path: &str, from: u64, to: u64) -> (String, u64, u64) {
        (path.to_owned(), from, to)
    }

    #[test]
    fn rotated_files_stand_in_the_order_of_their_age() {
        let found = of(&[
            ("log-files/a.log.0", 1),
            ("log-files/a.log.1", 2),
            ("log-files/a.log.10", 3),
            ("log-files/heron-stmgr-stmgr-1.h.u.log.INFO.20261130-000000.9", 4),
            ("log-files/heron-stmgr-stmgr-1.h.u.log.INFO.20261129-000000.9", 5),
            ("stderr", 6),
            ("core.jar", 7),
        ]);
        let told: Vec<(&str, Vec<u64>)> = found
            .iter()
            .map(|one| (one.name.as_str(), one.files.iter().map(|file| file.size).collect()))
            .collect();
        assert_eq!(told, [("stderr", vec![6]), ("stmgr-1", vec![5, 4]), ("a", vec![3, 2, 1])]);
        let directory = FileEntry { is_plain: false, ..entry("stdout", 1) };
        assert_eq!(series(&[directory]), []);
    }

    #[test]
    fn reading_goes_on_where_it_ended() {
        let files = [("log-files/a.log.0", 9), ("log-files/a.log.1", 5)];
        assert_eq!(since(&files, "log-files/a.log.0", 4), [segment("log-files/a.log.0", 4, 9)]);
        assert_eq!(since(&files, "log-files/a.log.0", 9), []);
    }

    #[test]
    fn what_was_rotated_away_is_read_to_its_end() {
        let (new, old, older) = ("log-files/a.log.0", "log-files/a.log.1", "log-files/a.log.2");
        let files = [(new, 2), (old, 20), (older, 30)];
        assert_eq!(since(&files, new, 10), [segment(old, 10, 20), segment(new, 0, 2)]);
        let twice = [(new, 2), (old, 5), (older, 30)];
        assert_eq!(
            since(&twice, new, 10),
            [segment(older, 10, 30), segment(old, 0, 5), segment(new, 0, 2)]
        );
        assert_eq!(since(&[(new, 2)], new, 10), [segment(new, 0, 2)], "cut, and nothing kept");
        assert_eq!(since(&[("stdout", 3)], "gone", 10), [segment("stdout", 0, 3)]);
        let glog = |day: u32| format!("log-files/heron-stmgr-s.h.u.log.INFO.202611{day}-000000.1");
        let (first, second) = (glog(28), glog(29));
        let files = [(first.as_str(), 9), (second.as_str(), 4)];
        assert_eq!(since(&files, &first, 7), [segment(&first, 7, 9), segment(&second, 0, 4)]);
    }
}
