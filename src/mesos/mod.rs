//! The Mesos v1 HTTP protocol, and nothing of Heron.
//!
//! Pure parts (`ids`, `call`, `event`, `recordio`, `resources`) hold the wire format (`facts/mesos.md` §1–§5); the
//! others do I/O: finding the leader, the scheduler stream, operator endpoints and sandbox files.

pub mod call;
pub mod event;
pub mod ids;
pub mod resources;
