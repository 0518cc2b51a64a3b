//! Contexts: named clusters in a `config.toml`, chosen with `--context`.
//!
//! ```toml
//! current = "prod"                      # used where no file is named on the command line
//!
//! [contexts.prod]
//! description = "the big cluster"
//! config-file = "prod.conf"             # beside this file; ~/ is the home directory
//! config-path = "/etc/heron/conf"       # and, or a directory
//! loader = "MesosConfigLoader"
//! cluster = "prod/heron/default"
//! overrides = "topology.debug=true"
//!
//! [contexts.prod.settings]
//! "heron.mesos.master.uri" = "zk://zk1:2181/mesos"
//!
//! [contexts.prod.secrets]               # each value is the file that holds the secret
//! "heron.mesos.secret.file" = "~/.heron/mesos-secret"
//! ```
//!
//! Several files may be given; a context is taken from the first that has it. This module knows no
//! default locations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::files::{self, FileError};
use super::layer::Origin;

/// One context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// The file it is defined in.
    pub file: Arc<Path>,
    /// The line it is defined in.
    pub line: usize,
    /// What its owner says about it.
    pub description: Option<String>,
    /// A properties or YAML file.
    pub config_file: Option<PathBuf>,
    /// A directory or file, as `--config-path` takes it.
    pub config_path: Option<PathBuf>,
    /// A loader's class name.
    pub loader: Option<String>,
    /// `cluster/role/environ`
    pub cluster: Option<String>,
    /// Overrides, as on the command line.
    pub overrides: Option<String>,
    /// Settings of its own: key, value and place.
    pub settings: Vec<(String, String, Origin)>,
    /// Keys whose values are in files of their own, and the places that say so.
    pub secrets: Vec<(String, PathBuf, Origin)>,
}

/// All contexts of all files.
#[derive(Debug, Clone, Default)]
pub struct Contexts {
    /// The contexts by name.
    pub by_name: BTreeMap<String, Context>,
    /// The name that counts where none is given, and where that is said.
    pub current: Option<(String, Origin)>,
    /// The files that were read, in order.
    pub files: Vec<PathBuf>,
}

/// Why contexts can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// A file can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is no TOML.
    #[error("{}:{line}: {reason}", file.display())]
    Toml {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// An entry is none that a context has, or of another type.
    #[error("{origin}: {key}: {reason}")]
    Entry {
        /// The place.
        origin: Origin,
        /// The entry.
        key: String,
        /// What was expected.
        reason: String,
    },
    /// No file has a context of this name.
    #[error("there is no context `{name}`; {}", known_contexts(known))]
    Unknown {
        /// The name that was given.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
}

fn known_contexts(known: &[String]) -> String {
    match known {
        [] => "no config.toml defines any".to_owned(),
        known => format!("known are {}", known.join(", ")),
    }
}

/// Reads the contexts of every file that exists, in order; the first definition of a name counts.
pub fn read(files: &[PathBuf], home: &str) -> Result<Contexts, ContextError> {
    let mut contexts = Contexts::default();
    for path in files {
        if let Some(bytes) = files::read_if_there(path)? {
            parse(path, &bytes, home, &mut contexts)?;
            contexts.files.push(path.clone());
        }
    }
    Ok(contexts)
}

impl Contexts {
    /// The context of a name.
    pub fn get(&self, name: &str) -> Result<&Context, ContextError> {
        let known = || self.by_name.keys().cloned().collect();
        let context = self.by_name.get(name);
        context.ok_or_else(|| ContextError::Unknown { name: name.to_owned(), known: known() })
    }
}

/// A file that is being read.
struct Source<'a> {
    file: Arc<Path>,
    text: &'a str,
    home: &'a str,
}

