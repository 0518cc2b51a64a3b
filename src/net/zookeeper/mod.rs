//! The one connector to ZooKeeper: for the state tree, for the masters' election, and for finding out why neither answers.
//!
//! | module | holds |
//! |---|---|
//! | [`address`] | connection strings and `zk://` addresses |
//! | [`access`] | credentials and certificates |
//! | [`health`] | what became of an attempt at a server |
//! | [`dial`] | TCP and TLS to one server, and the question how it is |
//! | [`frames`] | the bounds of what servers may send |
//! | [`guard`] | the client library's way to the servers, which keeps the bounds and knows why one failed |
//! | [`mod@connect`] | how one gets a session |
//! | [`session`] | what can be asked in one |
//! | [`Known`] | an ensemble that somebody has access to, and the session with it that is open |
//!
//! The client library dials by itself, believes whatever length a frame claims to have, and says of a failure only that no
//! host was available. So it is given one address, on loopback, where [`guard`] waits for it; what that connects to, and
//! how, is decided here.

pub mod access;
pub mod address;
pub mod connect;
pub mod dial;
pub mod frames;
pub mod guard;
pub mod health;
mod known;
pub mod session;

pub use access::{Access, BadCredentials, Credentials, Scheme, Tls};
pub use address::{AddressError, ElectionAddress, Endpoint, Ensemble};
pub use connect::{ConnectError, Options};
pub use health::{EndpointReport, Health};
pub use known::{Known, Opened};
