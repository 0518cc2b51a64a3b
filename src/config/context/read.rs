//! From the text of a `config.toml` to contexts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::model::{ContextError, Contexts, NamedContext};
use crate::config::files;
use crate::config::layer::Origin;

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

/// The contexts of one file's text.
pub fn read_text(file: &Path, text: &str, home: &str) -> Result<Contexts, ContextError> {
    let mut contexts = Contexts::default();
    parse(file, text.as_bytes(), home, &mut contexts)?;
    Ok(contexts)
}

/// A file that is being read.
struct ContextText<'a> {
    file: Arc<Path>,
    text: &'a str,
    home: &'a str,
}

impl ContextText<'_> {
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
    let source = ContextText { file: path.into(), text, home };
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
    source: &ContextText<'_>,
    name: &str,
    origin: &Origin,
    table: &DeTable<'_>,
) -> Result<NamedContext, ContextError> {
    let line = if let Origin::File { line, .. } = origin { *line } else { 0 };
    let mut context = NamedContext {
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
