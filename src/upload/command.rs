//! A command of the user's own, for stores that nothing else here reaches.
//!
//! Commands are split into words once, when they are read, and the words filled in afterwards: what is filled in is
//! never looked at by a shell, unless the user starts one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;

use super::programs::{Answer, Programs, Trouble, after_cleaning};
use super::{Effect, OnProgress, Package, Store, UploadError, Uploaded, check_name};
use crate::program::Program;

/// The configuration of a store that a command of the user's fills.
#[derive(Clone, Debug)]
pub struct CommandConfig {
    /// The words of the command that uploads `{file}` as `{name}` to where agents fetch it from `{uri}`.
    pub upload: Vec<String>,
    /// The words of the command that prints the size in bytes of what is there, and fails if nothing is.
    pub check: Option<Vec<String>>,
    /// The words of the command that deletes it, and succeeds if nothing is there.
    pub undo: Option<Vec<String>>,
    /// The URI under which agents fetch it, with `{name}`.
    pub uri: String,
    /// How to run programs.
    pub programs: Programs,
}

/// A store that a command of the user's fills.
#[derive(Debug)]
pub struct CommandStore {
    config: CommandConfig,
    /// Whether what is there now can only be ours: nothing was there before.
    ours: AtomicBool,
}

/// Which of the commands.
#[derive(Clone, Copy, Debug)]
enum Which {
    Upload,
    Check,
    Undo,
}

impl Which {
    fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Check => "check",
            Self::Undo => "undo",
        }
    }
}

impl CommandStore {
    /// A store from its configuration; the programs of all its commands must be there.
    pub fn new(config: &CommandConfig) -> Result<Self, UploadError> {
        let commands = [Some(&config.upload), config.check.as_ref(), config.undo.as_ref()];
        for command in commands.into_iter().flatten() {
            let program = command.first().map(String::as_str).unwrap_or_default();
            config.programs.path.find(program, None)?;
        }
        Ok(Self { config: config.clone(), ours: AtomicBool::new(false) })
    }

    fn program(&self, words: &[String], file: &str, name: &str) -> Result<Program, UploadError> {
        let uri = self.uri_of(name)?;
        let fill = |word: &String| {
            fill(word, &[("{file}", file), ("{name}", name), ("{uri}", uri.as_str())])
        };
        let program = words.first().map(String::as_str).unwrap_or_default();
        let program: PathBuf = self.config.programs.path.find(program, None)?;
        Ok(Program::new(program).args(words.iter().skip(1).map(fill)))
    }

    /// The size of what is there, if something is; `None` without a command that tells.
    async fn check(&self, name: &str) -> Result<Option<Result<u64, Answer>>, UploadError> {
        let Some(words) = &self.config.check else { return Ok(None) };
        let program = self.program(words, "", name)?;
        let answer = self.config.programs.run(&program, None).await?;
        if let crate::program::End::TimedOut(_) = answer.end {
            return Err(self.failure(answer, Which::Check, name));
        }
        if !answer.succeeded() {
            return Ok(Some(Err(answer)));
        }
        let first = answer.lines.iter().find_map(|line| line.split_whitespace().next());
        match first.and_then(|word| word.parse().ok()) {
            Some(size) => Ok(Some(Ok(size))),
            None => Err(UploadError::NoSize { printed: first.unwrap_or_default().to_owned() }),
        }
    }

    fn failure(&self, answer: Answer, which: Which, name: &str) -> UploadError {
        let words = match which {
            Which::Upload => Some(&self.config.upload),
            Which::Check => self.config.check.as_ref(),
            Which::Undo => self.config.undo.as_ref(),
        };
        let program = words.and_then(|words| words.first()).map(String::as_str).unwrap_or_default();
        let doing = format!("run the {} command for {name}", which.name());
        answer.failure(doing, program, Trouble::Other)
    }

    async fn put(&self, package: &Package, name: &str) -> Result<Uploaded, UploadError> {
        let uri = self.uri_of(name)?;
        let before = self.check(name).await?;
        let effect = match &before {
            Some(Ok(size)) if *size == package.size => {
                return Ok(Uploaded { uri, effect: Effect::AlreadyThere });
            }
            Some(Err(_)) => Effect::Created,
            // Without a check nobody knows whether something was there.
            Some(Ok(_)) | None => Effect::Replaced,
        };
        self.ours.store(effect == Effect::Created, Ordering::Relaxed);
        if let Err(failed) = self.put_and_check(package, name).await {
            let cleaned = self.delete_ours(name).await;
            return Err(after_cleaning(failed, &uri, cleaned));
        }
        Ok(Uploaded { uri, effect })
    }

    async fn put_and_check(&self, package: &Package, name: &str) -> Result<(), UploadError> {
        let file = package.path.to_string_lossy();
        let program = self.program(&self.config.upload, &file, name)?;
        let answer = self.config.programs.run(&program, None).await?;
        if !answer.succeeded() {
            return Err(self.failure(answer, Which::Upload, name));
        }
        let place = self.uri_of(name)?;
        match self.check(name).await? {
            None => Ok(()),
            Some(Ok(actual)) if actual == package.size => Ok(()),
            Some(Ok(actual)) => {
                Err(UploadError::SizeMismatch { place, expected: package.size, actual })
            }
            Some(Err(answer)) => {
                tracing::debug!("the check command {}; {}", answer.end, answer.tail);
                Err(UploadError::Lost { place })
            }
        }
    }

    /// Deletes what we have begun, where that can be told from what was there before.
    async fn delete_ours(&self, name: &str) -> Result<(), UploadError> {
        if !self.ours.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.delete(name, &self.config.programs.hurried()).await
    }

    async fn delete(&self, name: &str, programs: &Programs) -> Result<(), UploadError> {
        let Some(words) = &self.config.undo else { return Ok(()) };
        let answer = programs.run(&self.program(words, "", name)?, None).await?;
        if answer.succeeded() { Ok(()) } else { Err(self.failure(answer, Which::Undo, name)) }
    }
}

/// Fills all gaps at once, so that what is filled in is never taken for a gap.
fn fill(word: &str, gaps: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let gap = gaps.iter().find_map(|(gap, value)| Some((rest.strip_prefix(gap)?, value)));
        if let Some((behind, value)) = gap {
            filled.push_str(value);
            rest = behind;
        } else {
            filled.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    filled
}

impl Store for CommandStore {
    fn kind(&self) -> &'static str {
        "command"
    }

    fn uri_of(&self, name: &str) -> Result<String, UploadError> {
        check_name(name)?;
        Ok(self.config.uri.replace("{name}", name))
    }

    fn upload<'a>(
        &'a self,
        package: &'a Package,
        name: &'a str,
        _progress: OnProgress,
    ) -> BoxFuture<'a, Result<Uploaded, UploadError>> {
        Box::pin(self.put(package, name))
    }

    fn remove<'a>(&'a self, uri: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            let here = self.uri_of(name)?;
            let why = if here != uri {
                format!("the command that is configured would have it at {here}")
            } else if self.config.undo.is_none() {
                "no command is configured that removes it (heron.uploader.command.undo)".to_owned()
            } else {
                return self.delete(name, &self.config.programs).await;
            };
            Err(UploadError::NotRemovable { why })
        })
    }

    fn delete_package<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            check_name(name)?;
            self.delete(name, &self.config.programs).await
        })
    }

    fn discard<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(self.delete_ours(name))
    }
}

#[cfg(test)]
mod tests;
