//! The commands, one file per verb: the only place where configuration, topology, state and Mesos meet.
//!
//! A command takes plain values, reports to a [`report::Reporter`] while it works and returns an
//! [`outcome::Outcome`] or a [`crate::failure::Failure`]. It knows no wire format and no terminal.

pub mod outcome;
pub mod report;
