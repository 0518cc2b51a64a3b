//! What an ELF file wants of the machine that starts it: for which processor it is, which interpreter, which libraries. Pure.

use thiserror::Error;

/// What a program wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The processor, as `uname -m` names it; `machine <number>` of one that is not known here.
    pub machine: String,
    /// The dynamic linker; none of a program that is linked statically.
    pub interpreter: Option<String>,
    /// The libraries that it names.
    pub libraries: Vec<String>,
}

/// It is no program for Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it is no ELF file of 64 bits, least significant byte first")]
pub struct NotElf;

impl Links {
    /// Whether a machine needs nothing but its kernel for it.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.interpreter.is_none() && self.libraries.is_empty()
    }
}

/// Sorts of program headers, and tags of the dynamic section.
const LOAD: u64 = 1;
const DYNAMIC: u64 = 2;
const INTERPRETER: u64 = 3;
const NEEDED: u64 = 1;
const STRINGS: u64 = 5;
/// Bytes of a program header, and of an entry of the dynamic section.
const HEADER: usize = 56;
const ENTRY: usize = 16;

/// A part of the file, and where in memory it goes.
#[derive(Clone, Copy)]
struct Segment {
    sort: u64,
    offset: u64,
    address: u64,
    size: u64,
}

/// Reads what the file of a program says.
///
/// # Errors
/// It is something else, or for other machines than those of 64 bits.
pub fn links(file: &[u8]) -> Result<Links, NotElf> {
    // Class 2 is 64 bits, data 1 is the least significant byte first.
    if file.get(..6) != Some(b"\x7fELF\x02\x01".as_slice()) {
        return Err(NotElf);
    }
    let number = |at: usize, bytes: usize| number(file, at, bytes).ok_or(NotElf);
    let machine = match number(18, 2)? {
        0x3e => "x86_64".to_owned(),
        0xb7 => "aarch64".to_owned(),
        0xf3 => "riscv64".to_owned(),
        0x15 => "ppc64le".to_owned(),
        other => format!("machine {other}"),
    };
    let first = usize::try_from(number(32, 8)?).map_err(|_| NotElf)?;
    let count = usize::try_from(number(56, 2)?).map_err(|_| NotElf)?;
    let mut segments = Vec::with_capacity(count);
    for index in 0..count {
        let at = index.checked_mul(HEADER).and_then(|at| at.checked_add(first)).ok_or(NotElf)?;
        let field = |offset: usize, bytes| number(at.checked_add(offset).ok_or(NotElf)?, bytes);
        segments.push(Segment {
            sort: field(0, 4)?,
            offset: field(8, 8)?,
            address: field(16, 8)?,
            size: field(32, 8)?,
        });
    }
    let of = |sort| segments.iter().find(|segment| segment.sort == sort);
    let interpreter = of(INTERPRETER).and_then(|segment| text(file, segment.offset));
    let libraries = of(DYNAMIC).map(|dynamic| libraries(file, &segments, *dynamic));
    Ok(Links { machine, interpreter, libraries: libraries.unwrap_or_default() })
}

fn libraries(file: &[u8], segments: &[Segment], dynamic: Segment) -> Vec<String> {
    let entries = (0..dynamic.size / ENTRY as u64).map_while(|index| {
        let at = usize::try_from(dynamic.offset.checked_add(index * ENTRY as u64)?).ok()?;
        let entry = (number(file, at, 8)?, number(file, at.checked_add(8)?, 8)?);
        (entry.0 != 0).then_some(entry)
    });
    let entries: Vec<(u64, u64)> = entries.collect();
    let strings = entries.iter().find(|(tag, _)| *tag == STRINGS);
    let Some(strings) = strings.and_then(|(_, address)| offset_of(segments, *address)) else {
        return Vec::new();
    };
    let needed = entries.iter().filter(|(tag, _)| *tag == NEEDED);
    needed.filter_map(|(_, name)| text(file, strings.checked_add(*name)?)).collect()
}

/// Where in the file an address is.
fn offset_of(segments: &[Segment], address: u64) -> Option<u64> {
    segments.iter().filter(|segment| segment.sort == LOAD).find_map(|segment| {
        let within = address.checked_sub(segment.address)?;
        (within < segment.size).then(|| segment.offset.checked_add(within))?
    })
}

fn number(file: &[u8], at: usize, bytes: usize) -> Option<u64> {
    let bytes = file.get(at..at.checked_add(bytes)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The text that begins there, up to its zero byte.
fn text(file: &[u8], offset: u64) -> Option<String> {
    let rest = file.get(usize::try_from(offset).ok()?..)?;
    let end = rest.iter().take(4096).position(|byte| *byte == 0)?;
    String::from_utf8(rest.get(..end)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_that_run_here_are_understood() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let links = links(&own).unwrap();
        assert_eq!(links.machine, std::env::consts::ARCH);
        let is_static = cfg!(target_feature = "crt-static");
        assert_eq!(links.is_static(), is_static, "{links:?}");
        if !is_static {
            assert!(links.interpreter.unwrap().contains("/ld"));
            assert!(links.libraries.iter().any(|name| name.starts_with("libc.")));
        }
    }

    #[test]
    fn whatever_the_file_holds_it_is_read_without_harm() {
        assert_eq!(links(b""), Err(NotElf));
        assert_eq!(links(b"#!/bin/sh\nexec true\n"), Err(NotElf));
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let head = own.get(..4096).unwrap();
        for length in 0..head.len() {
            let _ = links(head.get(..length).unwrap());
        }
        for at in 0..512 {
            for byte in [0, 1, 0x7f, 0xff] {
                let mut damaged = head.to_vec();
                damaged[at] = byte;
                let _ = links(&damaged);
            }
        }
    }
}
