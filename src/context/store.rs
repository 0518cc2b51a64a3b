//! The package store of a command's configuration.

use std::sync::Arc;

use super::command::Context;
use crate::upload::{ConfiguredStore, OnLine, StoreConfig, configured};

impl Context<'_> {
    /// The store for a topology's package. Doubts about its credentials are told.
    pub fn store_config(&self, topology: &str) -> anyhow::Result<StoreConfig> {
        let reporter = self.reporter.clone();
        let on_line: OnLine = Arc::new(move |line: &str| reporter.program_output(line));
        let ConfiguredStore { config, warnings } =
            configured(self.settings, topology, self.env, self.machine, &on_line)?;
        for warning in warnings {
            self.reporter.warn_once(&warning.to_string());
        }
        Ok(config.until(self.whole.at()))
    }
}
