//! The way out: how long is waited, and ZooKeeper.
//!
//! | module | holds |
//! |---|---|
//! | [`deadline`] | how long a command may wait, for whatever it waits |
//! | [`zookeeper`] | the one connector to ZooKeeper |

pub mod deadline;
pub mod zookeeper;
