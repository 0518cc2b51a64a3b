//! The order in which Java's `HashMap` and `HashSet` are visited.
//!
//! Heron keeps components, instances and containers in hash tables, and visits them in table order: task ids, the
//! instance that leaves a container and the order of a stored plan follow from it. This module computes that order and
//! the hash codes behind it (`docs/heron.md#hash-order`). It is no hash table: nothing is looked up here by hash.
//!
//! Left out: from 9 entries in one bucket of a table of 64 buckets on, Java turns the bucket into a tree, whose order
//! partly follows addresses of objects. Here such a bucket stays in order of insertion. Containers of up to 48 instances
//! never get there.

use std::collections::HashMap;

/// Buckets of an empty table.
const MIN_CAPACITY: usize = 16;
/// A table this large makes trees of long buckets; a smaller one grows instead.
const TREE_CAPACITY: usize = 64;
/// The entry of a bucket that makes a table of fewer than [`TREE_CAPACITY`] buckets grow.
const LONG_BUCKET: usize = 9;
/// No table of ours has more buckets.
const MAX_CAPACITY: usize = 1 << 30;

/// `String.hashCode()`.
#[must_use]
pub fn string_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash, unit| combine(hash, i32::from(unit)))
}

/// `Long.hashCode()`.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "Java cuts off the upper half as well")]
pub fn long_hash(value: i64) -> i32 {
    (value ^ (value >> 32)) as i32
}

/// `Double.hashCode()`.
#[must_use]
pub fn double_hash(value: f64) -> i32 {
    long_hash(super::java_number::double_bits(value))
}

/// One more part of a hash code of several parts.
#[must_use]
pub fn combine(hash: i32, part: i32) -> i32 {
    hash.wrapping_mul(31).wrapping_add(part)
}

/// The buckets and their filling: what decides on an order.
#[derive(Clone, Debug)]
pub struct JavaSet<T> {
    slots: Vec<Option<(u32, T)>>,
    len: usize,
    capacity: usize,
}

impl<T> Default for JavaSet<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), len: 0, capacity: MIN_CAPACITY }
    }
}

