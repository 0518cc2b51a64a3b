use std::cell::Cell;
use std::collections::BTreeMap;

use super::*;
use crate::clock::of_utc;
use crate::engine::FileEntry;
use crate::logs::series::series;

/// A sandbox in memory, which counts what is asked of it.
#[derive(Debug, Default)]
struct Shelf {
    files: BTreeMap<String, Vec<u8>>,
    asked: Cell<u64>,
}

impl Sandbox for Shelf {
    async fn tail(&self, _file: &str, _bytes: u64) -> Result<String, EngineError> {
        Ok(String::new())
    }

    async fn list(&self, _directory: &str) -> Result<Vec<FileEntry>, EngineError> {
        Ok(Vec::new())
    }

    async fn read(&self, file: &str, offset: u64, length: u64) -> Result<Vec<u8>, EngineError> {
        self.asked.set(self.asked.get() + 1);
        let bytes = self.files.get(file).map(Vec::as_slice).unwrap_or_default();
        let from = bytes.len().min(usize::try_from(offset).unwrap());
        let to = bytes.len().min(from + usize::try_from(length.min(BLOCK)).unwrap());
        Ok(bytes[from..to].to_vec())
    }
}

impl Shelf {
    fn of(files: &[(&str, String)]) -> Self {
        let files =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.clone().into_bytes()));
        Self { files: files.collect(), asked: Cell::default() }
    }

    fn series(&self, modified: Millis) -> Series {
        let entry = |(path, bytes): (&String, &Vec<u8>)| FileEntry {
            path: path.clone(),
            size: bytes.len() as u64,
            modified,
            is_plain: true,
        };
        series(&self.files.iter().map(entry).collect::<Vec<_>>()).remove(0)
    }

    fn read_all(&self, wanted: &Wanted, block: u64) -> Vec<String> {
        self.read_of(&self.series(i64::MAX), wanted, block)
    }

    fn read_of(&self, series: &Series, wanted: &Wanted, block: u64) -> Vec<String> {
        futures_util::future::FutureExt::now_or_never(async {
            let place = "container 1".to_owned();
            let mut reader =
                Reader::open(self, place, series, wanted, (block, true)).await.unwrap();
            let mut lines = Vec::new();
            while let Some(line) = reader.next().await.unwrap() {
                lines.push(line.line.text);
            }
            lines
        })
        .unwrap()
    }
}

fn last(lines: usize) -> Wanted {
    Wanted { lines: Some(lines), ..Wanted::default() }
}

#[test]
fn the_last_lines_are_found_over_files_and_blocks() {
    let shelf = Shelf::of(&[
        ("log-files/a.log.1", "one\ntwo\nthree\n".to_owned()),
        ("log-files/a.log.0", "four\nfive".to_owned()),
    ]);
    let all = ["one", "two", "three", "four", "five"];
    for block in 1..20 {
        for count in 0..7_usize {
            let wanted = &all[all.len().saturating_sub(count)..];
            assert_eq!(shelf.read_all(&last(count), block), wanted, "{count} of blocks of {block}");
        }
        assert_eq!(shelf.read_all(&Wanted::default(), block), all);
    }
    let empty = Shelf::of(&[("stdout", String::new())]);
    assert_eq!(empty.read_all(&last(3), 8), Vec::<String>::new());
}

#[test]
fn the_end_of_a_huge_file_costs_one_read() {
    let shelf = Shelf::of(&[("log-files/a.log.0", "0123456789\n".repeat(1_000_000))]);
    assert_eq!(shelf.read_all(&last(10), BLOCK).len(), 10);
    assert!(shelf.asked.get() <= 2, "{} reads", shelf.asked.get());
}

fn minute(minute: u16) -> Millis {
    of_utc([2026, 11, 29], [minute / 60, minute % 60, 0]).unwrap()
}

fn minutes(range: std::ops::Range<u16>) -> String {
    range
        .map(|at| {
            format!(
                "[2026-11-29 {:02}:{:02}:00 +0000] [INFO]: {at}\n\tmore of {at}\n",
                at / 60,
                at % 60
            )
        })
        .collect()
}

#[test]
fn a_time_is_found_without_reading_what_is_before() {
    let padding = "x".repeat(4_000);
    let text = minutes(0..1000).replace("more", &padding);
    let shelf = Shelf::of(&[("log-files/a.log.0", text)]);
    let wanted = Wanted { since: Some(minute(990)), ..Wanted::default() };
    let lines = shelf.read_all(&wanted, BLOCK);
    assert_eq!(lines.len(), 20, "{lines:?}");
    assert!(lines[0].ends_with("]: 990"), "{lines:?}");
    assert!(shelf.asked.get() < 12, "{} reads", shelf.asked.get());
}

#[test]
fn what_was_changed_before_a_time_is_left_out() {
    let shelf = Shelf::of(&[("stdout", "no time at all\n".to_owned())]);
    let wanted = Wanted { since: Some(minute(5)), ..Wanted::default() };
    assert_eq!(shelf.read_of(&shelf.series(minute(4)), &wanted, 8), Vec::<String>::new());
    assert_eq!(shelf.read_of(&shelf.series(minute(6)), &wanted, 8), ["no time at all"]);
    let dated = Shelf::of(&[("log-files/a.log.0", minutes(0..10))]);
    let both = Wanted { lines: Some(6), ..wanted.clone() };
    assert_eq!(dated.read_all(&both, 64).len(), 6);
    let few = Wanted { since: Some(minute(9)), ..both };
    assert_eq!(dated.read_all(&few, 64).len(), 2);
}

#[test]
fn lines_that_hold_a_text_are_counted_alone() {
    let shelf = Shelf::of(&[("log-files/a.log.0", "a 1\nb\na 2\nc\na 3\nd\n".to_owned())]);
    let grep = vec!["a ".to_owned(), "d".to_owned()];
    let wanted = Wanted { grep: grep.clone(), ..last(3) };
    assert_eq!(shelf.read_all(&wanted, 4), ["a 2", "a 3", "d"]);
    assert_eq!(
        shelf.read_all(&Wanted { grep, ..Wanted::default() }, 4),
        ["a 1", "a 2", "a 3", "d"]
    );
}

#[test]
fn a_line_without_an_end_is_left_to_whoever_reads_on() {
    let shelf = Shelf::of(&[("log-files/a.log.0", "whole\nhal".to_owned())]);
    let series = shelf.series(0);
    let read = async {
        let place = String::new();
        let wanted = Wanted::default();
        let mut reader = Reader::open(&shelf, place, &series, &wanted, (64, false)).await.unwrap();
        assert_eq!(reader.next().await.unwrap().unwrap().line.text, "whole");
        assert_eq!(reader.next().await.unwrap(), None);
        let mut tail = reader.into_tail();
        assert_eq!(tail.position.offset, 9);
        let mut lines = Vec::new();
        tail.splitter.feed(b"f\n", |line| lines.push(line.text));
        assert_eq!(lines, ["half"]);
    };
    futures_util::future::FutureExt::now_or_never(read).unwrap();
}

#[test]
fn many_readers_hold_no_more_than_a_few() {
    assert_eq!((block_of(0), block_of(1), block_of(10)), (BLOCK, BLOCK, BLOCK));
    assert_eq!(block_of(1024), 32 << 10);
    assert_eq!(block_of(1 << 20), SMALLEST);
}
