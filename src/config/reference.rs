//! `config keys` and `docs/configuration.md`: the table of keys as a document.

use std::fmt::Write;

use serde::Serialize;

use super::keys::{GROUPS, KeySpec};

/// One key, as `config keys -o json` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRow {
    /// The canonical name.
    pub key: &'static str,
    /// The heading it stands under.
    pub group: &'static str,
    /// Its other names.
    pub aliases: &'static [&'static str],
    /// What a value looks like.
    pub kind: String,
    /// The default, or what it is.
    pub default: Option<&'static str>,
    /// Why it has no effect, if it has none.
    pub unused: Option<&'static str>,
    /// What it means.
    pub doc: &'static str,
}

/// Every key, in the order of the table.
#[must_use]
pub fn key_rows() -> Vec<KeyRow> {
    let rows = GROUPS.iter().flat_map(|group| {
        group.keys.iter().map(|spec| KeyRow {
            key: spec.name,
            group: group.title,
            aliases: spec.aliases,
            kind: spec.kind.to_string(),
            default: spec.default.or(spec.default_note),
            unused: spec.unused,
            doc: spec.doc,
        })
    });
    rows.collect()
}

const INTRODUCTION: &str = "\
# Configuration

<!-- Generated from src/config/keys; `cargo test` fails where this file is not in step and says how to write it anew. -->

A setting comes from the highest layer that has it; `heron-cli config show` prints layer, file and line:

1. built-in defaults
2. a context of a `config.toml` (`--context`, `HERON_CONTEXT`, or the current one where no file is named)
3. the directory or file of `--config-path`
4. the file of `--config-file`, or of `HERON_CONFIG_FILE`
5. the overrides, the first argument of most commands
6. `--config-property key=value`

`HERON_CONFIG_FILE` counts only where none of `--config-file`, `--config-path` and `--context` is given and `HERON_CONTEXT` is
not set; both variables together are an error. `heron-cli config init` writes a file to start from, `heron-cli config get KEY`
prints one value, and `heron-cli config context add NAME` keeps what a command line says under a name.

`.conf` files are Java properties files: `key: value` or `key=value`, `\\` at the end of a line continues it, `#` starts a
comment only at the start of a line, and values are taken as they stand, quotes included. YAML files are Heron's own;
`${HOME}`, `${JAVA_HOME}`, `${CLUSTER}`, `${ROLE}` and `${TOPOLOGY}` in them are replaced where they are whole components of a path.

All names of a key are the same setting, whichever era they come from; in one layer the last one counts. Keys that are not listed here
are kept where they stand in files, and `heron-cli config check` names the nearest known one. On the command line a key that is nearly
a known one, or that begins with `heron.`, `mesos.` or `zk.`, is an error; others are passed on to the containers, with a warning.
What `config check` calls an error, every command that needs it refuses.
`heron-cli config convert` gives an old file the names of today.

Durations without a unit count in the unit that is listed; with one they are written as `500ms`, `30s`, `10m`, `2h`, `7d` or `1h30m`.
Byte amounts are plain numbers or `512MB`, `1GB`, `1.5GiB`; all units are powers of 1024, as in Heron.
";

/// The text of `docs/configuration.md`.
#[must_use]
pub fn markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    for group in GROUPS {
        text.push_str("\n## ");
        text.push_str(group.title);
        text.push('\n');
        for spec in group.keys {
            // Writing to a text can't fail.
            let _ = entry(&mut text, spec);
        }
    }
    text
}

fn entry(text: &mut String, spec: &KeySpec) -> std::fmt::Result {
    write!(text, "\n### `{}`\n\n{}", spec.name, spec.doc)?;
    match spec.unused {
        Some(why) => writeln!(text, " No effect here. {why}\n")?,
        None => writeln!(text, "\n")?,
    }
    writeln!(text, "- Value: {}", spec.kind)?;
    match (spec.default, spec.default_note) {
        (Some(default), _) => writeln!(text, "- Default: `{default}`")?,
        (None, Some(note)) => writeln!(text, "- Default: {note}")?,
        (None, None) => {}
    }
    if !spec.aliases.is_empty() {
        let names: Vec<_> = spec.aliases.iter().map(|name| format!("`{name}`")).collect();
        writeln!(text, "- Also: {}", names.join(", "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Run with `UPDATE_DOCS=1` to write the file anew.
    #[test]
    fn the_documentation_is_in_step_with_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, markdown()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == markdown(),
            "docs/configuration.md is not in step with src/config/keys; \
             run `UPDATE_DOCS=1 cargo test the_documentation_is_in_step`"
        );
    }

    #[test]
    fn every_key_has_a_row() {
        let rows = key_rows();
        assert_eq!(rows.len(), super::super::keys::all().count());
        let row = rows.iter().find(|row| row.key == "heron.package.core.uri").unwrap();
        assert!(row.aliases.contains(&"heron.core.release.uri"));
        let json = serde_json::to_value(row).unwrap();
        assert_eq!(json["kind"], "URI");
    }
}
