//! The labels by which a framework can be told to be a topology's.

use crate::config::Settings;

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
