//! The client of a TManager's HTTP controller (`docs/heron.md#tmanager-controller`).
//!
//! Knows neither ZooKeeper nor Mesos: where the TManager is and which id the topology has is given.

pub mod answer;
pub mod controller;

pub use controller::{Changed, Controller, ControllerError};
