//! Arguments of `restart`.

use std::num::NonZeroUsize;

use clap::Args;

use super::words::Words;

/// Restart one container of a topology, or all of them
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = ARGUMENTS, after_help = EXAMPLES)]
pub struct RestartArgs {
    /// Overrides, the topology's name, a container's id.
    #[command(flatten)]
    pub words: Words,
    /// Restart so many containers at a time, each batch back in the physical plan before the next
    #[arg(long, value_name = "N")]
    pub batch: Option<NonZeroUsize>,
    /// Restart only what is not well: no task, or a stream manager that has not registered
    #[arg(long)]
    pub failed: bool,
}

impl RestartArgs {
    /// With the batch size of 2015, where that is all that says one.
    #[must_use]
    pub fn with_old_names(mut self) -> Self {
        let old = self.words.legacy.heron_batch_size.as_deref();
        if let Some(size) = old.and_then(|size| size.parse().ok()) {
            self.words.legacy.heron_batch_size = None;
            self.batch = self.batch.or(Some(size));
        }
        self
    }
}

const USAGE: &str = "heron-cli restart [OPTIONS] [OVERRIDES] <TOPOLOGY> [CONTAINER]";

const ARGUMENTS: &str = "Arguments:
  [OVERRIDES]  Properties (`key=value key:value`), or `cluster/role/environ`
  <TOPOLOGY>   The topology's name
  [CONTAINER]  A container's id; all of them if there is none, or -1";

const EXAMPLES: &str = "Examples:
  heron-cli restart --config-file conf/mesos_scheduler.conf wordcount 2
  heron-cli restart --config-file conf/mesos_scheduler.conf wordcount
  heron-cli restart --context prod wordcount --batch 2

A container's task is killed and a new one is launched, on any agent.
Container 0 is the TManager's.";
