//! Heron's protobuf messages, one file per package of Heron's `.proto` files.
//!
//! Field numbers, labels and types are those of `facts/heron.md` §2. Heron speaks proto2: a `required` field must be
//! present on the wire, which prost does not check on decoding, so that records which come from elsewhere are validated
//! where they are read. prost also drops unknown fields: no record of another component is ever decoded, changed and
//! encoded again; [`crate::topology`] edits definitions on the wire level instead.

pub mod api;
pub mod ckptmgr;
pub mod scheduler;
pub mod system;
pub mod tmanager;

#[cfg(test)]
mod tests;
