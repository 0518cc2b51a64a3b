//! The network of a simulation, in place of the real one: what its tests ask of servers is answered by models of them, on
//! simulated time. Each test has its own, as each has its own thread.

use std::cell::RefCell;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::{Request, Response};

use crate::net::zookeeper::session::Session;
use crate::net::zookeeper::{ConnectError, Options};

/// Servers that are models.
pub(crate) trait Network: Send + Sync {
    /// Answers an HTTP request.
    fn answer(&self, request: Request) -> BoxFuture<'static, reqwest::Result<Response>>;

    /// Whether nothing listens at an address.
    fn refuses(&self, host: &str, port: u16) -> bool;

    /// Opens a session with ZooKeeper.
    fn open(&self, options: &Options)
    -> BoxFuture<'static, Result<Arc<dyn Session>, ConnectError>>;
}

thread_local! {
    static NETWORK: RefCell<Option<Arc<dyn Network>>> = const { RefCell::new(None) };
}

/// The network of this thread's simulation, if it is in one.
pub(crate) fn network() -> Option<Arc<dyn Network>> {
    NETWORK.with_borrow(Clone::clone)
}

/// Puts another in its place; none: the real one.
pub(crate) fn set_network(network: Option<Arc<dyn Network>>) {
    NETWORK.with_borrow_mut(|known| *known = network);
}
