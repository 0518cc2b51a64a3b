//! What is counted, in the text format of Prometheus. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::figures::{Board, CLASSES, Figures};

/// The media type of the format.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One kind of figure that every topology has.
struct Family {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    of: fn(&Figures) -> u64,
}

const FAMILIES: [Family; 6] = [
    Family {
        name: "heron_containers_wanted",
        kind: "gauge",
        help: "Containers that are to run.",
        of: |figures| count(figures.wanted),
    },
    Family {
        name: "heron_containers_running",
        kind: "gauge",
        help: "Containers that run as they should; 0 where another supervisor leads.",
        of: |figures| count(figures.running),
    },
    Family {
        name: "heron_containers_crash_looping",
        kind: "gauge",
        help: "Containers that fail again and again.",
        of: |figures| count(figures.looping),
    },
    Family {
        name: "heron_lease_held",
        kind: "gauge",
        help: "Whether this supervisor drives the topology.",
        of: |figures| u64::from(figures.is_held),
    },
    Family {
        name: "heron_mesos_connected",
        kind: "gauge",
        help: "Whether the topology's framework is connected to Mesos.",
        of: |figures| u64::from(figures.is_connected),
    },
    Family {
        name: "heron_mesos_reconnects_total",
        kind: "counter",
        help: "Connections to Mesos after the first.",
        of: |figures| figures.connections.saturating_sub(1),
    },
];

fn count(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// Everything that is counted.
#[must_use]
pub fn text(board: &Board) -> String {
    let topologies = board.topologies();
    let mut text = String::new();
    for Family { name, kind, help, of } in FAMILIES {
        head(&mut text, name, kind, help);
        for (topology, figures) in &topologies {
            let label = label(topology);
            let _ = writeln!(text, "{name}{{topology=\"{label}\"}} {}", of(figures));
        }
    }
    heals(&mut text, &topologies);
    let (sessions, is_open) = board.sessions();
    let name = "heron_zookeeper_connected";
    head(&mut text, name, "gauge", "Whether there is a session with ZooKeeper.");
    let _ = writeln!(text, "{name} {}", u64::from(is_open));
    let name = "heron_zookeeper_reconnects_total";
    head(&mut text, name, "counter", "Sessions with ZooKeeper after the first.");
    let _ = writeln!(text, "{name} {}", sessions.saturating_sub(1));
    let name = "heron_build_info";
    head(&mut text, name, "gauge", "The version of this supervisor.");
    let _ = writeln!(text, "{name}{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    text
}

/// The time from a container's death to its running again, which counts heals as well.
fn heals(text: &mut String, topologies: &BTreeMap<String, Figures>) {
    let name = "heron_heal_seconds";
    let help = "Time until a container ran again that nobody had asked to end.";
    head(text, name, "histogram", help);
    for (topology, figures) in topologies {
        let label = label(topology);
        for (bound, within) in CLASSES.iter().zip(figures.classes) {
            let _ = writeln!(text, "{name}_bucket{{topology=\"{label}\",le=\"{bound}\"}} {within}");
        }
        let Figures { heals, heal_seconds, .. } = figures;
        let _ = writeln!(text, "{name}_bucket{{topology=\"{label}\",le=\"+Inf\"}} {heals}");
        let _ = writeln!(text, "{name}_sum{{topology=\"{label}\"}} {heal_seconds}");
        let _ = writeln!(text, "{name}_count{{topology=\"{label}\"}} {heals}");
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// A value of a label, as the format wants it.
fn label(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_by_topology() {
        let board = Board::default();
        board.session(true);
        board.note("a\"b", |figures| {
            figures.wanted = 3;
            figures.running = 2;
            figures.is_held = true;
            figures.connected(true);
            figures.connected(false);
            figures.connected(true);
            figures.healed(1.5);
        });
        let text = text(&board);
        for line in [
            "# TYPE heron_containers_wanted gauge",
            "heron_containers_wanted{topology=\"a\\\"b\"} 3",
            "heron_containers_running{topology=\"a\\\"b\"} 2",
            "heron_lease_held{topology=\"a\\\"b\"} 1",
            "heron_mesos_reconnects_total{topology=\"a\\\"b\"} 1",
            "heron_heal_seconds_bucket{topology=\"a\\\"b\",le=\"1\"} 0",
            "heron_heal_seconds_bucket{topology=\"a\\\"b\",le=\"2\"} 1",
            "heron_heal_seconds_bucket{topology=\"a\\\"b\",le=\"+Inf\"} 1",
            "heron_heal_seconds_sum{topology=\"a\\\"b\"} 1.5",
            "heron_heal_seconds_count{topology=\"a\\\"b\"} 1",
            "heron_zookeeper_connected 1",
            "heron_zookeeper_reconnects_total 0",
        ] {
            assert!(text.lines().any(|is| is == line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn every_line_is_of_the_format() {
        let board = Board::default();
        board.note("t", |figures| figures.healed(0.25));
        for line in text(&board).lines().filter(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(series.starts_with("heron_"), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
}
