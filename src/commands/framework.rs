//! The framework of a topology, and the labels by which it can be told to be that topology's.

use serde_json::Map;

use crate::config::Settings;
use crate::config::settings::Mesos;
use crate::mesos::ids::FrameworkId;
use crate::scheduler::record::Framework;

/// Cluster, role, environ, topology and, if known, topology id.
pub(super) fn labels(
    settings: &Settings,
    topology: &str,
    id: Option<&str>,
) -> Vec<(String, String)> {
    let mut labels = vec![
        ("heron.topology", topology),
        ("heron.cluster", &settings.cluster),
        ("heron.role", &settings.role),
        ("heron.environ", &settings.environ),
    ];
    labels.extend(id.map(|id| ("heron.topology.id", id)));
    labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// A topology's framework under an id.
pub(super) fn framework(
    mesos: &Mesos,
    topology: &str,
    id: FrameworkId,
    labels: Vec<(String, String)>,
) -> Framework {
    Framework {
        id,
        name: format!("heron-{topology}"),
        user: mesos.task_user.clone(),
        roles: mesos.roles.clone(),
        principal: mesos.principal.clone(),
        failover_timeout_seconds: mesos.failover_timeout.as_secs_f64(),
        labels,
        extra: Map::new(),
    }
}
