//! A topology's own supervisors, and whether they can be started at all.

use super::model::{Backend, Mesos, State, SupervisorSettings};
use super::stores::Uploader;
use super::work::{Need, Work};
use crate::config::engine::Engine;
use crate::config::keys::{self, KeySpec};
use crate::config::problem::{Problem, ProblemKind};

/// Files that a supervisor needs as well, where they are configured.
const FILES: [&KeySpec; 6] = [
    &keys::STATE_AUTH_FILE,
    &keys::STATE_CA,
    &keys::STATE_CLIENT_CERTIFICATE,
    &keys::MESOS_CA,
    &keys::MESOS_CLIENT_CERTIFICATE,
    &keys::MESOS_SECRET,
];

impl Work<'_> {
    pub(super) fn supervisors(
        &mut self,
        engine: Engine,
        state: &State,
        mesos: Option<&Mesos>,
        uploader: &Uploader,
    ) -> SupervisorSettings {
        let reader = &self.reader;
        let instances = reader.text(&keys::SUPERVISOR_INSTANCES).parse().unwrap_or_default();
        let settings = SupervisorSettings {
            instances,
            uri: reader.optional(&keys::SUPERVISOR_URI),
            cpu: reader.number(&keys::SUPERVISOR_CPU),
            ram: reader.bytes(&keys::SUPERVISOR_RAM),
            files: reader.path(&keys::SUPERVISOR_FILES),
        };
        if instances > 0 && self.need >= Need::Launch {
            self.check_supervisors(engine, state, &settings);
            self.check_master_of_supervisors(mesos);
            if *uploader == Uploader::Null && settings.uri.is_none() {
                let text = "the null uploader can't bring this program to the agents: write where they fetch one";
                self.missing(&keys::SUPERVISOR_URI, text);
            }
        }
        settings
    }

    fn check_supervisors(&mut self, engine: Engine, state: &State, settings: &SupervisorSettings) {
        let Some(wanted) = self.reader.setting(&keys::SUPERVISOR_INSTANCES) else { return };
        if engine != Engine::Mesos || state.backend == Backend::LocalFiles {
            let reason =
                "a topology has supervisors of its own on Mesos, with its state in ZooKeeper";
            self.problems.push(Problem::with(wanted, ProblemKind::Unsupported, reason));
        }
        if settings.files.is_some() {
            return;
        }
        for setting in FILES.into_iter().filter_map(|key| self.reader.setting(key)) {
            let reason = format!(
                "the topology's supervisors need this file, too: put it on the agents, and set {} to its directory there",
                keys::SUPERVISOR_FILES.name
            );
            self.problems.push(Problem::with(setting, ProblemKind::Conflict, reason));
        }
    }

    /// Whatever is sent to agents can be read by others: a password in the master's address would be.
    fn check_master_of_supervisors(&mut self, mesos: Option<&Mesos>) {
        let has_password = mesos.is_some_and(|mesos| {
            let text = mesos.master.expose();
            text.split_once("://").is_some_and(|(_, rest)| {
                rest.split('/').next().is_some_and(|authority| authority.contains('@'))
            })
        });
        let setting = self.reader.setting(&keys::MESOS_MASTER).filter(|_| has_password);
        if let Some(setting) = setting {
            let reason = format!(
                "a password in the address can't be handed to the topology's supervisors; name the ZooKeeper user in {}",
                keys::STATE_AUTH_FILE.name
            );
            self.problems.push(Problem::with(setting, ProblemKind::Conflict, reason));
        }
    }
}
