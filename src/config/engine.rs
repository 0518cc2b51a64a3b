//! The engines that run containers, by the names of Heron's classes.

/// What runs the containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Mesos, by its v1 scheduler API.
    Mesos,
    /// Processes of this machine.
    Local,
    /// Apache Aurora, by its client program.
    Aurora,
}

impl Engine {
    /// The engine of a class such as `MesosLauncher`; null classes have none.
    pub(super) fn of_class(class: &str) -> Result<Option<Self>, ()> {
        let name = class_name(class);
        let engines = [("Mesos", Self::Mesos), ("Local", Self::Local), ("Aurora", Self::Aurora)];
        if name.starts_with("Null") || name.is_empty() {
            return Ok(None);
        }
        match engines.iter().find(|(prefix, _)| name.starts_with(prefix)) {
            Some((_, engine)) => Ok(Some(*engine)),
            None => Err(()),
        }
    }

    /// The engine's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mesos => "Mesos",
            Self::Local => "local",
            Self::Aurora => "Aurora",
        }
    }
}

/// The last component of a class name: `NullUploader` of `a.b.Nullity$NullUploader`.
#[must_use]
pub fn class_name(class: &str) -> &str {
    class.trim().rsplit(['.', '$']).next().unwrap_or_default()
}