impl Source<'_> {
    fn origin(&self, at: usize) -> Origin {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = at - before.rfind('\n').map_or(0, |end| end + 1) + 1;
        Origin::File { file: self.file.clone(), line, column }
    }

    fn error(&self, at: usize, key: &str, reason: impl Into<String>) -> ContextError {
        let (origin, key, reason) = (self.origin(at), key.to_owned(), reason.into());
        ContextError::Entry { origin, key, reason }
    }

    /// A path beside the file, in the home directory, or anywhere.
    fn path(&self, text: &str) -> PathBuf {
        match text.strip_prefix("~/") {
            Some(rest) => Path::new(self.home).join(rest),
            None => self.file.parent().unwrap_or(Path::new("")).join(text),
        }
    }

    fn text(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<String, ContextError> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            other => {
                let reason = format!("expected a text, found a {}", other.type_str());
                return Err(self.error(value.span().start, key, reason));
            }
        };
        Ok(text)
    }

    fn table<'v, 't>(
        &self,
        key: &str,
        value: &'v Spanned<DeValue<'t>>,
    ) -> Result<&'v DeTable<'t>, ContextError> {
        let found = || format!("expected a table, found a {}", value.get_ref().type_str());
        value.get_ref().as_table().ok_or_else(|| self.error(value.span().start, key, found()))
    }

    /// Keys with dots may be quoted, or be written as tables.
    fn flatten(
        &self,
        prefix: &str,
        table: &DeTable<'_>,
        into: &mut Vec<(String, String, Origin)>,
    ) -> Result<(), ContextError> {
        for (key, value) in table {
            let name = match prefix {
                "" => key.get_ref().to_string(),
                prefix => format!("{prefix}.{}", key.get_ref()),
            };
            match value.get_ref() {
                DeValue::Table(below) => self.flatten(&name, below, into)?,
                _ => into.push((
                    name.clone(),
                    self.text(&name, value)?,
                    self.origin(value.span().start),
                )),
            }
        }
        Ok(())
    }
}

fn parse(
    path: &Path,
    bytes: &[u8],
    home: &str,
    contexts: &mut Contexts,
) -> Result<(), ContextError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let toml_error =
        |line, reason: String| ContextError::Toml { file: path.to_owned(), line, reason };
    let text = std::str::from_utf8(bytes)
        .map_err(|_| toml_error(1, "this is not UTF-8, which TOML files must be".to_owned()))?;
    let source = Source { file: path.into(), text, home };
    let root = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        toml_error(line, error.message().to_owned())
    })?;
    for (key, value) in root.get_ref() {
        match key.get_ref().as_ref() {
            "current" => {
                let name = source.text("current", value)?;
                contexts.current.get_or_insert((name, source.origin(value.span().start)));
            }
            "contexts" => {
                for (name, value) in source.table("contexts", value)? {
                    let line = source.origin(name.span().start);
                    let name = name.get_ref().to_string();
                    let context = context(&source, &name, &line, source.table(&name, value)?)?;
                    contexts.by_name.entry(name).or_insert(context);
                }
            }
            other => {
                let reason = "unknown entry; known are current and contexts";
                return Err(source.error(key.span().start, other, reason));
            }
        }
    }
    Ok(())
}

fn context(
    source: &Source<'_>,
    name: &str,
    origin: &Origin,
    table: &DeTable<'_>,
) -> Result<Context, ContextError> {
    let line = if let Origin::File { line, .. } = origin { *line } else { 0 };
    let mut context = Context {
        name: name.to_owned(),
        file: source.file.clone(),
        line,
        description: None,
        config_file: None,
        config_path: None,
        loader: None,
        cluster: None,
        overrides: None,
        settings: Vec::new(),
        secrets: Vec::new(),
    };
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let text = || source.text(name, value);
        match name {
            "description" => context.description = Some(text()?),
            "config-file" => context.config_file = Some(source.path(&text()?)),
            "config-path" => context.config_path = Some(source.path(&text()?)),
            "loader" | "config-loader" => context.loader = Some(text()?),
            "cluster" => context.cluster = Some(text()?),
            "overrides" => context.overrides = Some(text()?),
            "settings" => source.flatten("", source.table(name, value)?, &mut context.settings)?,
            "secrets" => {
                let mut files = Vec::new();
                source.flatten("", source.table(name, value)?, &mut files)?;
                let files = files.into_iter();
                context.secrets =
                    files.map(|(key, file, at)| (key, source.path(&file), at)).collect();
            }
            other => {
                let reason = "unknown entry; known are description, config-file, config-path, \
                              loader, cluster, overrides, settings and secrets";
                return Err(source.error(key.span().start, other, reason));
            }
        }
    }
    // The order of the file, which the table doesn't keep.
    let line = |origin: &Origin| match origin {
        Origin::File { line, column, .. } => (*line, *column),
        _ => (0, 0),
    };
    context.settings.sort_by_key(|(_, _, at)| line(at));
    context.secrets.sort_by_key(|(_, _, at)| line(at));
    Ok(context)
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = r#"# my clusters
current = "prod"

