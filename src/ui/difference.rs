//! What differs, as text: a line each, by parts; what is too long for one line stands below it, the old above the new.

use unicode_width::UnicodeWidthStr as _;

use super::paint::Paint;
use crate::outcome::difference::{Change, Compared, Difference, Part};

/// Columns that a line has room for.
const WIDTH: usize = 80;
/// The most columns that names get: longer ones push their values to the right.
const NAMES: usize = 44;
/// Lines of one part that are shown to those who don't ask for more.
const MOST: usize = 40;

const HEAD: Paint = Paint::Head;
const COMES: Paint = Paint::Comes;
const GOES: Paint = Paint::Goes;
const OTHER: Paint = Paint::Warning;

/// One topology compared; `verbose` shows all of it.
pub(super) fn text(compared: &Compared, verbose: bool) -> String {
    let Compared { topology, generation, differences, .. } = compared;
    let (name, now) = (&topology.name, format!("{}, generation {generation}", topology.state));
    let count = match differences.len() {
        0 => return format!("topology {name} is the same as what runs ({now})\n"),
        1 => "1 difference".to_owned(),
        count => format!("{count} differences"),
    };
    let mut text = format!("topology {name}: {count} from what runs ({now})\n");
    for part in [Part::Definition, Part::Package, Part::Configuration, Part::Packing] {
        let of_part: Vec<&Difference> = differences.iter().filter(|one| one.part == part).collect();
        if !of_part.is_empty() {
            text.push_str(&format!("\n{HEAD}{}{HEAD:#}\n", part.name()));
            text.push_str(&lines(&of_part, if verbose { usize::MAX } else { MOST }));
        }
    }
    text
}

fn lines(differences: &[&Difference], most: usize) -> String {
    let width = differences.iter().map(|one| one.name.width()).filter(|width| *width <= NAMES);
    let width = width.max().unwrap_or_default();
    let mut text: String = differences.iter().take(most).map(|one| line(one, width)).collect();
    let more = differences.len().saturating_sub(most);
    if more > 0 {
        text.push_str(&format!("  … and {more} more; -v shows all\n"));
    }
    text
}

fn line(difference: &Difference, width: usize) -> String {
    let Difference { name, change, old, new, .. } = difference;
    let value = |value: &Option<String>| match value.as_deref() {
        None => String::new(),
        Some("") => "(empty)".to_owned(),
        Some(text) => text.to_owned(),
    };
    let (old, new) = (value(old), value(new));
    let padded = format!("{name}{}", " ".repeat(width.saturating_sub(name.width())));
    match change {
        Change::Added => format!("  {COMES}+ {padded}  {new}{COMES:#}\n"),
        Change::Removed => format!("  {GOES}- {padded}  {old}{GOES:#}\n"),
        Change::Changed if new.is_empty() => format!("  {OTHER}~{OTHER:#} {padded}  {old}\n"),
        Change::Changed if 4 + padded.width() + 6 + old.width() + new.width() <= WIDTH => {
            format!("  {OTHER}~{OTHER:#} {padded}  {GOES}{old}{GOES:#} -> {COMES}{new}{COMES:#}\n")
        }
        Change::Changed => format!(
            "  {OTHER}~{OTHER:#} {name}\n      {GOES}- {old}{GOES:#}\n      {COMES}+ {new}{COMES:#}\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::paint::plain;
    use super::*;
    use crate::outcome::{SCHEMA, TopologyRef};

    fn compared(differences: Vec<Difference>) -> Compared {
        let topology = TopologyRef { name: "wc".to_owned(), id: None, state: "RUNNING".to_owned() };
        let same = differences.is_empty();
        Compared { schema: SCHEMA, topology, generation: 4, same, differences }
    }

    fn differs(part: Part, name: &str, old: Option<&str>, new: Option<&str>) -> Difference {
        let change = match (old, new) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ => Change::Changed,
        };
        let text = |text: Option<&str>| text.map(str::to_owned);
        Difference { part, name: name.to_owned(), change, old: text(old), new: text(new) }
    }

    #[test]
    fn parts_stand_apart_and_values_below_each_other() {
        let long = "CPU 2, RAM 1024 MB, disk 1024 MB; count 1 2 3, word 4 5 6";
        let differences = vec![
            differs(Part::Definition, "word:topology.component.parallelism", Some("1"), Some("2")),
            differs(Part::Definition, "a.b", None, Some("x")),
            differs(Part::Definition, "c", Some(""), None),
            differs(Part::Packing, "container 1", Some(long), Some("CPU 3; count 1")),
        ];
        let text = text(&compared(differences), false);
        insta::assert_snapshot!(plain(&text), @r"
        topology wc: 4 differences from what runs (RUNNING, generation 4)

        definition
          ~ word:topology.component.parallelism  1 -> 2
          + a.b                                  x
          - c                                    (empty)

        packing
          ~ container 1
              - CPU 2, RAM 1024 MB, disk 1024 MB; count 1 2 3, word 4 5 6
              + CPU 3; count 1
        ");
    }

    #[test]
    fn many_lines_are_cut_for_those_who_do_not_ask_for_more() {
        let many = |_| differs(Part::Packing, "container", None, Some("x"));
        let compared = compared((0..50).map(many).collect());
        assert!(text(&compared, false).contains("… and 10 more"));
        assert_eq!(text(&compared, true).lines().count(), 53);
        assert_eq!(
            text(&super::tests::compared(Vec::new()), false),
            "topology wc is the same as what runs (RUNNING, generation 4)\n"
        );
    }
}
