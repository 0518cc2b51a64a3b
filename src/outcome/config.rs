//! The outcomes of `config`.

use serde::Serialize;

use super::error::ErrorMember;
use crate::config::reference::KeyRow;
use crate::config::show::{Place, Row, Shown};

/// Outcome of `config show`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ShownConfig {
    /// The document of `-o json`.
    pub document: Shown,
    /// Whether text tells where values come from.
    #[serde(skip)]
    pub with_origin: bool,
    /// Whether text tells what values hide.
    #[serde(skip)]
    pub with_overridden: bool,
}

/// Outcome of `config get`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GotSetting {
    /// The document's version.
    pub schema: u32,
    /// The setting, as in `config show`.
    #[serde(flatten)]
    pub row: Row,
    /// Whether text tells where the value comes from.
    #[serde(skip)]
    pub with_origin: bool,
}

/// Outcome of `config init`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WrittenConfig {
    /// The document's version.
    pub schema: u32,
    /// The new file.
    pub file: String,
}

/// Outcome of `config check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedConfig {
    /// The document's version.
    pub schema: u32,
    /// Whether the configuration can be used.
    pub good: bool,
    /// Number of errors.
    pub errors: usize,
    /// Number of warnings.
    pub warnings: usize,
    /// Errors first, then warnings, each in the order of the files.
    pub findings: Vec<Finding>,
    /// What every document of a failed command has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorMember>,
}

/// Something wrong or doubtful.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `error` or `warning`.
    pub severity: &'static str,
    /// The key, where it is about one.
    pub key: Option<String>,
    /// The place, where there is one.
    pub origin: Option<Place>,
    /// What is wrong, and what to write.
    pub message: String,
    /// The line it is about.
    pub quote: Option<Quoted>,
}

/// A line with the part that is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quoted {
    /// The line.
    pub text: String,
    /// The column of the part, in characters from 1.
    pub column: usize,
    /// How many characters it has.
    pub length: usize,
    /// The line with a mark below, for people.
    #[serde(skip)]
    pub marked: String,
}

/// Outcome of `config convert`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConvertedFile {
    /// The document's version.
    pub schema: u32,
    /// The old file.
    pub file: String,
    /// The new content, where it is text in UTF-8 or ISO-8859-1, without the values of secrets.
    pub text: String,
    /// The keys that have another name now.
    pub renamed: Vec<RenamedRow>,
    /// What the file's owner should look at.
    pub remarks: Vec<RemarkRow>,
    /// The new content, byte by byte, with its secrets.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// A key that has another name now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RenamedRow {
    /// The line, from 1.
    pub line: usize,
    /// The old name.
    pub from: String,
    /// The new name.
    pub to: &'static str,
}

/// A key that something is to be said about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemarkRow {
    /// The line, from 1.
    pub line: usize,
    /// The key.
    pub key: String,
    /// What is to be said.
    pub message: String,
}

/// Outcome of `config keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyList {
    /// The document's version.
    pub schema: u32,
    /// The keys, in the order of the table.
    pub keys: Vec<KeyRow>,
    /// Whether text explains each.
    #[serde(skip)]
    pub explained: bool,
}

/// Outcome of `config context list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contexts {
    /// The document's version.
    pub schema: u32,
    /// The context that counts where none is named.
    pub current: Option<String>,
    /// The contexts, by name.
    pub contexts: Vec<ContextRow>,
    /// Where contexts were looked for.
    pub looked_in: Vec<String>,
}

/// A context in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContextRow {
    /// Its name.
    pub name: String,
    /// Whether it is the current one.
    pub current: bool,
    /// `cluster/role/environ`.
    pub cluster: Option<String>,
    /// What its owner says about it.
    pub description: Option<String>,
    /// Where it is defined.
    pub origin: Place,
}

/// Outcome of `config context show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContextDetails {
    /// The document's version.
    pub schema: u32,
    /// As in the list.
    #[serde(flatten)]
    pub row: ContextRow,
    /// A properties or YAML file.
    pub config_file: Option<String>,
    /// A directory or file.
    pub config_path: Option<String>,
    /// A loader's class name.
    pub loader: Option<String>,
    /// Overrides, as on the command line.
    pub overrides: Option<String>,
    /// Settings of its own; secrets are blotted out.
    pub settings: Vec<Setting>,
    /// Keys, and the files that hold their secrets.
    pub secrets: Vec<Setting>,
}

/// A key with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The key.
    pub key: String,
    /// Its value, or the file that holds it.
    pub value: String,
    /// Its place.
    pub origin: Place,
}

/// Outcome of `config context use`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsedContext {
    /// The document's version.
    pub schema: u32,
    /// The context that is current now.
    pub current: String,
    /// The one before.
    pub before: Option<String>,
    /// The file that says so.
    pub file: String,
}

/// Outcome of `config context add` and `remove`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedContext {
    /// The document's version.
    pub schema: u32,
    /// The context.
    pub name: String,
    /// `added`, `replaced` or `removed`.
    pub change: &'static str,
    /// Whether it is the current one now.
    pub current: bool,
    /// The file that was changed.
    pub file: String,
}
