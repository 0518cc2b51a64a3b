//! Changes of a `config.toml` that leave everything else in it as it is.

use toml::de::{DeTable, DeValue};

use super::model::NewContext;

/// The text of a `config.toml` with another current context; everything else stays as it is, comments included.
#[must_use]
pub fn with_current(text: &str, name: &str) -> String {
    let name = toml::Value::String(name.to_owned());
    let (mark, rest) = text.strip_prefix('\u{feff}').map_or(("", text), |rest| ("\u{feff}", rest));
    let span = DeTable::parse(rest).ok().and_then(|root| {
        let current = root.get_ref().iter().find(|(key, _)| key.get_ref() == "current");
        current.map(|(_, value)| value.span())
    });
    let parts = span.and_then(|span| Some((rest.get(..span.start)?, rest.get(span.end..)?)));
    match parts {
        Some((before, after)) => format!("{mark}{before}{name}{after}"),
        None if rest.is_empty() => format!("{mark}current = {name}\n"),
        None => format!("{mark}current = {name}\n\n{rest}"),
    }
}

/// The text of a `config.toml` with one more context at its end.
#[must_use]
pub fn with_context(text: &str, context: &NewContext) -> String {
    let gap = match text {
        "" => "",
        text if text.ends_with("\n\n") => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let key = |name: &str| quoted_key(name);
    let value = |text: &str| toml::Value::String(text.to_owned());
    let mut added = format!("{text}{gap}[contexts.{}]\n", key(&context.name));
    for (name, entry) in &context.entries {
        added.push_str(&format!("{name} = {}\n", value(entry)));
    }
    for (name, list) in [("settings", &context.settings), ("secrets", &context.secrets)] {
        if !list.is_empty() {
            added.push_str(&format!("\n[contexts.{}.{name}]\n", key(&context.name)));
            for (name, entry) in list {
                added.push_str(&format!("{} = {}\n", value(name), value(entry)));
            }
        }
    }
    added
}

/// The text of a `config.toml` without a context: its tables, and the comments right above each. Where it is current, it
/// no longer is. A context that is written otherwise than in tables of its own stays.
#[must_use]
pub fn without_context(text: &str, name: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    // Comments right above the table that follows belong to that one.
    let mut above: Vec<&str> = Vec::new();
    let mut inside = false;
    let mut quoted: Option<&str> = None;
    let ours = ["contexts".to_owned(), name.to_owned()];
    for line in text.split_inclusive('\n') {
        let (head, comment) =
            (line.trim_start().starts_with('['), line.trim_start().starts_with('#'));
        if quoted.is_none() && head {
            let was_inside = inside;
            inside = header(line).is_some_and(|path| path.starts_with(&ours));
            if !inside && was_inside {
                kept.append(&mut above);
            }
            while inside && kept.last().is_some_and(|line| line.trim_start().starts_with('#')) {
                kept.pop();
            }
        }
        match (inside, quoted.is_none() && comment) {
            (false, _) => kept.push(line),
            (true, true) => above.push(line),
            (true, false) => above.clear(),
        }
        quoted = still_quoted(line, quoted);
    }
    without_current(&kept.concat(), name)
}

fn without_current(text: &str, name: &str) -> String {
    let (mark, rest) = text.strip_prefix('\u{feff}').map_or(("", text), |rest| ("\u{feff}", rest));
    let span = DeTable::parse(rest).ok().and_then(|root| {
        let mut entries = root.get_ref().iter();
        let (key, value) = entries.find(|(key, _)| key.get_ref() == "current")?;
        let named = matches!(value.get_ref(), DeValue::String(current) if current == name);
        named.then(|| key.span().start..value.span().end)
    });
    let Some(span) = span else { return text.to_owned() };
    let start = rest.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end = rest
        .get(span.end..)
        .and_then(|after| after.find('\n'))
        .map_or(rest.len(), |at| span.end + at + 1);
    let (before, after) =
        (rest.get(..start).unwrap_or_default(), rest.get(end..).unwrap_or_default());
    format!("{mark}{before}{after}")
}

/// The path in a table's head.
fn header(line: &str) -> Option<Vec<String>> {
    let parsed = DeTable::parse(line).ok()?;
    let mut path = Vec::new();
    let mut table = parsed.get_ref();
    loop {
        let Some((key, value)) = table.iter().next() else { return Some(path) };
        path.push(key.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(below) => table = below,
            _ => return None,
        }
    }
}

/// Whether a text of several lines goes on behind this line, and in which quotes.
fn still_quoted<'a>(line: &str, mut quoted: Option<&'a str>) -> Option<&'a str> {
    let marks = ["\"\"\"", "'''"];
    let mut rest = line;
    loop {
        let next = match quoted {
            Some(mark) => rest.find(mark).map(|at| (at, mark)),
            None => marks.iter().filter_map(|mark| Some((rest.find(mark)?, *mark))).min(),
        };
        let Some((at, mark)) = next else { return quoted };
        rest = rest.get(at + mark.len()..).unwrap_or_default();
        quoted = if quoted.is_some() { None } else { Some(mark) };
    }
}

fn quoted_key(name: &str) -> String {
    let bare = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        toml::Value::String(name.to_owned()).to_string()
    }
}
