//! `--config-loader`: the class name says which engine and which files.
//!
//! Only the last component of the name counts, so that both packages of Heron and the slips of its
//! documentation work.
//!
//! Source of facts: `docs/heron.md#command-lines`, `docs/heron.md#defaults-of-2015`.

use super::engine::{Engine, class_name};

/// A configuration loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loader {
    /// Mesos, from properties files or YAML.
    Mesos,
    /// Whatever the files say.
    Default,
    /// Aurora, with its three files.
    Aurora,
    /// Processes of this machine.
    Local,
    /// Whatever the properties files say.
    PropertiesFile,
    /// As the default, with overrides in base64.
    Base64,
}

/// The loaders by their class names.
const KNOWN: [(&str, Loader); 6] = [
    ("MesosConfigLoader", Loader::Mesos),
    ("DefaultConfigLoader", Loader::Default),
    ("AuroraConfigLoader", Loader::Aurora),
    ("LocalConfigLoader", Loader::Local),
    ("PropertiesFileConfigLoader", Loader::PropertiesFile),
    ("Base64ConfigLoader", Loader::Base64),
];

/// No loader has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown configuration loader `{given}`; known are {}", Loader::known().join(", "))]
pub struct UnknownLoader {
    /// The name as it was given.
    pub given: String,
}

impl Loader {
    /// Finds a loader by its class name, with or without a package.
    pub fn parse(class: &str) -> Result<Self, UnknownLoader> {
        let name = class_name(class);
        let known = KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, loader)| *loader).ok_or_else(|| UnknownLoader { given: class.to_owned() })
    }

    /// The names of all loaders.
    #[must_use]
    pub fn known() -> Vec<&'static str> {
        KNOWN.iter().map(|(name, _)| *name).collect()
    }

    /// The engine that the loader stands for, if it does.
    #[must_use]
    pub fn engine(self) -> Option<Engine> {
        match self {
            Self::Mesos => Some(Engine::Mesos),
            Self::Aurora => Some(Engine::Aurora),
            Self::Local => Some(Engine::Local),
            Self::Default | Self::PropertiesFile | Self::Base64 => None,
        }
    }

    /// The files that a directory may hold the configuration in, in the order they are looked for.
    #[must_use]
    pub fn file_names(loader: Option<Self>) -> &'static [&'static str] {
        match loader.and_then(Self::engine) {
            Some(Engine::Mesos) => &["mesos_scheduler.conf", "scheduler.conf"],
            Some(Engine::Aurora) => &["aurora_scheduler.conf", "scheduler.conf"],
            Some(Engine::Local) => &["local_scheduler.conf", "scheduler.conf"],
            None => &[
                "mesos_scheduler.conf",
                "scheduler.conf",
                "aurora_scheduler.conf",
                "local_scheduler.conf",
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_era_are_known() {
        let names = [
            ("com.twitter.heron.scheduler.mesos.MesosConfigLoader", Loader::Mesos),
            ("com.twitter.heron.scheduler.aurora.MesosConfigLoader", Loader::Mesos),
            ("org.apache.heron.scheduler.mesos.MesosConfigLoader", Loader::Mesos),
            ("com.twitter.heron.scheduler.util.DefaultConfigLoader", Loader::Default),
            ("com.twitter.heron.scheduler.aurora.AuroraConfigLoader", Loader::Aurora),
            ("com.twitter.heron.scheduler.util.Base64ConfigLoader", Loader::Base64),
            ("PropertiesFileConfigLoader", Loader::PropertiesFile),
            ("LocalConfigLoader", Loader::Local),
        ];
        for (name, loader) in names {
            assert_eq!(Loader::parse(name), Ok(loader));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = Loader::parse("com.example.YarnConfigLoader").unwrap_err().to_string();
        assert!(Loader::known().iter().all(|known| error.contains(known)), "{error}");
        assert!(Loader::parse("").is_err());
    }
}
