//! What tests of the protocol share: recordings of real masters, and a server that replays them.

pub(crate) mod golden;
pub(crate) mod server;
