//! From a configuration to settings, with all problems and warnings at once.

use super::super::keys::{self, Kind, Lookup};
use super::super::layer::{Config, Setting};
use super::super::loader::Loader;
use super::super::problem::{Problem, ProblemKind, Problems, Warning, WarningKind};
use super::super::units::Bytes;
use super::parts::{
    aurora, container_overrides, release, resources, sandbox, stateful_config, topology_config,
};
use super::reader::Reader;
use super::{Backend, Engine, Sandbox, Settings, State, Uploader, engine};

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

/// A file of thousands of unknown keys is not one of slips.
const SUGGESTIONS: usize = 200;

/// Makes settings of a configuration.
#[must_use]
pub fn resolve(config: &Config, facts: &Facts, need: Need) -> Resolved {
    let reader = Reader { config };
    let mut work = Work { reader, facts, need, problems: Vec::new(), warnings: Vec::new() };
    work.check_values();
    work.check_duplicates();
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
        let mut unknown = 0;
        for setting in self.reader.config.winners() {
            match keys::lookup(&setting.key) {
                Lookup::Unknown => {
                    unknown += 1;
                    self.warn_unknown(setting, unknown <= SUGGESTIONS);
                }
                // A spelling that another one hides is nobody's concern.
                Lookup::Canonical(spec) | Lookup::Alias(spec)
                    if self.reader.setting(spec) != Some(setting) => {}
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

    /// Of one layer only the last value counts, under whichever name.
    fn check_duplicates(&mut self) {
        for entry in self.reader.config.entries() {
            let spec = match keys::lookup(&entry.winner.key) {
                Lookup::Canonical(spec) | Lookup::Alias(spec) => Some(spec),
                Lookup::Pattern(_) | Lookup::Unknown => None,
            };
            let counts = spec.and_then(|spec| self.reader.setting(spec)).unwrap_or(entry.winner);
            let hidden = entry.shadows.into_iter().chain([entry.winner]);
            let hidden = hidden.filter(|other| *other != counts && other.value != counts.value);
            for other in hidden.filter(|other| other.layer == counts.layer) {
                let text =
                    format!("does not count: {} ({}) comes later", counts.key, counts.origin);
                self.warnings.push(Warning::with(other, WarningKind::Duplicate, text));
            }
        }
    }

    fn warn_unknown(&mut self, setting: &Setting, suggest: bool) {
        let nearest = if suggest { keys::nearest(&setting.key) } else { None };
        let text = match nearest {
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
        let sandbox = self.sandbox();
        self.check_tmanager();
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
            package_max: reader.bytes(&keys::PACKAGE_MAX),
            main_timeout: reader.duration(&keys::MAIN_TIMEOUT),
            uploader,
            sandbox,
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

    /// `${JAVA_HOME}` stays where this machine has none; the agents' place is then the usual one.
    fn sandbox(&mut self) -> Sandbox {
        let mut sandbox = sandbox(&self.reader);
        if sandbox.java_home.contains("${") {
            let default = keys::JAVA_HOME.default.unwrap_or_default();
            if let Some(setting) = self.reader.setting(&keys::JAVA_HOME) {
                let text = format!("not known on this machine; {default} is used on the agents");
                self.warnings.push(Warning::with(setting, WarningKind::Doubtful, text));
            }
            default.clone_into(&mut sandbox.java_home);
        }
        sandbox
    }

    /// Mesos gives no task less than 32 MiB.
    fn check_tmanager(&mut self) {
        for key in [&keys::TMANAGER_RAM, &keys::TMANAGER_DISK] {
            if self.reader.bytes(key) < Bytes::mib(32)
                && let Some(setting) = self.reader.setting(key)
                && key.kind.check(&setting.value).is_ok()
            {
                let problem =
                    Problem::with(setting, ProblemKind::Malformed, "expected 32MB or more");
                self.problems.push(problem);
            }
        }
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
