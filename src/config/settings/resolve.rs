//! From a configuration to settings, with all problems and warnings at once.

use super::super::keys::{self, Kind, Lookup};
use super::super::layer::{Config, Setting};
use super::super::loader::Loader;
use super::super::problem::{Problem, ProblemKind, Problems, Warning, WarningKind};
use super::parts::{
    aurora, container_overrides, release, resources, sandbox, stateful_config, topology_config,
};
use super::reader::Reader;
use super::{Backend, Engine, Settings, State, Uploader, engine};

/// What settings need to know of the world besides the configuration.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The user who runs heron-cli.
    pub user: String,
    /// The user's home directory.
    pub home: String,
    /// The loader, where one was named.
    pub loader: Option<Loader>,
}

/// How much of a configuration a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The state tree: `activate`, `deactivate`, `list`, `status`.
    State,
    /// The engine too: `restart`, `kill`, `logs`, `supervise`.
    Engine,
    /// Packages and the uploader too: `submit`, `update`.
    Launch,
}

/// Settings or problems, and warnings in any case.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The settings, unless the configuration is wrong.
    pub settings: Result<Settings, Problems>,
    /// Everything doubtful.
    pub warnings: Vec<Warning>,
}

/// Makes settings of a configuration.
#[must_use]
pub fn resolve(config: &Config, facts: &Facts, need: Need) -> Resolved {
    let reader = Reader { config };
    let mut work = Work { reader, facts, need, problems: Vec::new(), warnings: Vec::new() };
    work.check_values();
    let settings = work.settings();
    let problems = work.problems;
    let settings = if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) };
    Resolved { settings, warnings: work.warnings }
}

/// A resolution under way.
pub(super) struct Work<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) facts: &'a Facts,
    pub(super) need: Need,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Warning>,
}

