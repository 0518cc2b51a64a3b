//! Task ports that nobody else has. Tasks are real processes that bind real ports, and several clusters may
//! run on one machine at the same time, so blocks of ports are claimed with locked files.

use std::fs::{self, File};
use std::net::TcpListener;

/// Ports of one block.
const BLOCK: u64 = 50;

/// Blocks that belong to this process as long as the value lives.
#[derive(Debug, Default)]
pub struct Claims {
    locks: Vec<File>,
}

/// First ports of blocks in the order in which they are tried: outside the usual range of ephemeral ports
/// first.
fn candidates() -> impl Iterator<Item = u64> {
    let blocks = |from: u64, to: u64| (from..to).step_by(usize::try_from(BLOCK).unwrap_or(50));
    blocks(31_000, 32_750).chain(blocks(61_000, 65_450)).chain(blocks(33_000, 60_950))
}

impl Claims {
    /// Claims so many ports; fewer if there are not enough. The ranges are in ascending order.
    pub fn claim(&mut self, wanted: u64) -> Vec<(u64, u64)> {
        let directory = std::env::temp_dir().join("heron-test-cluster-ports");
        let _ = fs::create_dir_all(&directory);
        let mut left = wanted;
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for first in candidates() {
            if left == 0 {
                break;
            }
            let Ok(file) = File::create(directory.join(first.to_string())) else { continue };
            if file.try_lock().is_err() {
                continue;
            }
            let count = left.min(BLOCK);
            let last = first + count - 1;
            if !(first..=last).all(is_free) {
                continue;
            }
            self.locks.push(file);
            left -= count;
            match ranges.last_mut() {
                Some(range) if range.1 + 1 == first => range.1 = last,
                _ => ranges.push((first, last)),
            }
        }
        ranges.sort_unstable();
        ranges
    }
}

fn is_free(port: u64) -> bool {
    u16::try_from(port).is_ok_and(|port| TcpListener::bind(("0.0.0.0", port)).is_ok())
}

/// Breaks ranges into pieces of so many ports with one missing between.
pub fn fragments(ranges: &[(u64, u64)], size: u64) -> Vec<(u64, u64)> {
    if size == 0 {
        return ranges.to_vec();
    }
    let mut pieces = Vec::new();
    for (first, last) in ranges {
        let mut begin = *first;
        while begin <= *last {
            let end = (begin + size - 1).min(*last);
            pieces.push((begin, end));
            begin = end + 2;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_claims_never_overlap() {
        let (mut one, mut two) = (Claims::default(), Claims::default());
        let (a, b) = (one.claim(100), two.claim(60));
        assert_eq!(a.iter().map(|(b, e)| e - b + 1).sum::<u64>(), 100);
        for (begin, end) in &a {
            assert!(b.iter().all(|(low, high)| high < begin || low > end), "{a:?} {b:?}");
        }
    }

    #[test]
    fn fragments_leave_holes() {
        assert_eq!(fragments(&[(10, 20)], 4), [(10, 13), (15, 18), (20, 20)]);
    }
}
