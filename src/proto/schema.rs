//! What the schema says beyond prost's structs: which fields proto2 requires, which numbers an enumeration knows, and
//! which number a field has. `build.rs` makes the tables.
//!
//! Messages and fields are looked up while the program is compiled: a wrong name doesn't compile.

use prost::Name;

use super::wire::WireType;

/// A message of the schema.
#[derive(Debug)]
pub struct Shape {
    /// Its name with its package's.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// One field of a [`Shape`].
#[derive(Debug)]
pub struct Field {
    /// Its number on the wire.
    pub number: u32,
    /// Its name.
    pub name: &'static str,
    /// How often it occurs.
    pub rule: Rule,
    /// What it holds.
    pub kind: FieldKind,
}

/// How often a field occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Exactly once.
    Required,
    /// Once or not at all.
    Optional,
    /// Any number of times.
    Repeated,
}

/// What a field holds.
#[derive(Debug)]
pub enum FieldKind {
    /// Text, bytes or a number.
    Plain(WireType),
    /// One of these numbers.
    Enum(&'static [i32]),
    /// A message.
    Message(&'static Shape),
}

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));

/// The table of a message.
#[must_use]
pub const fn shape<M: Name>() -> &'static Shape {
    const { find::<M>() }
}

/// The number of a message's field.
///
/// # Panics
///
/// If there is no such field; in a constant that is an error of the compiler.
#[must_use]
#[allow(clippy::panic, reason = "runs while the program is compiled")]
pub const fn number<M: Name>(field: &str) -> u32 {
    let fields = shape::<M>().fields;
    let mut index = 0;
    while index < fields.len() {
        if are_equal(fields[index].name.as_bytes(), field.as_bytes()) {
            return fields[index].number;
        }
        index += 1;
    }
    panic!("the message has no such field")
}

#[allow(clippy::panic, reason = "runs while the program is compiled")]
const fn find<M: Name>() -> &'static Shape {
    let mut found = None;
    let mut index = 0;
    while index < SHAPES.len() {
        if is_named(SHAPES[index].name.as_bytes(), M::PACKAGE.as_bytes(), M::NAME.as_bytes()) {
            assert!(found.is_none(), "the schema has two messages of this name");
            found = Some(SHAPES[index]);
        }
        index += 1;
    }
    match found {
        Some(shape) => shape,
        None => panic!("the message is not in the schema"),
    }
}

/// Whether a full name is that of a message in a package. prost leaves out what a message is nested in.
const fn is_named(full: &[u8], package: &[u8], name: &[u8]) -> bool {
    let Some((start, rest)) = full.split_at_checked(package.len()) else { return false };
    let Some(dot) = rest.len().checked_sub(name.len() + 1) else { return false };
    let (_, end) = rest.split_at(dot);
    let [b'.', end @ ..] = end else { return false };
    are_equal(start, package) && are_equal(end, name)
}

const fn are_equal(left: &[u8], right: &[u8]) -> bool {
    let mut index = 0;
    while index < left.len() && index < right.len() && left[index] == right[index] {
        index += 1;
    }
    index == left.len() && index == right.len()
}
