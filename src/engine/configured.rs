//! The engine that is configured.

use super::error::EngineError;
use super::mesos::MesosEngine;
use crate::config::Warning;
use crate::config::settings::Mesos;
use crate::net::deadline::Deadline;
use crate::net::zookeeper::Known;

/// The engine that is configured: Mesos, the only one yet.
pub type ConfiguredEngine = MesosEngine;

/// Makes the way to the engine; nothing is sent yet. Reads the secrets and certificates that the settings name, and tells
/// doubts about them. The deadline bounds everything that is waited for.
pub fn configured(
    mesos: &Mesos,
    known: Known,
    deadline: &Deadline,
) -> Result<(ConfiguredEngine, Vec<Warning>), EngineError> {
    MesosEngine::new(mesos, known, deadline)
}
