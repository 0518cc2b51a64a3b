//! The order in which a `java.util.HashMap` with text keys is visited (`golden/vectors/README.md`).

/// `String.hashCode` of Java: over UTF-16 units, wrapping.
#[must_use]
pub fn string_hash(text: &str) -> i32 {
    text.encode_utf16()
        .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The keys in the order in which a `HashMap` gives them that they were put into in the given order.
///
/// The table has 16 buckets and doubles when it is filled over three quarters; within a bucket the order of insertion
/// counts. (A bucket of more than eight keys becomes a tree in Java, which visits in the order of insertion too.)
#[must_use]
pub fn map_order(keys: &[&str]) -> Vec<usize> {
    let mut capacity: u32 = 16;
    while keys.len() as f64 > f64::from(capacity) * 0.75 {
        capacity = capacity.saturating_mul(2);
    }
    let bucket = |key: &str| {
        let hash = string_hash(key).cast_unsigned();
        (hash ^ (hash >> 16)) & (capacity - 1)
    };
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by_key(|index| keys.get(*index).map(|key| bucket(key)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_javas() {
        assert_eq!(string_hash(""), 0);
        assert_eq!(string_hash("Aa"), string_hash("BB"));
        assert_eq!(string_hash("word_spout"), 1_823_105_628);
    }
}
