//! The outcomes of `config` as text.

use std::fmt::Write as _;

use super::paint::Paint;
use super::table::{table, wrapped};
use crate::config::reference::KeyRow;
use crate::config::show::{Place, Row, Shadow};
use crate::outcome::config::{
    ChangedContext, CheckedConfig, ContextDetails, Contexts, Finding, GotSetting, KeyList,
    ShownConfig, UsedContext, WrittenConfig,
};

const ERROR: Paint = Paint::Danger;
const WARNING: Paint = Paint::Warning;
const FAINT: Paint = Paint::Faint;

/// A place, as it is named in messages.
fn place(origin: &Place) -> String {
    match origin {
        Place::File { file, line } => format!("{file}:{line}"),
        Place::Flag { flag } => (*flag).to_owned(),
        Place::Argument { argument, column } => format!("{argument}, column {column}"),
        Place::BuiltIn { .. } => "built in".to_owned(),
    }
}

/// A value on one line.
fn one_line(value: &str) -> String {
    let plain = |char: char| !char.is_control();
    if value.chars().all(plain) { value.to_owned() } else { value.escape_debug().to_string() }
}

/// `config show`: `key = value` lines, with what was asked for beside and below.
pub(super) fn shown(shown: &ShownConfig) -> String {
    let mut text = String::new();
    if shown.with_origin {
        for source in &shown.document.sources {
            let name = one_line(&source.name);
            let _ =
                writeln!(text, "{FAINT}# {}: {name} ({}){FAINT:#}", source.layer, source.named_by);
        }
    }
    for row in &shown.document.settings {
        // Writing to a text can't fail.
        let _ = write!(text, "{} = {}", one_line(&row.key), one_line(&row.value));
        if shown.with_origin {
            let _ = write!(text, "  {FAINT}# {}{FAINT:#}", came_from(row.layer, &row.origin));
        }
        text.push('\n');
        if shown.with_overridden {
            hidden(&mut text, row);
        }
    }
    text
}

/// `config get`: the value alone, for scripts.
pub(super) fn got(got: &GotSetting) -> String {
    let value = one_line(&got.row.value);
    if got.with_origin {
        let from = came_from(got.row.layer, &got.row.origin);
        return format!("{value}  {FAINT}# {from}{FAINT:#}\n");
    }
    format!("{value}\n")
}

/// `config init`: the file, and what to do with it.
pub(super) fn written(written: &WrittenConfig) -> String {
    let file = shlex::try_quote(&written.file).unwrap_or_else(|_| written.file.as_str().into());
    format!(
        "{} is written; look through it, and then\n  heron-cli config check --config-file {file}\n  \
         heron-cli check fetch --config-file {file}\n",
        one_line(&written.file)
    )
}

fn came_from(layer: &str, origin: &Place) -> String {
    match origin {
        Place::File { .. } => format!("{layer}, {}", place(origin)),
        Place::Argument { column, .. } => format!("{layer}, column {column}"),
        Place::Flag { .. } | Place::BuiltIn { .. } => layer.to_owned(),
    }
}

fn hidden(text: &mut String, row: &Row) {
    for Shadow { key, value, layer, origin } in &row.shadows {
        let key = key.as_deref().unwrap_or(&row.key);
        let (key, value) = (one_line(key), one_line(value));
        let from = came_from(layer, origin);
        let _ = writeln!(text, "  {FAINT}overrides {key} = {value}  # {from}{FAINT:#}");
    }
}

