//! Which ports a container gets out of those that are free.

use std::collections::BTreeSet;

/// Ports from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

impl PortRange {
    /// How many ports there are.
    #[must_use]
    pub fn count(self) -> usize {
        usize::from(self.last.saturating_sub(self.first)) + 1
    }

    fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// What of it lies between two bounds, both included.
    #[must_use]
    pub fn between(self, first: u16, last: u16) -> Option<Self> {
        let (first, last) = (self.first.max(first), self.last.min(last));
        (first <= last).then_some(Self { first, last })
    }
}

/// Picks so many ports, ascending; `None` if there are too few. A container's next attempt goes on behind the ports of the
/// one `before` and takes these again only where nothing else is free: Heron's physical plan tells attempts apart by their
/// ports alone.
#[must_use]
pub(super) fn pick(free: &[PortRange], count: usize, before: &[u16]) -> Option<Vec<u16>> {
    let before: BTreeSet<u16> = before.iter().copied().collect();
    let highest = before.last().copied();
    let behind = highest.map_or(Some(0), |port| port.checked_add(1));
    let above =
        free.iter().filter_map(|range| behind.and_then(|first| range.between(first, u16::MAX)));
    let below = free.iter().filter_map(|range| range.between(0, highest?));
    let fresh = above.chain(below).flat_map(|range| range.first..=range.last);
    let again =
        before.iter().copied().filter(|port| free.iter().any(|range| range.contains(*port)));
    let mut picked: Vec<u16> =
        fresh.filter(|port| !before.contains(port)).chain(again).take(count).collect();
    picked.sort_unstable();
    (picked.len() == count).then_some(picked)
}

/// What is left of free ports without some that are taken, ascending.
#[must_use]
pub(super) fn without(free: &[PortRange], taken: &[u16]) -> Vec<PortRange> {
    let mut left = Vec::with_capacity(free.len() + 1);
    for range in free {
        let mut first = Some(range.first);
        for port in taken.iter().copied().filter(|port| range.contains(*port)) {
            if let Some(first) = first.filter(|first| *first < port) {
                left.push(PortRange { first, last: port - 1 });
            }
            first = port.checked_add(1);
        }
        let rest = first.filter(|first| *first <= range.last);
        left.extend(rest.map(|first| PortRange { first, last: range.last }));
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(bounds: &[(u16, u16)]) -> Vec<PortRange> {
        bounds.iter().map(|(first, last)| PortRange { first: *first, last: *last }).collect()
    }

    #[test]
    fn the_first_attempt_takes_the_lowest_from_any_holes() {
        let free = ranges(&[(31000, 31001), (31005, 31005), (40000, 50000)]);
        assert_eq!(pick(&free, 5, &[]).unwrap(), [31000, 31001, 31005, 40000, 40001]);
        assert!(pick(&free, 0, &[]).unwrap().is_empty());
        assert!(pick(&ranges(&[(1, 3)]), 4, &[]).is_none());
    }

    #[test]
    fn the_next_attempt_goes_on_behind_the_one_before() {
        let free = ranges(&[(1, 9)]);
        assert_eq!(pick(&free, 3, &[1, 2, 3]).unwrap(), [4, 5, 6]);
        assert_eq!(pick(&free, 3, &[4, 5, 6]).unwrap(), [7, 8, 9]);
        assert_eq!(pick(&free, 3, &[6, 7, 8]).unwrap(), [1, 2, 9], "around the end");
        assert_eq!(pick(&free, 8, &[1, 2, 3]).unwrap(), [1, 2, 4, 5, 6, 7, 8, 9], "too few others");
        let end = ranges(&[(65533, 65535)]);
        assert_eq!(pick(&end, 2, &[65534, 65535]).unwrap(), [65533, 65534]);
        assert!(pick(&end, 3, &[65535, 65535, 65535, 7]).is_some());
        assert!(pick(&end, 4, &[65535, 65535, 65535, 7]).is_none());
    }

    #[test]
    fn what_is_taken_is_free_no_more() {
        let free = ranges(&[(1, 5), (8, 8), (65535, 65535)]);
        assert_eq!(without(&free, &[1, 3, 8]), ranges(&[(2, 2), (4, 5), (65535, 65535)]));
        assert_eq!(without(&free, &[5, 65535]), ranges(&[(1, 4), (8, 8)]));
        assert_eq!(without(&free, &[]), free);
    }
}