impl<T> JavaSet<T> {
    /// A set as `new HashSet<>(collection)` makes it for a collection of that many entries.
    #[must_use]
    pub fn for_collection(len: usize) -> Self {
        let mut capacity = MIN_CAPACITY;
        // Java divides in single precision and adds one: more than 3/4 of the buckets are never taken.
        let wanted = collection_capacity(len);
        while capacity < wanted && capacity < MAX_CAPACITY {
            capacity *= 2;
        }
        Self { slots: Vec::with_capacity(len), len: 0, capacity }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an entry, which the caller knows not to be there, and returns its slot.
    pub fn insert(&mut self, hash: i32, entry: T) -> usize {
        let spread = spread(hash);
        self.slots.push(Some((spread, entry)));
        self.len += 1;
        if self.capacity < TREE_CAPACITY
            && self.len >= LONG_BUCKET
            && self.bucket_len(spread) >= LONG_BUCKET
        {
            self.capacity *= 2;
        }
        if self.len > self.capacity / 4 * 3 && self.capacity < MAX_CAPACITY {
            self.capacity *= 2;
        }
        self.slots.len() - 1
    }

    /// Takes the entry out of a slot; the table never shrinks.
    pub fn remove(&mut self, slot: usize) -> Option<T> {
        let (_, entry) = self.slots.get_mut(slot)?.take()?;
        self.len -= 1;
        Some(entry)
    }

    /// The entry of a slot.
    #[must_use]
    pub fn get(&self, slot: usize) -> Option<&T> {
        self.slots.get(slot)?.as_ref().map(|(_, entry)| entry)
    }

    /// Slots in Java's order.
    #[must_use]
    pub fn slots(&self) -> Vec<usize> {
        let mut order: Vec<(usize, usize)> = Vec::with_capacity(self.len);
        for (slot, entry) in self.slots.iter().enumerate() {
            if let Some((spread, _)) = entry {
                order.push((self.bucket(*spread), slot));
            }
        }
        // A bucket keeps the order of insertion, also when the table grows.
        order.sort_unstable();
        order.into_iter().map(|(_, slot)| slot).collect()
    }

    /// Entries in Java's order.
    #[must_use]
    pub fn ordered(&self) -> Vec<&T> {
        self.slots().into_iter().filter_map(|slot| self.get(slot)).collect()
    }

    /// Entries in Java's order.
    #[must_use]
    pub fn into_ordered(mut self) -> Vec<T> {
        let order = self.slots();
        order.into_iter().filter_map(|slot| self.remove(slot)).collect()
    }

    fn bucket(&self, spread: u32) -> usize {
        spread as usize & (self.capacity - 1)
    }

    fn bucket_len(&self, spread: u32) -> usize {
        let bucket = self.bucket(spread);
        self.slots.iter().flatten().filter(|(other, _)| self.bucket(*other) == bucket).count()
    }
}

/// A `HashMap<String, V>`: looked up by key, visited in Java's order.
#[derive(Clone, Debug)]
pub struct JavaMap<V> {
    entries: JavaSet<(String, V)>,
    by_key: HashMap<String, usize>,
}

impl<V> Default for JavaMap<V> {
    fn default() -> Self {
        Self { entries: JavaSet::default(), by_key: HashMap::new() }
    }
}

impl<V> JavaMap<V> {
    /// Puts a value; the value of a known key is replaced and keeps its place.
    pub fn put(&mut self, key: &str, value: V) {
        if let Some(old) = self.get_mut(key) {
            *old = value;
            return;
        }
        let slot = self.entries.insert(string_hash(key), (key.to_owned(), value));
        self.by_key.insert(key.to_owned(), slot);
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&V> {
        self.by_key.get(key).and_then(|slot| self.entries.get(*slot)).map(|(_, value)| value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let slot = *self.by_key.get(key)?;
        self.entries.slots.get_mut(slot)?.as_mut().map(|(_, (_, value))| value)
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys and values in Java's order.
    #[must_use]
    pub fn ordered(&self) -> Vec<(&str, &V)> {
        self.entries.ordered().into_iter().map(|(key, value)| (key.as_str(), value)).collect()
    }

    /// Keys and values in Java's order.
    #[must_use]
    pub fn into_ordered(self) -> Vec<(String, V)> {
        self.entries.into_ordered()
    }
}

impl<'a, V> FromIterator<(&'a str, V)> for JavaMap<V> {
    fn from_iter<I: IntoIterator<Item = (&'a str, V)>>(pairs: I) -> Self {
        let mut map = Self::default();
        for (key, value) in pairs {
            map.put(key, value);
        }
        map
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as Java computes it, from a length that is small and never negative"
)]
fn collection_capacity(len: usize) -> usize {
    (len as f32 / 0.75) as usize + 1
}

/// Java mixes the upper half of a hash code into the lower one.
fn spread(hash: i32) -> u32 {
    let bits = hash.cast_unsigned();
    bits ^ (bits >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_codes_are_those_of_java() {
        assert_eq!(string_hash(""), 0);
        assert_eq!(string_hash("Aa"), 2112);
        assert_eq!(string_hash("BB"), 2112);
        assert_eq!(string_hash("wordcount"), 893_673_541);
        assert_eq!(long_hash(1 << 30), 1 << 30);
        assert_eq!(long_hash(-1), 0);
        assert_eq!(double_hash(1.0), 0x3ff0_0000);
    }

    #[test]
    fn entries_come_by_bucket_then_by_insertion() {
        let mut set = JavaSet::default();
        for hash in [33, 1, 17, 2] {
            set.insert(hash, hash);
        }
        assert_eq!(set.ordered(), [&33, &1, &17, &2]);
    }

    #[test]
    fn the_table_grows_past_three_quarters() {
        let mut set = JavaSet::default();
        set.insert(16, 16);
        for hash in 1..12 {
            set.insert(hash, hash);
        }
        assert_eq!(set.ordered().first(), Some(&&16), "16 buckets: 16 shares bucket 0");
        set.insert(12, 12);
        assert_eq!(set.ordered().last(), Some(&&16), "32 buckets: 16 has bucket 16");
    }

    #[test]
    fn a_long_bucket_makes_a_small_table_grow() {
        let mut set = JavaSet::default();
        for i in 0..9 {
            set.insert(i * 16, i * 16);
        }
        let order: Vec<i32> = set.into_ordered();
        assert_eq!(order, [0, 32, 64, 96, 128, 16, 48, 80, 112]);
    }

    #[test]
    fn a_removed_entry_is_gone_and_its_slot_stays_empty() {
        let mut set = JavaSet::default();
        let slot = set.insert(3, 'a');
        set.insert(3, 'b');
        assert_eq!(set.remove(slot), Some('a'));
        assert_eq!(set.remove(slot), None);
        assert_eq!((set.len(), set.ordered()), (1, vec![&'b']));
    }

    #[test]
    fn a_set_for_a_collection_has_room_from_the_start() {
        assert_eq!(JavaSet::<()>::for_collection(0).capacity, 16);
        assert_eq!(JavaSet::<()>::for_collection(11).capacity, 16);
        assert_eq!(JavaSet::<()>::for_collection(12).capacity, 32);
    }

    #[test]
    fn a_map_keeps_the_place_of_a_key_put_again() {
        let mut map: JavaMap<i32> = [("Aa", 1), ("BB", 2)].into_iter().collect();
        map.put("Aa", 3);
        assert_eq!(map.ordered(), [("Aa", &3), ("BB", &2)]);
        assert_eq!(map.len(), 2);
    }
}
