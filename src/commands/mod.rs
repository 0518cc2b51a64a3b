//! The commands, one file per verb: the only place where configuration, topology, state and Mesos meet.
//!
//! A command takes plain values, reports to a [`crate::report::Reporter`] while it works and returns an
//! [`crate::outcome::Outcome`] or an error that [`crate::failure`] sorts. It knows no wire format and no terminal; what
//! several verbs do alike is in [`crate::controller`], what one does at length in [`crate::submission`],
//! [`crate::update`], [`crate::replacement`], [`crate::supervision`] and [`crate::fetch_check`].

pub mod activate;
pub mod check_fetch;
pub mod classpath;
pub mod completions;
pub mod config;
pub mod deactivate;
pub mod diff;
pub mod doctor;
pub mod events;
pub mod explain;
pub mod kill;
pub mod list;
pub mod logs;
pub mod man;
pub mod restart;
pub mod rollback;
mod state_change;
pub mod status;
pub mod submit;
pub mod supervise;
pub mod update;
mod update_supervisors;
pub mod version;
pub mod wait;
