//! Ranges of ports: sorted, joined, without others.

use crate::mesos::offer::Range;

fn size((begin, end): (u16, u16)) -> usize {
    usize::from(end - begin) + 1
}

pub(super) fn count(ranges: &[(u16, u16)]) -> usize {
    ranges.iter().copied().map(size).sum()
}

/// The part of a range that holds ports: neither 0 nor beyond 65535.
pub(super) fn usable_ports(range: Range) -> Option<(u16, u16)> {
    let begin = u16::try_from(range.begin).ok()?.max(1);
    let end = u16::try_from(range.end).unwrap_or(u16::MAX);
    (begin <= end).then_some((begin, end))
}

/// Sorts ranges and joins those that touch or overlap.
pub(super) fn merged(mut ranges: Vec<(u16, u16)>) -> Vec<(u16, u16)> {
    ranges.sort_unstable();
    let mut joined: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
    for (begin, end) in ranges {
        match joined.last_mut() {
            Some(last) if begin <= last.1.saturating_add(1) => last.1 = last.1.max(end),
            _ => joined.push((begin, end)),
        }
    }
    joined
}

/// What of `ranges` isn't in `others`, which are sorted.
pub(super) fn without(ranges: &[(u16, u16)], others: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let mut kept = Vec::with_capacity(ranges.len());
    for (begin, end) in ranges.iter().copied() {
        let mut from = Some(begin);
        for (other_begin, other_end) in others.iter().copied() {
            let Some(start) = from else { break };
            if other_end < start || other_begin > end {
                continue;
            }
            if other_begin > start {
                kept.push((start, other_begin - 1));
            }
            from = other_end.checked_add(1).filter(|next| *next <= end);
        }
        kept.extend(from.map(|start| (start, end)));
    }
    kept
}