[contexts.prod]
description = "the big one"
config-file = "prod.conf"
loader = "MesosConfigLoader"
cluster = "prod/heron/default"

[contexts.prod.settings]
"heron.mesos.master.uri" = "zk://zk1:2181/mesos"
heron.mesos.kill.grace.seconds = 20
heron.verbose = true

[contexts.prod.secrets]
"heron.mesos.secret.file" = "~/secret"

[contexts.test]
config-path = "/etc/heron"
"#;

    fn read_text(text: &str) -> Result<Contexts, ContextError> {
        let mut contexts = Contexts::default();
        parse(Path::new("/c/config.toml"), text.as_bytes(), "/home/alice", &mut contexts)?;
        Ok(contexts)
    }

    #[test]
    fn everything_in_a_context_is_read() {
        let contexts = read_text(TEXT).unwrap();
        assert_eq!(contexts.current.as_ref().unwrap().0, "prod");
        let prod = contexts.get("prod").unwrap();
        assert_eq!(prod.line, 4);
        assert_eq!(prod.config_file, Some("/c/prod.conf".into()));
        let settings: Vec<_> = prod
            .settings
            .iter()
            .map(|(key, value, at)| (key.as_str(), value.as_str(), at.to_string()))
            .collect();
        let place = |line: usize| format!("/c/config.toml:{line}");
        assert_eq!(
            settings,
            [
                ("heron.mesos.master.uri", "zk://zk1:2181/mesos", place(11)),
                ("heron.mesos.kill.grace.seconds", "20", place(12)),
                ("heron.verbose", "true", place(13)),
            ]
        );
        assert_eq!(prod.secrets[0].1, Path::new("/home/alice/secret"));
        assert_eq!(contexts.get("test").unwrap().config_path, Some("/etc/heron".into()));
    }

    #[test]
    fn the_first_file_counts_and_missing_ones_dont() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("a"), "[contexts.x]\nloader = 'A'\n").unwrap();
        let second = "current = 'y'\n[contexts.x]\nloader = 'B'\n[contexts.y]\n";
        std::fs::write(path("b"), second).unwrap();
        let contexts = read(&[path("no"), path("a"), path("b")], "").unwrap();
        assert_eq!(contexts.get("x").unwrap().loader.as_deref(), Some("A"));
        assert_eq!(contexts.current.unwrap().0, "y");
        assert_eq!(contexts.files.len(), 2);
    }

    #[test]
    fn mistakes_have_a_place() {
        let shown = |text: &str| read_text(text).unwrap_err().to_string();
        assert!(shown("current = \n").starts_with("/c/config.toml:1:"));
        let unknown = shown("[contexts.a]\n\nconfigfile = 'x'\n");
        assert!(unknown.starts_with("/c/config.toml:3: configfile: unknown entry"), "{unknown}");
        assert!(shown("contexts = 1\n").contains("expected a table, found a integer"));
        assert!(shown("[context.a]\n").contains("known are current and contexts"));
        let error = read_text(TEXT).unwrap().get("nope").unwrap_err().to_string();
        assert_eq!(error, "there is no context `nope`; known are prod, test");
    }

    #[test]
    fn another_context_becomes_current() {
        let changed = with_current(TEXT, "test");
        assert_eq!(changed, TEXT.replace("current = \"prod\"", "current = \"test\""));
        assert_eq!(with_current("[contexts.a]\n", "a"), "current = \"a\"\n\n[contexts.a]\n");
        assert_eq!(with_current("", "a"), "current = \"a\"\n");
        // A comment behind the value, line ends and what only looks like the entry all stay.
        let odd = "\u{feff}# current = 'no'\r\n\"current\" = 'b' # mine\r\n[contexts.b]\r\ndescription = \"\"\"\r\ncurrent = 1\"\"\"\r\n";
        assert_eq!(with_current(odd, "a"), odd.replace("'b'", "\"a\""));
    }

    proptest! {
        #[test]
        fn any_name_can_become_current(name in ".{1,12}") {
            let contexts = read_text(&with_current(TEXT, &name)).unwrap();
            prop_assert_eq!(contexts.current.unwrap().0, name);
        }
    }
}
