//! From a configuration to settings, with all problems and warnings at once.

use super::engine;
use super::model::{Backend, SandboxSettings, Settings, State};
use super::parts::{
    container_overrides, is_inside_sandbox, release, resources, sandbox, topology_config,
};
use super::reader::Reader;
use super::stores::Uploader;
use super::work::{Facts, Need, Work};
use crate::config::engine::Engine;
use crate::config::keys;
use crate::config::layer::Config;
use crate::config::problem::{Problem, ProblemKind, Problems, Warning, WarningKind};
use crate::config::units::Bytes;
use crate::names::{self, Named};

/// Settings or problems, and warnings in any case.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The settings, unless the configuration is wrong.
    pub settings: Result<Settings, Problems>,
    /// Everything doubtful.
    pub warnings: Vec<Warning>,
    /// The engine that is meant, even where something is wrong.
    pub engine: Engine,
    /// Whether the state is in files of one machine, even where something is wrong.
    pub local_state: bool,
}

/// Makes settings of a configuration.
#[must_use]
pub fn resolve(config: &Config, facts: &Facts, need: Need) -> Resolved {
    let reader = Reader { config };
    let mut work = Work { reader, facts, need, problems: Vec::new(), warnings: Vec::new() };
    work.check_values();
    work.check_duplicates();
    let settings = work.settings();
    let (engine, local_state) = (settings.engine, settings.state.backend == Backend::LocalFiles);
    let problems = work.problems;
    let settings = if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) };
    Resolved { settings, warnings: work.warnings, engine, local_state }
}

impl Work<'_> {
    fn settings(&mut self) -> Settings {
        let engine = engine::choose(self.reader.config, self.facts.loader, &mut self.problems);
        let cluster = self.reader.text(&keys::CLUSTER);
        let role = self.role();
        let environ = self.environ();
        let place = format!("{cluster}/{role}/{environ}");
        let state = self.state(engine, &place);
        let mesos =
            if engine == Engine::Mesos { self.mesos(&cluster, &environ, &role) } else { None };
        self.check_required_parts();
        let (core_uri, topology_uri) = self.packages(engine);
        let uploader = self.uploader(&place, topology_uri.as_deref());
        let topology_uri = self.fetched_from(&uploader, topology_uri);
        self.check_fetched(&uploader, topology_uri.is_some());
        self.warn_one_machine(engine, &state, &uploader);
        let supervisors = self.supervisors(engine, &state, mesos.as_ref(), &uploader);
        let sandbox = self.sandbox();
        self.check_tmanager();
        let reader = &self.reader;
        let packing_class = reader.text(&keys::PACKING);
        Settings {
            submit_user: reader.optional(&keys::SUBMIT_USER).unwrap_or_else(|| {
                if self.facts.user.is_empty() { role.clone() } else { self.facts.user.clone() }
            }),
            engine,
            state,
            mesos,
            core_uri,
            topology_uri,
            package_max: reader.bytes(&keys::PACKAGE_MAX),
            history: reader.count(&keys::HISTORY),
            package_secrets: reader.flag(&keys::PACKAGE_SECRETS),
            main_timeout: reader.duration(&keys::MAIN_TIMEOUT),
            uploader,
            supervisors,
            sandbox,
            resources: resources(reader),
            repacking_class: reader
                .optional(&keys::REPACKING)
                .unwrap_or_else(|| packing_class.clone()),
            packing_class,
            metricscache_mode: reader.text(&keys::METRICSCACHE_MODE),
            healthmgr_mode: reader.text(&keys::HEALTHMGR_MODE),
            release: release(reader),
            topology_config: topology_config(reader),
            container_overrides: container_overrides(reader.config),
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

    /// The role, by default the user's name.
    fn role(&mut self) -> String {
        if let Some(role) = self.reader.optional(&keys::ROLE) {
            return role;
        }
        let user = self.facts.user.clone();
        match names::check(Named::Role, &user) {
            Ok(()) => {}
            Err(_) if user.is_empty() => {
                let text =
                    "the user of this process has no name, which would be the role: name a role";
                self.missing(&keys::ROLE, text);
            }
            Err(error) => {
                let text = format!("the user's name would be the role, and {error}: name a role");
                self.missing(&keys::ROLE, text);
            }
        }
        user
    }

    /// An environ that was left empty on the command line stays empty, as in stock Heron.
    fn environ(&self) -> String {
        match self.reader.setting(&keys::ENVIRON) {
            Some(setting) => setting.value.trim().to_owned(),
            None => self.reader.text(&keys::ENVIRON),
        }
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
    fn sandbox(&mut self) -> SandboxSettings {
        let mut sandbox = sandbox(&self.reader);
        if sandbox.java_home.contains("${") {
            let default = keys::JAVA_HOME.default.unwrap_or_default();
            if let Some(setting) = self.reader.setting(&keys::JAVA_HOME) {
                let text = format!("not known on this machine; {default} is used on the agents");
                self.warnings.push(Warning::with(setting, WarningKind::Doubtful, text));
            }
            default.clone_into(&mut sandbox.java_home);
        }
        for key in keys::sandbox_paths() {
            if let Some(setting) = self.reader.setting(key)
                && !is_inside_sandbox(setting.value.trim())
            {
                let text = "does not count: it names no path inside a container's directory";
                self.warnings.push(Warning::with(setting, WarningKind::Doubtful, text));
            }
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
