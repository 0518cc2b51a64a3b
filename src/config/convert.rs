//! `config convert`: an old properties file with the names of today.
//!
//! Only the keys change; comments, order, values and every other byte stay. What has no effect any
//! more stays too and is listed.

use super::keys::{self, Lookup};
use super::properties::{self, MalformedEscape};

/// A converted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// The file's new content.
    pub bytes: Vec<u8>,
    /// The keys that were renamed, in the order of the file.
    pub renamed: Vec<Renamed>,
    /// What the file's owner should look at.
    pub remarks: Vec<Remark>,
}

/// A key that has another name now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The line, from 1.
    pub line: usize,
    /// The name in the old file.
    pub from: String,
    /// The name in the new one.
    pub to: &'static str,
}

/// A key that stays as it is, though something is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The line, from 1.
    pub line: usize,
    /// The key.
    pub key: String,
    /// What is to be said.
    pub text: String,
}

/// Converts a file; a malformed escape makes that impossible.
pub fn convert(bytes: &[u8]) -> Result<Converted, Vec<MalformedEscape>> {
    let document = properties::parse(bytes);
    if !document.malformed.is_empty() {
        return Err(document.malformed);
    }
    let mut converted = Converted {
        bytes: Vec::with_capacity(bytes.len()),
        renamed: Vec::new(),
        remarks: Vec::new(),
    };
    let mut done = 0;
    for entry in document.entries {
        let (line, key) = (entry.line, entry.key.into_string());
        match keys::lookup(&key) {
            Lookup::Alias(spec) => {
                let kept = bytes.get(done..entry.key_span.start).unwrap_or_default();
                converted.bytes.extend_from_slice(kept);
                converted.bytes.extend_from_slice(spec.name.as_bytes());
                done = entry.key_span.end;
                if let Some(why) = spec.unused {
                    let text = why.to_owned();
                    converted.remarks.push(Remark { line, key: key.clone(), text });
                }
                converted.renamed.push(Renamed { line, from: key, to: spec.name });
            }
            Lookup::Canonical(spec) | Lookup::Pattern(spec) => {
                if let Some(why) = spec.unused {
                    let text = why.to_owned();
                    converted.remarks.push(Remark { line, key, text });
                }
            }
            Lookup::Unknown => {
                let text = match keys::nearest(&key) {
                    Some(known) => format!("unknown key; did you mean {known}?"),
                    None => "unknown key".to_owned(),
                };
                converted.remarks.push(Remark { line, key, text });
            }
        }
    }
    converted.bytes.extend_from_slice(bytes.get(done..).unwrap_or_default());
    Ok(converted)
}

#[cfg(test)]
mod tests;
