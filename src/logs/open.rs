//! Opens sandboxes, and lists the logs in them.

use futures_util::future::join_all;

use super::attempts::Attempt;
use super::error::LogsError;
use super::process::{DIRECTORY, Kind};
use super::reader::failed;
use super::series::{Series, alone, series};
use super::target::Target;
use crate::engine::{Engine, FileEntry, Sandbox};

/// Sandboxes that are asked at the same time.
const TOGETHER: usize = 16;

/// What is wanted of each sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Logs of processes.
    Targets(Vec<Target>),
    /// A file, by its path.
    File(String),
}

/// A sandbox that answered.
#[derive(Debug)]
pub struct Opened<S> {
    /// Whose it is.
    pub attempt: Attempt,
    /// It.
    pub sandbox: S,
    /// What is wanted of it.
    choice: Choice,
    /// The files that it had when it was looked at last.
    files: Vec<FileEntry>,
}

impl Choice {
    fn directories(&self) -> Vec<&str> {
        match self {
            Self::Targets(_) => vec!["", DIRECTORY],
            Self::File(path) => vec![path.rsplit_once('/').map_or("", |(directory, _)| directory)],
        }
    }
}

impl<S: Sandbox> Opened<S> {
    /// Looks at a sandbox for the first time.
    pub async fn new(attempt: Attempt, sandbox: S, choice: Choice) -> Result<Self, LogsError> {
        let mut opened = Self { attempt, sandbox, choice, files: Vec::new() };
        opened.look_again().await?;
        Ok(opened)
    }

    /// Lists its files anew.
    pub async fn look_again(&mut self) -> Result<(), LogsError> {
        let directories = self.choice.directories().into_iter();
        let mut files = Vec::new();
        for listed in join_all(directories.map(|one| self.sandbox.list(one))).await {
            files.extend(listed.map_err(|error| failed(&self.attempt.described(), error))?);
        }
        self.files = files;
        Ok(())
    }

    /// The series of it that are wanted.
    #[must_use]
    pub fn series(&self) -> Vec<Series> {
        match &self.choice {
            Choice::File(path) => {
                let path = path.trim_start_matches("./");
                let found = self.files.iter().filter(|file| file.is_plain && file.path == path);
                found.map(alone).collect()
            }
            Choice::Targets(targets) => {
                let mut found = series(&self.files);
                let container = self.attempt.container;
                found.retain(|one| targets.iter().any(|target| target.means(container, one)));
                if targets.contains(&Target::Everything)
                    && found.iter().any(|one| one.kind == Kind::Executor)
                {
                    // What the fetcher said is of no interest once an executor runs.
                    found.retain(|one| one.kind != Kind::Task);
                }
                found
            }
        }
    }

    /// All its files, whatever is wanted.
    #[must_use]
    pub fn files(&self) -> &[FileEntry] {
        &self.files
    }
}

/// Opens the sandboxes of these tasks; those that can't be looked into are errors.
pub async fn open<E: Engine>(
    engine: &E,
    attempts: Vec<Attempt>,
    choice: &Choice,
) -> (Vec<Opened<E::Sandbox>>, Vec<LogsError>) {
    let (mut opened, mut errors) = (Vec::new(), Vec::new());
    for some in attempts.chunks(TOGETHER) {
        let looks = some.iter().map(async |attempt| {
            let Attempt { container, host, .. } = attempt.clone();
            let sandbox = engine.sandbox(&attempt.place);
            let sandbox = sandbox.ok_or(LogsError::NoAddress { container, host })?;
            Opened::new(attempt.clone(), sandbox, choice.clone()).await
        });
        for look in join_all(looks).await {
            match look {
                Ok(one) => opened.push(one),
                Err(error) => errors.push(error),
            }
        }
    }
    (opened, errors)
}
