//! The one way out: what every connection of this tool shares, and what may be shown of it.
//!
//! | module | holds |
//! |---|---|
//! | [`cause`] | what an error comes from |
//! | [`deadline`] | how long a command may wait, for whatever it waits |
//! | [`redact`] | masks secrets in whatever is shown |
//! | [`zookeeper`] | the one connector to ZooKeeper |

pub mod cause;
pub mod deadline;
pub mod redact;
pub mod zookeeper;
