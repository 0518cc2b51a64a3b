//! The last step before a terminal: text from anywhere loses what would steer a terminal, and gets the colours of ours.
//!
//! Text that is to be shown comes from masters, agents, stores, znodes and sandboxes, and may hold escape sequences that
//! retitle a window, write to the clipboard or hide what is said. So styles are no escape sequences until here: they
//! stand in the text as characters that nobody exchanges (Unicode's noncharacters), everything that steers is replaced,
//! and only then do the styles become sequences.

use std::borrow::Cow;
use std::fmt;

use anstyle::{AnsiColor, Reset, Style};

use crate::names::is_control;

/// What a piece of text means. Written `{paint}` it begins, written `{paint:#}` it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// What failed.
    Danger,
    /// What should be looked at.
    Warning,
    /// What to do next.
    Advice,
    /// What is beside the point.
    Faint,
    /// A head.
    Head,
    /// What comes.
    Comes,
    /// What goes.
    Goes,
    /// One of several sources.
    Source(Hue),
    /// The end of what began.
    End,
}

/// Colours that tell sources apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hue {
    Cyan,
    Green,
    Yellow,
    Magenta,
    Blue,
}

const HUES: [Hue; 5] = [Hue::Cyan, Hue::Green, Hue::Yellow, Hue::Magenta, Hue::Blue];

const ALL: [Paint; 13] = [
    Paint::Danger,
    Paint::Warning,
    Paint::Advice,
    Paint::Faint,
    Paint::Head,
    Paint::Comes,
    Paint::Goes,
    Paint::End,
    Paint::Source(Hue::Cyan),
    Paint::Source(Hue::Green),
    Paint::Source(Hue::Yellow),
    Paint::Source(Hue::Magenta),
    Paint::Source(Hue::Blue),
];

impl Paint {
    const fn mark(self) -> char {
        match self {
            Self::Danger => '\u{fdd0}',
            Self::Warning => '\u{fdd1}',
            Self::Advice => '\u{fdd2}',
            Self::Faint => '\u{fdd3}',
            Self::Head => '\u{fdd4}',
            Self::Comes => '\u{fdd5}',
            Self::Goes => '\u{fdd6}',
            Self::End => '\u{fdd7}',
            Self::Source(Hue::Cyan) => '\u{fdd8}',
            Self::Source(Hue::Green) => '\u{fdd9}',
            Self::Source(Hue::Yellow) => '\u{fdda}',
            Self::Source(Hue::Magenta) => '\u{fddb}',
            Self::Source(Hue::Blue) => '\u{fddc}',
        }
    }

    /// The colour of a source, always the same for the same name.
    pub(super) fn of_label(label: &str) -> Self {
        let sum =
            label.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        Self::Source(HUES.get(sum % HUES.len()).copied().unwrap_or(Hue::Cyan))
    }

    fn of(mark: char) -> Option<Self> {
        ALL.into_iter().find(|paint| paint.mark() == mark)
    }

    fn sequence(self) -> String {
        let style = match self {
            Self::Danger => AnsiColor::Red.on_default().bold(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Advice => AnsiColor::Cyan.on_default().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Head => Style::new().bold(),
            Self::Comes | Self::Source(Hue::Green) => AnsiColor::Green.on_default(),
            Self::Goes => AnsiColor::Red.on_default(),
            Self::Source(Hue::Cyan) => AnsiColor::Cyan.on_default(),
            Self::Source(Hue::Yellow) => AnsiColor::Yellow.on_default(),
            Self::Source(Hue::Magenta) => AnsiColor::Magenta.on_default(),
            Self::Source(Hue::Blue) => AnsiColor::Blue.on_default(),
            Self::End => return Reset.to_string(),
        };
        style.to_string()
    }
}

impl fmt::Display for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paint = if f.alternate() { Self::End } else { *self };
        write!(f, "{}", paint.mark())
    }
}

/// Text as a terminal gets it: nothing in it steers but the colours of ours.
pub(super) fn painted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match Paint::of(char) {
            Some(paint) => out.push_str(&paint.sequence()),
            None => out.push(harmless(char)),
        }
    }
    out
}

/// Text without anything that steers, and without colours.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().all(|char| harmless(char) == char && Paint::of(char).is_none()) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter(|char| Paint::of(*char).is_none());
    Cow::Owned(kept.map(harmless).collect())
}

/// Text without the sequences that set colours and styles, which programs put into logs; all else stays.
pub(super) fn without_styles(text: &str) -> Cow<'_, str> {
    if !text.contains("\u{1b}[") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split("\u{1b}[");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ';' | ':'));
        if let Some(rest) = rest.strip_prefix('m') {
            out.push_str(rest);
        } else {
            out.push_str("\u{1b}[");
            out.push_str(part);
        }
    }
    Cow::Owned(out)
}

/// A JSON document with all that steers written as escapes, which mean the same.
pub(super) fn escaped(json: &str) -> Cow<'_, str> {
    if json.chars().all(|char| !steers(char)) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for char in json.chars() {
        if steers(char) {
            out.push_str(&format!("\\u{:04x}", u32::from(char)));
        } else {
            out.push(char);
        }
    }
    Cow::Owned(out)
}

fn harmless(char: char) -> char {
    if steers(char) { char::REPLACEMENT_CHARACTER } else { char }
}

/// What a terminal obeys, but newline and tab.
fn steers(char: char) -> bool {
    is_control(char) && !matches!(char, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_steers_a_terminal() {
        let evil = "a\u{1b}]0;title\u{7}b\u{9b}2Jc\u{202e}d\re\tf\n\u{7f}";
        let shown = "a\u{fffd}]0;title\u{fffd}b\u{fffd}2Jc\u{fffd}d\u{fffd}e\tf\n\u{fffd}";
        assert_eq!(painted(evil), shown);
        assert_eq!(plain(evil), shown);
        let danger = Paint::Danger;
        let text = format!("{danger}error:{danger:#} x\u{1b}[8m");
        assert_eq!(painted(&text), "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m x\u{fffd}[8m");
        assert_eq!(plain(&text), "error: x\u{fffd}[8m");
        assert!(matches!(plain("löng ✓\n\t"), Cow::Borrowed(_)));
    }

    #[test]
    fn styles_of_others_go_without_a_trace() {
        let log = "\u{1b}[32m[INFO]\u{1b}[0m: \u{1b}[1;31mx\u{1b}[2J";
        assert_eq!(without_styles(log), "[INFO]: x\u{1b}[2J");
        assert_eq!(plain(&without_styles(log)), "[INFO]: x\u{fffd}[2J");
        assert!(matches!(without_styles("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn documents_keep_what_they_say() {
        let value = serde_json::json!({ "a": "x\u{9b}\u{202e}\u{7f}\u{1b}y" });
        let text = serde_json::to_string(&value).unwrap_or_default();
        let shown = escaped(&text);
        assert!(shown.is_ascii());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).ok(), Some(value));
    }
}
