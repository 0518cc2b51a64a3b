//! Which engine a configuration is for.

use crate::config::engine::Engine;
use crate::config::keys;
use crate::config::layer::{Config, Setting};
use crate::config::loader::Loader;
use crate::config::problem::{Problem, ProblemKind};

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
