//! The directory of a zip archive, which every jar has at its end: whether it is whole, and what is in it.
//!
//! Numbers are those of APPNOTE.TXT, sections 4.3.12 and 4.3.16.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// `PK\5\6`, APPNOTE 4.3.16: the end of a zip's directory, 22 bytes and a comment.
const END: [u8; 4] = *b"PK\x05\x06";
const END_BYTES: usize = 22;
/// `PK\1\2`, APPNOTE 4.3.12: an entry of the directory, 46 bytes, name, extra field and comment.
const ENTRY: [u8; 4] = *b"PK\x01\x02";
/// A number that the record for large archives (zip64) has instead.
const ELSEWHERE: u32 = u32::MAX;

/// What is wrong with an archive: its directory must be there, and whole, and have as many entries as it says.
pub fn fault(file: &mut (impl Read + Seek), size: u64) -> io::Result<Option<&'static str>> {
    walk(file, size, &mut |_| {})
}

/// The names of the files in an archive, as far as it can be read.
pub fn names(path: &Path) -> io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut names = Vec::new();
    walk(&mut file, size, &mut |name| names.push(String::from_utf8_lossy(name).into_owned()))?;
    Ok(names)
}

/// Walks the directory, and gives the name of each entry to a function.
fn walk(
    file: &mut (impl Read + Seek),
    size: u64,
    on_name: &mut dyn FnMut(&[u8]),
) -> io::Result<Option<&'static str>> {
    let longest = END_BYTES as u64 + u64::from(u16::MAX);
    let begin = size.saturating_sub(longest);
    file.seek(SeekFrom::Start(begin))?;
    let mut tail = Vec::new();
    file.take(longest).read_to_end(&mut tail)?;
    let Some((at, end)) = find_end(&tail) else {
        return Ok(Some("it has no end-of-directory record, as if it was cut off or is no jar"));
    };
    let (count, bytes, offset) = (short(end, 10), long(end, 12), long(end, 16));
    if bytes == ELSEWHERE || offset == ELSEWHERE || count == u16::MAX {
        // Above 4 GiB or 65,534 entries the numbers are in another record, which is Java's business.
        return Ok(None);
    }
    let end_at = begin.saturating_add(at as u64);
    // Something may stand before the archive, as a script in front of a pex; then all offsets are short by as much.
    let Some(directory) = end_at.checked_sub(u64::from(bytes)) else {
        return Ok(Some("its directory is cut off"));
    };
    if u64::from(offset) > directory {
        return Ok(Some("its beginning is missing"));
    }
    file.seek(SeekFrom::Start(directory))?;
    entries(&mut BufReader::new(file.take(u64::from(bytes))), count, on_name)
}

fn entries(
    directory: &mut impl Read,
    count: u16,
    on_name: &mut dyn FnMut(&[u8]),
) -> io::Result<Option<&'static str>> {
    const DAMAGED: Option<&str> = Some("its directory is damaged");
    for _ in 0..count {
        let mut header = [0; 46];
        match directory.read_exact(&mut header) {
            Ok(()) if header.starts_with(&ENTRY) => {}
            Ok(()) => return Ok(DAMAGED),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(DAMAGED),
            Err(error) => return Err(error),
        }
        let [name, extra, comment] = [28, 30, 32].map(|at| u64::from(short(&header, at)));
        let mut text = Vec::new();
        directory.by_ref().take(name).read_to_end(&mut text)?;
        let rest = extra.saturating_add(comment);
        let skipped = io::copy(&mut directory.by_ref().take(rest), &mut io::sink())?;
        if text.len() as u64 != name || skipped != rest {
            return Ok(DAMAGED);
        }
        on_name(&text);
    }
    Ok(if count == 0 { Some("it has no entries") } else { None })
}

/// The last record whose comment ends where the file does.
fn find_end(tail: &[u8]) -> Option<(usize, &[u8])> {
    let last = tail.len().checked_sub(END_BYTES)?;
    (0..=last).rev().find_map(|at| {
        let record = tail.get(at..)?;
        let comment = usize::from(short(record, 20));
        let fits = record.starts_with(&END) && record.len() == END_BYTES.saturating_add(comment);
        fits.then_some((at, record))
    })
}

fn short(bytes: &[u8], at: usize) -> u16 {
    let pair = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    pair.copied().map(u16::from_le_bytes).unwrap_or_default()
}

fn long(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    four.copied().map(u32::from_le_bytes).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests;
