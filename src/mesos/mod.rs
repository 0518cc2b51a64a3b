//! The Mesos v1 HTTP protocol, and nothing of Heron.
//!
//! Pure parts hold the wire format (`docs/mesos.md`): `ids`, `call`, `event`, `offer`, `task_state`, `recordio`, `resources`,
//! `master` (addresses) and `master_info`. The others do I/O: `http`, `leader`, `scheduler_client` (the event stream
//! and calls), `operator` and `registry` (what the master knows) and `sandbox` (files of tasks).

pub mod call;
pub mod election;
pub mod event;
pub mod fetcher;
pub mod http;
pub mod ids;
mod json;
pub mod leader;
pub mod master;
pub mod master_info;
pub mod offer;
pub mod operator;
pub mod recordio;
mod registry;
pub mod resources;
pub mod sandbox;
pub mod scheduler_client;
pub mod task_state;
#[cfg(test)]
pub(crate) mod tests;
