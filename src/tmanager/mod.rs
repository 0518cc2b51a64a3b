//! The client of a TManager's HTTP controller (`facts/heron.md` §3.1, `facts/heron-measured.md`).
//!
//! Knows neither ZooKeeper nor Mesos: where the TManager is and which id the topology has is given.

pub mod answer;
pub mod controller;

pub use controller::{Changed, Controller, ControllerError};
