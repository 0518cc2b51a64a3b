//! Which containers are restarted together. Pure.

use std::num::NonZeroUsize;

/// Containers in batches of a size, or all together. The TManager's is in the last one: while it is away, nobody makes a physical plan in
/// which the others could come back.
pub(super) fn batches(mut ids: Vec<u32>, size: Option<NonZeroUsize>) -> Vec<Vec<u32>> {
    ids.sort_by_key(|id| (*id == 0, *id));
    let size = size.map_or(ids.len().max(1), NonZeroUsize::get);
    ids.chunks(size).map(<[u32]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_of_the_size_and_end_with_the_tmanager() {
        let of = |size| batches((0..5).collect(), NonZeroUsize::new(size));
        assert_eq!(of(2), [vec![1, 2], vec![3, 4], vec![0]]);
        assert_eq!(of(9), [vec![1, 2, 3, 4, 0]]);
        assert_eq!(of(0), [vec![1, 2, 3, 4, 0]], "no size");
        assert_eq!(batches(Vec::new(), NonZeroUsize::new(2)), Vec::<Vec<u32>>::new());
    }
}
