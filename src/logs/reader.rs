//! Reads a series from where it is wanted to its present end, in bounded memory: a block of a file at a time.

use std::collections::VecDeque;

use super::error::LogsError;
use super::lines::{Line, Splitter};
use super::series::{Position, Segment, Series};
use super::stamp::Dater;
use crate::clock::Millis;
use crate::engine::{EngineError, Sandbox};

/// The most that is read at once, by one reader that is alone.
const BLOCK: u64 = 64 << 10;
/// The least, by one of many.
const SMALLEST: u64 = 4 << 10;
/// What all readers together may hold.
const ALL: u64 = 32 << 20;
/// How much of a file's end tells the host's zone.
const END: u64 = 4 << 10;

/// Which lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The last ones of each process; all without it.
    pub lines: Option<usize>,
    /// Those from a time on.
    pub since: Option<Millis>,
    /// Those that hold one of these.
    pub grep: Vec<String>,
}

/// A line with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// When it was written, if that stands in front of it or of a line above it.
    pub at: Option<Millis>,
    /// The line.
    pub line: Line,
}

/// What is known where reading ended: enough to go on when more is written.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    /// Up to where it was read.
    pub position: Position,
    /// What was read of a line that has no end yet.
    pub splitter: Splitter,
    /// What times are read with.
    pub dater: Dater,
}

/// Reads a series.
#[derive(Debug)]
pub struct Reader<'a, S> {
    sandbox: &'a S,
    place: String,
    block: u64,
    wanted: Wanted,
    segments: VecDeque<Segment>,
    tail: Tail,
    ready: VecDeque<Dated>,
    /// Whether the first line is the end of one that nobody wants.
    skips: bool,
    /// Whether lines without any time are old enough to be left out.
    is_old: bool,
    /// Whether a line without an end is one.
    is_whole: bool,
}

/// How much one of so many readers reads at once.
#[must_use]
pub fn block_of(readers: usize) -> u64 {
    (ALL / u64::try_from(readers.max(1)).unwrap_or(u64::MAX)).clamp(SMALLEST, BLOCK)
}

impl Wanted {
    /// Whether a text is wanted.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        self.grep.is_empty() || self.grep.iter().any(|part| text.contains(part))
    }
}

impl<'a, S: Sandbox> Reader<'a, S> {
    /// Finds where to begin. `place` is the sandbox in words; `is_whole`: nobody reads on behind the present end.
    pub async fn open(
        sandbox: &'a S,
        place: String,
        series: &Series,
        wanted: &Wanted,
        (block, is_whole): (u64, bool),
    ) -> Result<Self, LogsError> {
        let modified = series.files.last().map_or(0, |file| file.modified);
        let mut reader = Self {
            sandbox,
            place,
            block,
            wanted: wanted.clone(),
            segments: VecDeque::new(),
            tail: Tail { position: series.end(), dater: Dater::new(modified), ..Tail::default() },
            ready: VecDeque::new(),
            skips: false,
            is_old: false,
            is_whole,
        };
        if series.kind.has_local_times() {
            reader.learn_zone(series).await?;
        }
        let last = wanted.lines.filter(|_| wanted.grep.is_empty());
        match (last, wanted.since) {
            (Some(count), _) => reader.seek_last(series, count).await?,
            (None, Some(since)) => reader.seek_time(series, since).await?,
            (None, None) => reader.segments = whole(series, 0, 0),
        }
        if let (Some(count), false) = (wanted.lines, wanted.grep.is_empty()) {
            reader.keep_last(count).await?;
        }
        Ok(reader)
    }

