//! Where Heron's files are in a container's directory, unless the configuration says otherwise.

use std::collections::BTreeMap;

use super::dialect::Release;

/// Directories, programs and class paths in a container; the default gives the usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Directory of the configuration, `./heron-conf`.
    pub conf: String,
    /// Directory of the programs, `./heron-core/bin`.
    pub bin: String,
    /// Directory of the jars, `./heron-core/lib`.
    pub lib: String,
    /// Programs and class paths that are not where they usually are, by their keys.
    pub own: BTreeMap<&'static str, String>,
}

impl Default for Layout {
    fn default() -> Self {
        Self::new("./heron-core", "./heron-conf", &BTreeMap::new())
    }
}

/// A program of Heron's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// `heron-executor`.
    Executor,
    /// `heron-tmanager`, or `heron-tmaster` before 0.20.3.
    TManager,
    /// `heron-stmgr`.
    Stmgr,
    /// `heron-shell`.
    Shell,
    /// `heron-python-instance`.
    PythonInstance,
    /// `heron-cpp-instance`.
    CppInstance,
}

impl Binary {
    /// The setting that names it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Executor => "heron.binaries.executor",
            Self::TManager => "heron.binaries.tmanager",
            Self::Stmgr => "heron.binaries.stmgr",
            Self::Shell => "heron.binaries.shell",
            Self::PythonInstance => "heron.binaries.python.instance",
            Self::CppInstance => "heron.binaries.cpp.instance",
        }
    }

    fn file(self, release: &Release) -> &'static str {
        match self {
            Self::Executor => "heron-executor",
            Self::TManager => release.tmanager_binary(),
            Self::Stmgr => "heron-stmgr",
            Self::Shell => "heron-shell",
            Self::PythonInstance => "heron-python-instance",
            Self::CppInstance => "heron-cpp-instance",
        }
    }
}

/// A class path of Heron's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Classpath {
    /// Of instances.
    Instance,
    /// Of the metrics manager.
    MetricsManager,
    /// Of the metrics cache.
    MetricsCacheManager,
    /// Of the health manager.
    HealthManager,
    /// Of Heron's own scheduler.
    Scheduler,
    /// Of the packing algorithms.
    Packing,
    /// Of the state managers.
    StateManager,
    /// Of the checkpoint manager.
    CheckpointManager,
    /// Of the storages for checkpoints.
    StatefulStorage,
}

impl Classpath {
    /// The setting that gives it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Instance => "heron.classpath.instance",
            Self::MetricsManager => "heron.classpath.metrics.manager",
            Self::MetricsCacheManager => "heron.classpath.metricscache.manager",
            Self::HealthManager => "heron.classpath.healthmgr",
            Self::Scheduler => "heron.classpath.scheduler",
            Self::Packing => "heron.classpath.packing",
            Self::StateManager => "heron.classpath.statemgr",
            Self::CheckpointManager => "heron.classpath.ckptmgr",
            Self::StatefulStorage => "heron.classpath.statefulstorage",
        }
    }

    fn directory(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::MetricsManager => "metricsmgr",
            Self::MetricsCacheManager => "metricscachemgr",
            Self::HealthManager => "healthmgr",
            Self::Scheduler => "scheduler",
            Self::Packing => "packing",
            Self::StateManager => "statemgr",
            Self::CheckpointManager => "ckptmgr",
            Self::StatefulStorage => "statefulstorage",
        }
    }
}

impl Layout {
    /// The layout below the core package's directory and the configuration's. `own` says what is elsewhere, by the keys of
    /// [`Binary`], [`Classpath`] and `heron.directory.sandbox.bin` and `.lib`.
    #[must_use]
    pub fn new(core: &str, conf: &str, own: &BTreeMap<&'static str, String>) -> Self {
        let directory = |name: &str| {
            let given = own.get(format!("heron.directory.sandbox.{name}").as_str());
            given.map_or_else(
                || format!("{core}/{name}"),
                |path| path.trim_end_matches('/').to_owned(),
            )
        };
        Self {
            conf: conf.to_owned(),
            bin: directory("bin"),
            lib: directory("lib"),
            own: own.clone(),
        }
    }

    /// The path of a program.
    #[must_use]
    pub fn binary(&self, which: Binary, release: &Release) -> String {
        let usual = || format!("{}/{}", self.bin, which.file(release));
        self.own.get(which.key()).cloned().unwrap_or_else(usual)
    }

    /// A class path.
    #[must_use]
    pub fn classpath(&self, which: Classpath) -> String {
        self.own.get(which.key()).cloned().unwrap_or_else(|| format!("{}/*", self.library(which)))
    }

    /// The directory of a class path that is where it usually is.
    #[must_use]
    pub fn library_directory(&self, which: Classpath) -> Option<String> {
        (!self.own.contains_key(which.key())).then(|| self.library(which))
    }

    /// The path of a configuration file.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.conf)
    }

    fn library(&self, which: Classpath) -> String {
        format!("{}/{}", self.lib, which.directory())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_configuration_says_wins() {
        let own = BTreeMap::from([
            ("heron.binaries.shell", "./mine/shell".to_owned()),
            ("heron.classpath.instance", "./mine/*:./heron-core/lib/instance/*".to_owned()),
            ("heron.directory.sandbox.lib", "./libraries/".to_owned()),
        ]);
        let layout = Layout::new("./core", "./conf", &own);
        let newest = Release::newest();
        assert_eq!(layout.binary(Binary::Shell, &newest), "./mine/shell");
        assert_eq!(layout.binary(Binary::Stmgr, &newest), "./core/bin/heron-stmgr");
        assert_eq!(layout.classpath(Classpath::Instance), "./mine/*:./heron-core/lib/instance/*");
        assert_eq!(layout.library_directory(Classpath::Instance), None);
        assert_eq!(layout.classpath(Classpath::Packing), "./libraries/packing/*");
        let old = Release::parse("0.17.8").unwrap();
        assert_eq!(layout.binary(Binary::TManager, &old), "./core/bin/heron-tmaster");
        assert_eq!(layout.file("a.yaml"), "./conf/a.yaml");
    }
}
