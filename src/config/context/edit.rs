//! Changes of a `config.toml` that leave everything else in it as it is.

use toml::de::DeTable;

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
