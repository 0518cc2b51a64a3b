//! The servers of the ensemble, each asked by itself.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::command::Context;
use super::zookeeper::options;
use crate::config::settings::Backend;
use crate::net::zookeeper::dial::Dialer;
use crate::net::zookeeper::{EndpointReport, Health, Options};

/// How long a server may take to say how it is.
const ASKED: Duration = Duration::from_secs(3);

impl Context<'_> {
    /// Asks each server of the ensemble how it is, all at the same time; and how long that took.
    pub async fn ask_endpoints(&self) -> anyhow::Result<Vec<(EndpointReport, Duration)>> {
        let state = &self.settings.state;
        let Backend::ZooKeeper { client_connection, .. } = &state.backend else {
            return Ok(Vec::new());
        };
        let Options { ensemble, access, .. } = options(client_connection, state)?;
        let dialer = Dialer::new(access.tls);
        let asked = ensemble.endpoints.into_iter().map(async |endpoint| {
            let began = Instant::now();
            let health = self.whole.run(ASKED, dialer.ask(&endpoint)).await;
            let health = health.unwrap_or(Health::TimedOut);
            (EndpointReport { endpoint, health }, began.elapsed())
        });
        Ok(join_all(asked).await)
    }
}
