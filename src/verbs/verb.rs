//! What a verb needs, and what it does with that.

use std::path::PathBuf;
use std::pin::Pin;

use crate::cli::positionals::Positionals;
use crate::cli::{Legacy, UsageError, Words};
use crate::config::Need;
use crate::context::Context;
use crate::context::configure::ConfigInput;
use crate::env::Env;
use crate::outcome::Outcome;
use crate::report::Reporter;

/// The work of a verb in a cluster.
pub type InCluster =
    Box<dyn for<'c> FnOnce(&'c Context<'c>) -> Pin<Box<dyn Future<Output = Answered> + 'c>>>;
/// The work of a verb on the files of the configuration.
pub type OnFiles = Box<dyn FnOnce(ConfigInput, &Env, &dyn Reporter) -> Answered>;
/// What comes of it.
pub type Answered = anyhow::Result<Outcome>;

/// A command line that has been understood.
pub struct Verb {
    /// Its name, as others are told of it.
    pub name: &'static str,
    /// Flags of earlier releases.
    pub legacy: Legacy,
    /// Overrides of any form.
    pub overrides: Option<String>,
    /// The topology that is named.
    pub topology: Option<String>,
    /// `--release-yaml-file`.
    pub release_file: Option<PathBuf>,
    /// What its own flags set of the configuration.
    pub properties: Vec<String>,
    /// Whether it prints a text for a shell or a program, whatever the environment's wish for a format.
    pub is_text: bool,
    /// Whether a person is asked first, where nothing on the command line says which cluster is meant.
    pub asks: bool,
    /// What it needs and does.
    pub work: Work,
}

/// What a verb needs and does.
pub enum Work {
    /// It needs nothing.
    Alone(Box<dyn FnOnce() -> Answered>),
    /// It needs the definition of the command line.
    CommandLine(Box<dyn FnOnce(clap::Command) -> Answered>),
    /// It needs to know what configuration was given, and reads it itself.
    Files(OnFiles),
    /// It needs the settings for so much of a cluster.
    Cluster(Need, InCluster),
}

impl Verb {
    /// A verb that needs nothing.
    pub(super) fn alone(
        name: &'static str,
        legacy: Legacy,
        work: impl FnOnce() -> Answered + 'static,
    ) -> Self {
        Self::new(name, legacy, None, Work::Alone(Box::new(work)))
    }

    /// A verb about the command line itself.
    pub(super) fn of_the_command_line(
        name: &'static str,
        work: impl FnOnce(clap::Command) -> Answered + 'static,
    ) -> Self {
        Self::new(name, Legacy::default(), None, Work::CommandLine(Box::new(work)))
    }

    /// A verb about the configuration itself.
    pub(super) fn files(
        name: &'static str,
        overrides: Option<String>,
        work: impl FnOnce(ConfigInput, &Env, &dyn Reporter) -> Answered + 'static,
    ) -> Self {
        Self::new(name, Legacy::default(), overrides, Work::Files(Box::new(work)))
    }

    /// A verb in a cluster, with its positionals told apart.
    pub(super) fn cluster<T: Positionals + 'static>(
        name: &'static str,
        need: Need,
        words: Words,
        tell_apart: fn(&[String]) -> Result<T, UsageError>,
        work: impl for<'c> FnOnce(&'c Context<'c>, T) -> Pin<Box<dyn Future<Output = Answered> + 'c>>
        + 'static,
    ) -> Result<Self, UsageError> {
        let found = tell_apart(&words.arguments)?;
        let overrides = found.overrides().map(str::to_owned);
        let topology = found.topology().map(str::to_owned);
        let work: InCluster = Box::new(move |context| work(context, found));
        let verb = Self::new(name, words.legacy, overrides, Work::Cluster(need, work));
        Ok(Self { topology, ..verb })
    }

    /// With the properties of a release in a file of their own.
    pub(super) fn of_release(mut self, file: Option<PathBuf>) -> Self {
        self.release_file = file;
        self
    }

    /// With flags that set something of the configuration.
    pub(super) fn setting(mut self, properties: Vec<String>) -> Self {
        self.properties = properties;
        self
    }

    /// Whose answer is a text for a shell or a program.
    pub(super) fn in_text(mut self) -> Self {
        self.is_text = true;
        self
    }

    /// Whether a person is to be asked first.
    pub(super) fn asking(mut self, asks: bool) -> Self {
        self.asks = asks;
        self
    }

    fn new(name: &'static str, legacy: Legacy, overrides: Option<String>, work: Work) -> Self {
        Self {
            name,
            legacy,
            overrides,
            topology: None,
            release_file: None,
            properties: Vec::new(),
            is_text: false,
            asks: false,
            work,
        }
    }
}
