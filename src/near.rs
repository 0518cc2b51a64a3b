//! How far words are apart, for those who say what may have been meant.

/// How many characters must be inserted, removed, replaced or swapped with their neighbour; `None`
/// if it is more than the limit. Only cells that near the diagonal matter.
#[must_use]
pub fn distance(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let far = limit + 1;
    let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(far);
    let mut before = vec![far; b.len() + 1];
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    let mut current = vec![far; b.len() + 1];
    for (row, left) in a.iter().enumerate() {
        current.fill(far);
        if let Some(first) = current.first_mut() {
            *first = row + 1;
        }
        let band = row.saturating_sub(limit)..(row + limit + 1).min(b.len());
        for column in band {
            let right = b.get(column);
            let replaced = at(&previous, column) + usize::from(Some(left) != right);
            let mut best =
                replaced.min(at(&previous, column + 1) + 1).min(at(&current, column) + 1);
            let swapped =
                row > 0 && column > 0 && a.get(row - 1) == right && b.get(column - 1) == Some(left);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            if let Some(cell) = current.get_mut(column + 1) {
                *cell = best;
            }
        }
        // A swap reaches back two rows, so both must be too far before giving up.
        let lost = |line: &[usize]| line.iter().all(|&cost| cost > limit);
        if lost(&previous) && lost(&current) {
            return None;
        }
        std::mem::swap(&mut before, &mut previous);
        std::mem::swap(&mut previous, &mut current);
    }
    previous.last().copied().filter(|&cost| cost <= limit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn distances() {
        let far = |a: &str, b: &str| distance(&letters(a), &letters(b), 3);
        assert_eq!(far("abc", "abc"), Some(0));
        assert_eq!(far("abc", "acb"), Some(1));
        assert_eq!(far("abc", "ab"), Some(1));
        assert_eq!(far("", "abc"), Some(3));
        assert_eq!(far("abcd", "wxyz"), None);
        assert_eq!(far("abcdefgh", "bcdefghi"), Some(2));
    }

    proptest! {
        #[test]
        fn distances_are_symmetric(a in "[ab.]{0,8}", b in "[ab.]{0,8}") {
            let (a, b) = (letters(&a), letters(&b));
            prop_assert_eq!(distance(&a, &b, 4), distance(&b, &a, 4));
        }
    }
}
