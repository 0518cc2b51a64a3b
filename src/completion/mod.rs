//! Completion of command lines as they are typed: what the definition knows, and the names of contexts, keys, topologies
//! and containers.
//!
//! A shell asks by running the program with `COMPLETE` set. A name that can't be had at once is not offered, and nothing
//! is said about it: nobody waits for a completion, and there is no place to tell of an error.

mod names;
mod request;
mod tree;

pub use request::complete;

#[cfg(test)]
mod tests;
