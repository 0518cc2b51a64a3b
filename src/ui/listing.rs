//! `list` as text.

use super::table::table;
use crate::outcome::TopologyList;
use crate::outcome::status::{AsOf, ReadyCount};

/// A line for each topology; one of usual length fits a terminal of 80 columns.
pub(super) fn text(listed: &TopologyList) -> String {
    let dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = listed
        .topologies
        .iter()
        .map(|topology| {
            let place = [&topology.cluster, &topology.role, &topology.environ].map(dash);
            vec![
                topology.name.clone(),
                topology.state.to_owned(),
                topology.health.to_owned(),
                ready(topology.ready),
                topology.submitted_at.as_deref().map_or("-", day).to_owned(),
                place.join("/"),
            ]
        })
        .collect();
    let mut text = table(&["NAME", "STATE", "HEALTH", "READY", "SUBMITTED", "CLUSTER"], &rows);
    if let Some(AsOf { source: "journal", at }) = &listed.as_of {
        let at = at.as_deref().unwrap_or("some time ago");
        text.push_str(&format!("\nMesos could not be asked: last known at {at}\n"));
    }
    text
}

/// `2/3`.
pub(super) fn ready(ready: Option<ReadyCount>) -> String {
    ready.map_or_else(|| "-".to_owned(), |ready| format!("{}/{}", ready.running, ready.wanted))
}

/// `2026-11-29`: the time of day is in the document, and in `status`.
fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::listing::TopologyRow;

    fn listed(source: &'static str) -> TopologyList {
        let some = |text: &str| Some(text.to_owned());
        let topology = TopologyRow {
            name: "wordcount".to_owned(),
            state: "RUNNING",
            health: "degraded",
            ready: Some(ReadyCount { running: 99, wanted: 101 }),
            cluster: some("production"),
            role: some("wordcount"),
            environ: some("devel"),
            container_count: Some(101),
            submitted_at: some("2026-11-29T14:00:00Z"),
            supervised: false,
        };
        let as_of = Some(AsOf { source, at: some("2026-11-29T15:00:00Z") });
        TopologyList { schema: 1, as_of, topologies: vec![topology] }
    }

    #[test]
    fn rows_fit_a_terminal_of_80_columns() {
        let text = text(&listed("mesos"));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("99/101") && text.contains("degraded"), "{text}");
        assert!(!text.contains("last known"), "{text}");
    }

    #[test]
    fn what_is_old_is_said_to_be() {
        assert!(text(&listed("journal")).contains("last known at 2026-11-29T15:00:00Z"));
    }
}
