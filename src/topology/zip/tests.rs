use std::io::Cursor;

use proptest::prelude::*;

use super::*;

/// A zip with stored entries, written by the book.
pub(in crate::topology) fn zip(names: &[&str], comment: &str) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        directory.extend(ENTRY);
        directory.extend([0; 24]);
        directory.extend(length);
        directory.extend([0; 12]);
        directory.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        directory.extend(name.as_bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend([0; 22]);
        bytes.extend(length);
        bytes.extend([0; 2]);
        bytes.extend(name.as_bytes());
    }
    let offset = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    bytes.extend(&directory);
    bytes.extend(END);
    bytes.extend([0; 4]);
    bytes.extend(count);
    bytes.extend(count);
    bytes.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    bytes.extend(offset);
    bytes.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
    bytes.extend(comment.as_bytes());
    bytes
}

fn fault_in(bytes: &[u8]) -> Option<&'static str> {
    super::fault(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
}

#[test]
fn a_whole_archive_passes_and_a_part_of_one_does_not() {
    let good = zip(&["META-INF/MANIFEST.MF", "Main.class"], "by hand PK\x05\x06");
    assert_eq!(fault_in(&good), None);
    assert_eq!(fault_in(&[b"#!/bin/sh\n", good.as_slice()].concat()), None);
    for cut in [1, 10, good.len() / 2, good.len() - 1] {
        assert!(fault_in(&good[..cut]).unwrap().contains("end-of-directory"), "{cut}");
    }
    assert!(fault_in(&good[60..]).unwrap().contains("beginning"));
    assert!(fault_in(b"<html>not found</html>").is_some());
    assert!(fault_in(&zip(&[], "")).unwrap().contains("no entries"));
    let mut damaged = good.clone();
    let at = damaged.windows(4).position(|window| window == ENTRY).unwrap();
    damaged[at] = b'Q';
    assert!(fault_in(&damaged).unwrap().contains("damaged"));
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(
        front in prop::collection::vec(any::<u8>(), 0..60),
        numbers in prop::collection::vec(any::<u8>(), 16),
    ) {
        let end = [front.as_slice(), &END, &numbers, &[0, 0]].concat();
        let _ = (fault_in(&front), fault_in(&end));
    }
}

#[test]
fn names_are_listed() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), zip(&["META-INF/MANIFEST.MF", "a/Main.class"], "")).unwrap();
    assert_eq!(names(file.path()).unwrap(), ["META-INF/MANIFEST.MF", "a/Main.class"]);
}