/// `config check`: the findings, each with its line, and a sum.
pub(super) fn checked(checked: &CheckedConfig) -> String {
    let mut text = String::new();
    for finding in &checked.findings {
        one_finding(&mut text, finding);
    }
    let verdict = if checked.good {
        "the configuration can be used"
    } else {
        "the configuration can't be used"
    };
    let sum = match (checked.errors, checked.warnings) {
        (0, 0) => String::new(),
        (0, warnings) => format!(": {}", counted(warnings, "warning")),
        (errors, 0) => format!(": {}", counted(errors, "error")),
        (errors, warnings) => {
            format!(": {}, {}", counted(errors, "error"), counted(warnings, "warning"))
        }
    };
    text + verdict + &sum + "\n"
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn one_finding(text: &mut String, finding: &Finding) {
    let style = if finding.severity == "error" { ERROR } else { WARNING };
    let origin = finding.origin.as_ref().map(place);
    let about = match (&finding.key, origin) {
        (Some(key), Some(at)) => format!("{at}: {}: ", one_line(key)),
        (Some(key), None) => format!("{}: ", one_line(key)),
        (None, Some(at)) => format!("{at}: "),
        (None, None) => String::new(),
    };
    let message = finding.message.replace('\n', "\n    ");
    let _ = writeln!(text, "{style}{}:{style:#} {about}{message}", finding.severity);
    if let Some(quote) = &finding.quote {
        let (line, mark) = quote.marked.split_once('\n').unwrap_or((&quote.marked, ""));
        let _ = writeln!(text, "  {FAINT}|{FAINT:#} {line}");
        let _ = writeln!(text, "  {FAINT}|{FAINT:#} {style}{mark}{style:#}");
    }
    text.push('\n');
}

/// `config keys`: two short lines for each, or the entries in full.
pub(super) fn keys(list: &KeyList) -> String {
    if list.explained {
        let entries: Vec<String> = list.keys.iter().map(entry).collect();
        return entries.join("\n");
    }
    let used: Vec<&KeyRow> = list.keys.iter().filter(|row| row.unused.is_none()).collect();
    let unused = list.keys.len() - used.len();
    let mut text = String::new();
    for row in used {
        let default = row.default.map(|default| format!(", default {default}")).unwrap_or_default();
        let about = wrapped(&format!("{}{default}", row.kind), 74);
        // Writing to a text can't fail.
        let _ = writeln!(text, "{}", row.key);
        for line in about {
            let _ = writeln!(text, "    {FAINT}{line}{FAINT:#}");
        }
    }
    let _ = writeln!(
        text,
        "\nand {unused} keys of earlier releases without effect here.\n\
         `heron-cli config keys WORD` explains keys."
    );
    text
}

fn entry(row: &KeyRow) -> String {
    let mut text = format!("{}\n", row.key);
    let mut line = |words: &str| {
        for line in wrapped(words, 76) {
            let _ = writeln!(text, "  {line}");
        }
    };
    line(row.doc);
    if let Some(why) = row.unused {
        line(&format!("No effect here. {why}"));
    }
    line(&format!("Value: {}", row.kind));
    if let Some(default) = row.default {
        line(&format!("Default: {default}"));
    }
    if !row.aliases.is_empty() {
        line(&format!("Also: {}", row.aliases.join(", ")));
    }
    text
}

/// `config context list`.
pub(super) fn contexts(contexts: &Contexts) -> String {
    if contexts.contexts.is_empty() {
        let files = contexts.looked_in.join(" and ");
        return format!("there are no contexts; they stand in {files}\n");
    }
    let dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = contexts
        .contexts
        .iter()
        .map(|row| {
            let current = if row.current { "*" } else { "" };
            let origin = place(&row.origin);
            let cluster = dash(&row.cluster);
            vec![current.to_owned(), row.name.clone(), cluster, dash(&row.description), origin]
        })
        .collect();
    table(&["", "NAME", "CLUSTER", "DESCRIPTION", "DEFINED IN"], &rows)
}

/// `config context show`.
pub(super) fn context(context: &ContextDetails) -> String {
    let current = if context.row.current { " (current)" } else { "" };
    let mut facts = vec![
        ("Context", Some(format!("{}{current}", context.row.name))),
        ("Defined in", Some(place(&context.row.origin))),
        ("Description", context.row.description.clone()),
        ("Cluster", context.row.cluster.clone()),
        ("Config file", context.config_file.clone()),
        ("Config path", context.config_path.clone()),
        ("Loader", context.loader.clone()),
        ("Overrides", context.overrides.clone()),
    ];
    facts.retain(|(_, value)| value.is_some());
    let mut text: String = facts
        .iter()
        .map(|(name, value)| format!("{name:<13}{}\n", value.as_deref().unwrap_or_default()))
        .collect();
    for (title, list) in [("Settings", &context.settings), ("Secrets", &context.secrets)] {
        if !list.is_empty() {
            let _ = writeln!(text, "{title}");
            for setting in list {
                let _ = writeln!(text, "  {} = {}", setting.key, one_line(&setting.value));
            }
        }
    }
    text
}

/// `config context use`.
pub(super) fn used(used: &UsedContext) -> String {
    let UsedContext { current, before, file, .. } = used;
    match before {
        Some(before) if before == current => {
            format!("context {current} was current already ({file})\n")
        }
        Some(before) => {
            format!("context {current} is current now, before it was {before} ({file})\n")
        }
        None => format!("context {current} is current now ({file})\n"),
    }
}

/// `config context add` and `remove`.
pub(super) fn changed(changed: &ChangedContext) -> String {
    let ChangedContext { name, change, current, file, .. } = changed;
    match (*change, current) {
        ("removed", _) => format!("context {name} is removed ({file})\n"),
        (change, true) => format!("context {name} is {change}, and current ({file})\n"),
        (change, false) => format!(
            "context {name} is {change} ({file})\n\
             use it with --context {name}, or always: heron-cli config context use {name}\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::config::reference::key_rows;

    #[test]
    fn the_table_of_keys_fits_a_terminal() {
        for explained in [false, true] {
            let text = keys(&KeyList { schema: 1, keys: key_rows(), explained });
            let text = anstream::adapter::strip_str(&text).to_string();
            for line in text.lines() {
                let words = line.split_whitespace().count();
                assert!(line.width() <= 80 || words == 1, "{line}");
            }
        }
    }
}
