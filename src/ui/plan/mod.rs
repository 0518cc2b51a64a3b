//! Dry runs as text: Heron's four forms, each followed by what Heron does not show, namely what would be uploaded, written
//! and launched. Pure: plans in, text out.
//!
//! The forms are Heron's (`docs/heron.md#dry-run`), with two liberties. Rows stand by task id, where Heron follows its
//! hash tables; and of a container that an update changes, the rows that come and go are told apart by a word as well,
//! since Heron's plain table shows them all alike.

mod figures;
mod json;
mod looks;
mod raw;
mod table;
#[cfg(test)]
mod tests;

use super::difference;
use crate::cli::DryRunFormat;
use crate::outcome::plan::{Planned, PlannedStep};
use looks::Looks;

/// A dry run as text. Without a wish for a form it is a table, with colours on a terminal.
pub(super) fn text(planned: &Planned, terminal: bool) -> String {
    let form = match planned.format {
        Some(form) => form,
        None if terminal => DryRunFormat::ColoredTable,
        None => DryRunFormat::Table,
    };
    let each = |render: &dyn Fn(&crate::outcome::plan::PlannedTopology) -> String| {
        let texts = planned.topologies.iter().map(|topology| {
            let mut text = render(topology);
            text.push_str(&steps(&topology.steps));
            if let Some(compared) = &topology.compared {
                text.push_str(&format!("\n{}", difference::text(compared, false)));
            }
            text
        });
        texts.collect::<Vec<_>>().join("\n")
    };
    match form {
        DryRunFormat::Raw => each(&raw::text),
        DryRunFormat::Table => each(&|topology| table::text(topology, Looks::Plain)),
        DryRunFormat::ColoredTable => each(&|topology| table::text(topology, Looks::Rich)),
        DryRunFormat::Json => json::text(&planned.topologies),
    }
}

/// What would be done, a paragraph per step.
fn steps(steps: &[PlannedStep]) -> String {
    let mut text = String::new();
    for step in steps {
        text.push_str(&format!("\n{}:\n", step.title));
        for line in &step.lines {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}