    /// The next line; none at the end.
    pub async fn next(&mut self) -> Result<Option<Dated>, LogsError> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Ok(Some(line));
            }
            let Some(segment) = self.segments.front_mut() else {
                let rest = if self.is_whole { self.tail.splitter.finish() } else { None };
                let Some(rest) = rest else { return Ok(None) };
                self.take(rest);
                continue;
            };
            let length = segment.to.saturating_sub(segment.from).min(self.block);
            let (path, from) = (segment.path.clone(), segment.from);
            let bytes = self.read(&path, from, length).await?;
            if bytes.is_empty() {
                // It was cut, or rotated away, meanwhile.
                self.segments.pop_front();
                continue;
            }
            let read = from.saturating_add(bytes.len() as u64);
            if let Some(segment) = self.segments.front_mut() {
                segment.from = read;
            }
            self.segments.pop_front_if(|segment| segment.from >= segment.to);
            let mut lines = Vec::new();
            self.tail.splitter.feed(&bytes, |line| lines.push(line));
            for line in lines {
                self.take(line);
            }
        }
    }

    /// What is needed to go on behind the end.
    #[must_use]
    pub fn into_tail(self) -> Tail {
        self.tail
    }

    /// Takes up a line, if it is wanted.
    fn take(&mut self, line: Line) {
        if std::mem::take(&mut self.skips) {
            return;
        }
        let at = self.tail.dater.date(&line.text);
        let is_new = match (self.wanted.since, at) {
            (None, _) => true,
            (Some(since), Some(at)) => at >= since,
            (Some(_), None) => !self.is_old,
        };
        if is_new && self.wanted.holds(&line.text) {
            self.ready.push_back(Dated { at, line });
        }
    }

    async fn read(&self, path: &str, from: u64, length: u64) -> Result<Vec<u8>, LogsError> {
        let read = self.sandbox.read(path, from, length).await;
        read.map_err(|source| failed(&self.place, source))
    }

    async fn learn_zone(&mut self, series: &Series) -> Result<(), LogsError> {
        let Some(last) = series.files.last() else { return Ok(()) };
        let end = self.read(&last.path, last.size.saturating_sub(END), END).await?;
        self.tail.dater.learn_zone(&String::from_utf8_lossy(&end));
        Ok(())
    }

    /// Begins so many lines before the end.
    async fn seek_last(&mut self, series: &Series, count: usize) -> Result<(), LogsError> {
        let mut found = 0;
        for (index, file) in series.files.iter().enumerate().rev() {
            let mut end = file.size;
            while end > 0 && found < count {
                let from = end.saturating_sub(self.block);
                let bytes = self.read(&file.path, from, end - from).await?;
                let ends = bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
                let begins = ends.map(|(at, _)| from.saturating_add(at as u64 + 1));
                for begin in begins.filter(|begin| *begin < file.size) {
                    found += 1;
                    if found == count {
                        self.segments = whole(series, index, begin);
                        return Ok(());
                    }
                }
                end = from;
            }
            found += usize::from(file.size > 0);
            if found >= count {
                self.segments = if count == 0 { VecDeque::new() } else { whole(series, index, 0) };
                return Ok(());
            }
        }
        self.segments = whole(series, 0, 0);
        Ok(())
    }

    /// Begins shortly before the first line of a time.
    async fn seek_time(&mut self, series: &Series, since: Millis) -> Result<(), LogsError> {
        let first = series.files.iter().position(|file| file.modified >= since);
        let found = first.and_then(|index| Some((index, series.files.get(index)?)));
        let Some((index, file)) = found else { return Ok(()) };
        let (mut low, mut high) = (0, file.size);
        while high - low > 2 * self.block {
            let middle = low + (high - low) / 2;
            let bytes = self.read(&file.path, middle, self.block).await?;
            let text = String::from_utf8_lossy(&bytes);
            let mut dater = self.tail.dater.clone();
            let at = text.lines().skip(1).find_map(|line| dater.date(line));
            if at.is_some_and(|at| at < since) {
                low = middle;
            } else {
                high = middle;
            }
        }
        (self.skips, self.is_old) = (low > 0, low > 0);
        self.segments = whole(series, index, low);
        Ok(())
    }

    /// Reads everything, and keeps the last lines that are wanted.
    async fn keep_last(&mut self, count: usize) -> Result<(), LogsError> {
        let mut kept = VecDeque::new();
        while let Some(line) = Box::pin(self.next()).await? {
            kept.push_back(line);
            if kept.len() > count {
                kept.pop_front();
            }
        }
        self.ready = kept;
        Ok(())
    }
}

/// A sandbox that can't be read.
#[must_use]
pub fn failed(place: &str, source: EngineError) -> LogsError {
    LogsError::Sandbox { place: place.to_owned(), source }
}

/// From a place in one of the files to the present end.
fn whole(series: &Series, index: usize, from: u64) -> VecDeque<Segment> {
    let files = series.files.iter().skip(index).enumerate();
    let segment = |(number, file): (usize, &super::series::LogFile)| Segment {
        path: file.path.clone(),
        from: if number == 0 { from } else { 0 },
        to: file.size,
    };
    files.map(segment).filter(|segment| segment.from < segment.to).collect()
}

#[cfg(test)]
mod tests;
