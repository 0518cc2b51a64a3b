//! The form `table`, and `colored_table` with what a terminal can show.

use unicode_width::UnicodeWidthStr as _;

use super::super::paint::Paint;
use super::figures::{cores, megabytes, percent};
use super::looks::Looks;
use crate::outcome::plan::{PlannedTopology, PlannedUpdate};
use crate::packing::difference::{ContainerChange, ContainerDifference};
use crate::packing::{InstancePlan, Size, difference};

const HEADS: [&str; 5] = ["component", "task ID", "CPU", "RAM (MB)", "disk (MB)"];
/// Written after a character it strikes it through.
const STRIKE: char = '\u{336}';

/// What becomes of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Comes,
    Goes,
}

/// The plan of a submission, or what an update changes.
pub(super) fn text(topology: &PlannedTopology, looks: Looks) -> String {
    let count = topology.packing.container_count();
    let (class, containers) = match &topology.update {
        None => {
            let class = format!("Using packing class: {}", topology.packing_class);
            let containers = topology.packing.containers.iter();
            let containers: Vec<String> = containers
                .map(|container| {
                    let name = styled(&format!("Container {}", container.id), Paint::Head, looks);
                    let rows = rows(container.instances.iter(), Fate::Stays);
                    let table = table(&rows, Marks::None, looks);
                    format!("{name}\n{}\n{table}", usage(&container.required))
                })
                .collect();
            (class, containers)
        }
        Some(PlannedUpdate { old, repacking_class }) => {
            let class = format!("Using repacking class: {repacking_class}");
            let all = difference(old, &topology.packing);
            (class, all.iter().map(|container| changed(container, looks)).collect())
        }
    };
    format!("Total number of containers: {count}\n{class}\n{}", containers.join("\n"))
}

/// A container of an update.
fn changed(container: &ContainerDifference, looks: Looks) -> String {
    let name = styled(&format!("Container {}", container.id), Paint::Head, looks);
    let change = match container.change {
        ContainerChange::New => styled(container.change.name(), Paint::Comes, looks),
        ContainerChange::Removed => styled(container.change.name(), Paint::Goes, looks),
        ContainerChange::Unaffected | ContainerChange::Modified => {
            container.change.name().to_owned()
        }
    };
    let required = |plan: Option<&crate::packing::ContainerPlan>| plan.map(|plan| plan.required);
    let usage = match (required(container.old), required(container.new)) {
        (Some(old), Some(new)) => usage_change(&old, &new, looks),
        (Some(only), None) | (None, Some(only)) => usage(&only),
        (None, None) => String::new(),
    };
    let lists = [
        (&container.kept, Fate::Stays),
        (&container.added, Fate::Comes),
        (&container.removed, Fate::Goes),
    ];
    let rows: Vec<_> = lists
        .into_iter()
        .flat_map(|(instances, fate)| rows(instances.iter().copied(), fate))
        .collect();
    // Where all rows share a fate, the container's own word says it.
    let marks =
        if container.change == ContainerChange::Modified { Marks::Words } else { Marks::None };
    format!("{name} {change}\n{usage}\n{}", table(&rows, marks, looks))
}

fn usage(resource: &Size) -> String {
    let (cpu, ram, disk) = (cores(resource.cpu), megabytes(resource.ram), megabytes(resource.disk));
    format!("CPU: {cpu}, RAM: {ram} MB, Disk: {disk} MB")
}

fn usage_change(old: &Size, new: &Size, looks: Looks) -> String {
    let change = |old: f64, new: f64| {
        percent(old, new).map_or_else(String::new, |text| {
            let colour = if text.starts_with('-') { Paint::Goes } else { Paint::Comes };
            format!(" ({})", styled(&text, colour, looks))
        })
    };
    let (ram, disk) = (megabytes(new.ram), megabytes(new.disk));
    format!(
        "CPU: {}{}, RAM: {ram} MB{}, Disk: {disk} MB{}",
        cores(new.cpu),
        change(old.cpu, new.cpu),
        change(megabytes(old.ram) as f64, ram as f64),
        change(megabytes(old.disk) as f64, disk as f64),
    )
}

type Row = ([String; 5], Fate);

/// Whether rows that come or go are followed by a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marks {
    Words,
    None,
}

fn rows<'a>(instances: impl Iterator<Item = &'a InstancePlan>, fate: Fate) -> Vec<Row> {
    let row = |instance: &InstancePlan| {
        let Size { cpu, ram, disk } = instance.resource;
        let cells = [
            instance.component.clone(),
            instance.task_id.to_string(),
            cores(cpu),
            megabytes(ram).to_string(),
            megabytes(disk).to_string(),
        ];
        (cells, fate)
    };
    instances.map(row).collect()
}

fn table(rows: &[Row], marks: Marks, looks: Looks) -> String {
    let heads = HEADS.map(str::to_owned);
    let mut widths = HEADS.map(str::len);
    for (cells, _) in rows {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.width().max(*width);
        }
    }
    // A blank on each side of a cell, a bar after it, and one in front of the first.
    let frame = widths.iter().map(|width| width + 3).sum::<usize>() + 1;
    let mut text = format!("{}\n", "=".repeat(frame));
    text.push_str(&line(&heads, &widths, |cell| styled(cell, Paint::Head, looks)));
    text.push_str(&format!("\n{}\n", "-".repeat(frame)));
    for (cells, fate) in rows {
        let (style, word): (&dyn Fn(&str) -> String, _) = match fate {
            Fate::Stays => (&str::to_owned, ""),
            Fate::Comes => (&|cell| styled(cell, Paint::Comes, looks), " new"),
            Fate::Goes => (&|cell| styled(&struck(cell, looks), Paint::Goes, looks), " removed"),
        };
        text.push_str(&line(cells, &widths, style));
        text.push_str(if marks == Marks::Words { word } else { "" });
        text.push('\n');
    }
    text.push_str(&format!("{}\n", "=".repeat(frame)));
    text
}

/// Cells right-aligned between bars.
fn line(cells: &[String; 5], widths: &[usize; 5], style: impl Fn(&str) -> String) -> String {
    let cells = cells.iter().zip(widths).map(|(cell, width)| {
        let blanks = " ".repeat(width.saturating_sub(cell.width()));
        style(&format!("{blanks}{cell}"))
    });
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

fn styled(text: &str, style: Paint, looks: Looks) -> String {
    match looks {
        Looks::Plain => text.to_owned(),
        Looks::Rich => format!("{style}{text}{style:#}"),
    }
}

fn struck(text: &str, looks: Looks) -> String {
    match looks {
        Looks::Plain => text.to_owned(),
        Looks::Rich => text.chars().flat_map(|char| [char, STRIKE]).collect(),
    }
}
