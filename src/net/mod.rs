//! The one way out: what every connection of this tool shares, and what may be shown of it.
//!
//! | module | holds |
//! |---|---|
//! | [`cause`] | what an error comes from |
//! | [`deadline`] | how long a command may wait, for whatever it waits |
//! | [`http`] | HTTP clients: proxies, redirects, time limits, bodies |
//! | [`redact`] | masks secrets in whatever is shown |
//! | [`retry`] | how often something is tried |
//! | [`tls`] | whom we trust, and who we are |
//! | [`mod@unreachable`] | why no answer came |
//! | [`zookeeper`] | the one connector to ZooKeeper |

pub mod cause;
pub mod deadline;
pub mod http;
pub mod redact;
pub mod retry;
#[cfg(test)]
pub(crate) mod tests;
pub mod tls;
pub mod unreachable;
pub mod zookeeper;
