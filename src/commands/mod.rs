//! The commands, one file per verb: the only place where configuration, topology, state and Mesos meet.
//!
//! A command takes plain values, reports to a [`report::Reporter`] while it works and returns an
//! [`outcome::Outcome`] or an error that [`crate::failure`] sorts. It knows no wire format and no terminal.

pub mod check;
pub mod config;
pub mod configure;
mod containers;
pub mod context;
mod drive;
mod ending;
pub mod error;
pub mod fetching;
mod framework;
mod held;
pub mod kill;
pub mod list;
pub mod man;
pub mod outcome;
mod physical_plan;
pub mod planned;
pub mod release;
pub mod report;
pub mod restart;
pub mod status;
pub mod submit;
pub mod switch;
mod tell;
pub mod update;
