//! `config convert`: an old properties file with the names of today, on stdout.

use std::path::Path;

use super::error::ConfigError;
use crate::config::convert::{self, Converted};
use crate::config::files;
use crate::net::redact::redact;
use crate::outcome::config::{ConvertedFile, RemarkRow, RenamedRow};
use crate::outcome::{Outcome, SCHEMA};
use crate::report::Reporter;

/// Converts a file; what is to be said about it is told on the way.
pub(super) fn convert(file: &Path, reporter: &dyn Reporter) -> anyhow::Result<Outcome> {
    if file.extension().is_some_and(|end| end == "yaml" || end == "yml") {
        return Err(ConfigError::Yaml { file: file.to_owned() }.into());
    }
    let old = files::read(file).map_err(ConfigError::from)?;
    let converted = convert::convert(&old);
    let Converted { bytes, renamed, remarks } =
        converted.map_err(|escapes| ConfigError::Malformed { file: file.to_owned(), escapes })?;
    let place = file.display();
    for remark in &remarks {
        reporter.warn(&format!("{place}:{}: {}: {}", remark.line, remark.key, remark.text));
    }
    reporter.step(&match renamed.len() {
        0 => format!("{place}: every key has its name of today already"),
        1 => format!("{place}: 1 key has another name now"),
        count => format!("{place}: {count} keys have another name now"),
    });
    Ok(Outcome::ConfigConverted(ConvertedFile {
        schema: SCHEMA,
        file: place.to_string(),
        text: redact(&text(&bytes)),
        renamed: renamed
            .into_iter()
            .map(|row| RenamedRow { line: row.line, from: row.from, to: row.to })
            .collect(),
        remarks: remarks
            .into_iter()
            .map(|row| RemarkRow { line: row.line, key: row.key, message: row.text })
            .collect(),
        bytes,
    }))
}

/// Properties files are ISO-8859-1, though many are written in UTF-8.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}