impl Work<'_> {
    /// Every value that counts must be what its key takes; every key should be known.
    fn check_values(&mut self) {
        for setting in self.reader.config.winners() {
            match keys::lookup(&setting.key) {
                Lookup::Unknown => self.warn_unknown(setting),
                Lookup::Canonical(spec) | Lookup::Alias(spec) | Lookup::Pattern(spec) => {
                    if let Some(why) = spec.unused {
                        self.warnings.push(Warning::with(setting, WarningKind::Unused, why));
                    } else if let Err(expected) = spec.kind.check(&setting.value) {
                        let problem = Problem::with(setting, ProblemKind::Malformed, expected);
                        self.problems.push(problem);
                    } else if spec.kind == Kind::Root && setting.value.trim().ends_with('/') {
                        let text = "the slash at the end is left out";
                        self.warnings.push(Warning::with(setting, WarningKind::Doubtful, text));
                    }
                }
            }
        }
    }

    fn warn_unknown(&mut self, setting: &Setting) {
        let text = match keys::nearest(&setting.key) {
            Some(known) => format!("unknown key; did you mean {known}?"),
            None => "unknown key; it is kept, but changes nothing".to_owned(),
        };
        self.warnings.push(Warning::with(setting, WarningKind::UnknownKey, text));
    }

    pub(super) fn missing(&mut self, key: &keys::KeySpec, reason: impl Into<String>) {
        self.problems.push(Problem::missing(key, reason));
    }

    fn settings(&mut self) -> Settings {
        let engine = engine::choose(self.reader.config, self.facts.loader, &mut self.problems);
        let cluster = self.reader.text(&keys::CLUSTER);
        let role = self.reader.optional(&keys::ROLE).unwrap_or_else(|| self.facts.user.clone());
        let environ = self.environ();
        let place = format!("{cluster}/{role}/{environ}");
        let state = self.state(engine, &place);
        let mesos =
            if engine == Engine::Mesos { self.mesos(&cluster, &environ, &role) } else { None };
        self.check_required_parts();
        let (core_uri, topology_uri) = self.packages(engine);
        let uploader = self.uploader(&place, topology_uri.as_deref());
        self.warn_one_machine(engine, &state, &uploader);
        let reader = &self.reader;
        let packing_class = reader.text(&keys::PACKING);
        Settings {
            submit_user: reader
                .optional(&keys::SUBMIT_USER)
                .unwrap_or_else(|| self.facts.user.clone()),
            engine,
            state,
            mesos,
            core_uri,
            topology_uri,
            uploader,
            sandbox: sandbox(reader),
            resources: resources(reader),
            repacking_class: reader
                .optional(&keys::REPACKING)
                .unwrap_or_else(|| packing_class.clone()),
            packing_class,
            metricscache_mode: reader.text(&keys::METRICSCACHE_MODE),
            healthmgr_mode: reader.text(&keys::HEALTHMGR_MODE),
            verbose: reader.flag(&keys::VERBOSE),
            release: release(reader),
            local_working_directory: reader
                .optional(&keys::LOCAL_WORKING_DIRECTORY)
                .unwrap_or_else(|| self.in_home("topologies", &cluster, &role)),
            aurora: aurora(reader),
            topology_config: topology_config(reader),
            container_overrides: container_overrides(reader.config),
            stateful_config: stateful_config(reader.config),
            cluster,
            role,
            environ,
        }
    }

    /// `client.yaml` may insist on a role and an environ.
    fn check_required_parts(&mut self) {
        let parts =
            [(&keys::ROLE_REQUIRED, &keys::ROLE), (&keys::ENVIRON_REQUIRED, &keys::ENVIRON)];
        for (required, part) in parts {
            let given = self.reader.setting(part).is_some_and(|part| !part.value.trim().is_empty());
            if self.reader.flag(required) && !given {
                let text = format!("{} demands it; write cluster/role/environ", required.name);
                self.missing(part, text);
            }
        }
    }

    /// An environ that was left empty on the command line stays empty, as in stock Heron.
    fn environ(&self) -> String {
        match self.reader.setting(&keys::ENVIRON) {
            Some(setting) => setting.value.trim().to_owned(),
            None => self.reader.text(&keys::ENVIRON),
        }
    }

    pub(super) fn in_home(&self, what: &str, cluster: &str, role: &str) -> String {
        format!("{}/.herondata/{what}/{cluster}/{role}/${{TOPOLOGY}}", self.facts.home)
    }

    fn packages(&mut self, engine: Engine) -> (String, Option<String>) {
        let core = self.reader.optional(&keys::CORE_URI);
        let set = self.reader.setting(&keys::CORE_URI).is_some();
        if core.is_none() && !set && self.need >= Need::Launch && engine != Engine::Local {
            let text = "write the URI of the heron-core archive; \
                        heron.core.release.uri is the same setting";
            self.missing(&keys::CORE_URI, text);
        }
        (core.unwrap_or_default(), self.reader.optional(&keys::TOPOLOGY_URI))
    }

    /// State or packages in files of this machine are of no use to other machines.
    fn warn_one_machine(&mut self, engine: Engine, state: &State, uploader: &Uploader) {
        if engine == Engine::Local || self.need < Need::Launch {
            return;
        }
        if state.backend == Backend::LocalFiles {
            let setting = self
                .reader
                .setting(&keys::STATE_MANAGER)
                .or(self.reader.setting(&keys::STATE_CONNECTION));
            if let Some(setting) = setting {
                let text = "the state is kept in files of this machine; agents on other machines \
                            can't see it";
                self.warnings.push(Warning::with(setting, WarningKind::Doubtful, text));
            }
        }
        if let (Uploader::LocalFileSystem { .. }, Some(setting)) =
            (uploader, self.reader.setting(&keys::UPLOADER))
        {
            let text = "packages are copied to a directory; every agent must have it mounted";
            self.warnings.push(Warning::with(setting, WarningKind::Unused, text));
        }
    }
}
