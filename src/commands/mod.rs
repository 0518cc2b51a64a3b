//! The commands, one file per verb: the only place where configuration, topology, state and Mesos meet.
//!
//! A command takes plain values, reports to a [`crate::report::Reporter`] while it works and returns an
//! [`crate::outcome::Outcome`] or an error that [`crate::failure`] sorts. It knows no wire format and no terminal.

pub mod activate;
pub mod check;
pub mod config;
mod containers;
pub mod deactivate;
mod drive;
mod ending;
pub mod fetching;
mod framework;
mod held;
pub mod kill;
pub mod list;
pub mod man;
mod physical_plan;
pub mod release;
pub mod restart;
mod state_change;
pub mod status;
pub mod submit;
mod tell;
pub mod update;
