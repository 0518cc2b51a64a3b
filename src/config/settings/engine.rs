//! Which engine runs the containers, by the names of Heron's classes.

use super::super::keys;
use super::super::layer::{Config, Setting};
use super::super::loader::Loader;
use super::super::problem::{Problem, ProblemKind};

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
    fn of_class(class: &str) -> Result<Option<Self>, ()> {
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

/// The engine that the classes and the loader agree on; Mesos if none says anything.
pub(super) fn choose(
    config: &Config,
    loader: Option<Loader>,
    problems: &mut Vec<Problem>,
) -> Engine {
    let mut chosen: Option<(Engine, &Setting)> = None;
    for key in [&keys::LAUNCHER, &keys::SCHEDULER, &keys::RUNTIME_MANAGER] {
        let Some(setting) = config.setting(key) else { continue };
        match (Engine::of_class(&setting.value), chosen) {
            (Err(()), _) => {
                let reason = "this engine is not supported; the classes known are MesosLauncher, \
                              LocalLauncher and AuroraLauncher, with their schedulers";
                problems.push(Problem::with(setting, ProblemKind::Unsupported, reason));
            }
            (Ok(Some(engine)), None) => chosen = Some((engine, setting)),
            (Ok(Some(engine)), Some((first, other))) if engine != first => {
                let (key, value, place) = (&other.key, &other.value, &other.origin);
                let reason = format!("contradicts {key} = {value:?} ({place})");
                problems.push(Problem::with(setting, ProblemKind::Conflict, reason));
            }
            (Ok(_), _) => {}
        }
    }
    let wanted = loader.and_then(Loader::engine);
    if let (Some((engine, setting)), Some(wanted)) = (chosen, wanted)
        && engine != wanted
    {
        let reason = format!("contradicts --config-loader, which says {}", wanted.name());
        problems.push(Problem::with(setting, ProblemKind::Conflict, reason));
    }
    wanted.or(chosen.map(|(engine, _)| engine)).unwrap_or(Engine::Mesos)
}
