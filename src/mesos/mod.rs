//! The Mesos v1 HTTP protocol, and nothing of Heron.
//!
//! Pure parts (`ids`, `call`, `event`, `recordio`, `resources`, `master`) hold the wire format (`facts/mesos.md`
//! §1–§5); the others do I/O: finding the leader, the scheduler stream, operator endpoints and sandbox files.

pub mod call;
pub mod event;
#[cfg(test)]
pub(crate) mod golden;
pub mod http;
pub mod ids;
mod json;
pub mod master;
pub mod recordio;
pub mod resources;
pub mod scheduler_client;
pub mod task_state;
#[cfg(test)]
pub(crate) mod test_server;
