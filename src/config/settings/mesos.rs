//! How to reach Mesos, and values that would destroy a topology.

use std::time::Duration;

use super::model::{MasterText, Mesos};
use super::work::{Need, Work};
use crate::config::keys;
use crate::config::layer::Setting;
use crate::config::problem::{Warning, WarningKind};
use crate::config::units::{self, TimeUnit};
use crate::constraint::Constraint;

/// The shortest failover timeout that does not endanger a topology.
const WEEK: Duration = Duration::from_hours(7 * 24);

impl<'a> Work<'a> {
    /// The master's setting: the name with cluster and environ is the more specific one.
    fn master(&self, cluster: &str, environ: &str) -> Option<&'a Setting> {
        let specific = format!("mesos.master.uri.{cluster}.{environ}");
        // Where neither was configured, the words that stood for them in 2015 count as well.
        let unnamed = self.reader.setting(&keys::CLUSTER).is_none()
            && self.reader.setting(&keys::ENVIRON).is_none();
        let literal = unnamed.then(|| "mesos.master.uri.dc.environ".to_owned());
        let config = self.reader.config;
        let specific =
            config.latest([Some(specific), literal].iter().flatten().map(String::as_str));
        let general = self.reader.setting(&keys::MESOS_MASTER);
        match (specific, general) {
            (Some(specific), Some(general)) if general.layer > specific.layer => Some(general),
            (specific, general) => specific.or(general),
        }
    }

    pub(super) fn mesos(&mut self, cluster: &str, environ: &str, role: &str) -> Option<Mesos> {
        let master = self.master(cluster, environ);
        if master.is_none() && self.need >= Need::Engine {
            let others = self
                .reader
                .config
                .winners()
                .filter(|setting| setting.key.starts_with("mesos.master.uri."));
            let others: Vec<_> = others.map(|s| format!("{} ({})", s.key, s.origin)).collect();
            let mut text = format!(
                "write the Mesos master, such as zk://zk1:2181/mesos or 10.0.0.1:5050; \
                 mesos.master.uri.{cluster}.{environ} sets it for this cluster and environ only"
            );
            if !others.is_empty() {
                text.push_str("; set for others: ");
                text.push_str(&others.join(", "));
            }
            self.missing(&keys::MESOS_MASTER, text);
        }
        self.warn_journal();
        let failover_timeout = self.failover_timeout();
        let reader = &self.reader;
        let scheme = reader.text(&keys::MESOS_SCHEME).to_ascii_lowercase();
        let ca_file = reader.path(&keys::MESOS_CA);
        Some(Mesos {
            master: MasterText::new(master?.value.trim()),
            https: scheme == "https" || (scheme == "auto" && ca_file.is_some()),
            ca_file,
            client_certificate_file: reader.path(&keys::MESOS_CLIENT_CERTIFICATE),
            principal: reader.optional(&keys::MESOS_PRINCIPAL),
            secret_file: reader.path(&keys::MESOS_SECRET),
            roles: words(&reader.text(&keys::MESOS_ROLE), ','),
            task_user: reader.optional(&keys::MESOS_TASK_USER).unwrap_or_else(|| role.to_owned()),
            failover_timeout,
            kill_grace: reader.duration(&keys::MESOS_KILL_GRACE),
            maintenance_lead: reader.duration(&keys::MESOS_MAINTENANCE_LEAD),
            constraints: words(&reader.text(&keys::MESOS_CONSTRAINTS), ';')
                .iter()
                .map(|text| Constraint::of_record(text))
                .collect(),
            avoid: words(&reader.text(&keys::MESOS_AVOID), ','),
            unreachable: reader.duration(&keys::MESOS_UNREACHABLE),
            relaunch_tmanager: reader.flag(&keys::MESOS_RELAUNCH_TMANAGER),
        })
    }

    /// A short timeout was meant for a server that stays; without one it kills the topology.
    fn failover_timeout(&mut self) -> Duration {
        let given = self.reader.duration(&keys::MESOS_FAILOVER);
        let Some(setting) = self.reader.setting(&keys::MESOS_FAILOVER) else { return given };
        if given >= WEEK {
            return given;
        }
        let default = keys::MESOS_FAILOVER.default.unwrap_or_default();
        let text = format!(
            "raised to {default} seconds: no heron-cli stays connected after submit, and Mesos \
             would kill the topology after this time"
        );
        self.warnings.push(Warning::with(setting, WarningKind::Raised, text));
        units::duration(default, TimeUnit::Seconds).unwrap_or(WEEK)
    }

    fn warn_journal(&mut self) {
        let Some(setting) = self.reader.setting(&keys::MESOS_FRAMEWORK_ENDPOINT) else { return };
        let connection = self.connection(false).unwrap_or_default();
        let hosts = |text: &str| {
            let hosts = text.split('/').next().unwrap_or_default();
            let mut hosts: Vec<_> = hosts.split(',').map(|host| host.trim().to_owned()).collect();
            hosts.sort();
            hosts
        };
        if !connection.is_empty() && hosts(&setting.value) != hosts(&connection) {
            let text = format!("the journal is kept with the topology's state, in {connection}");
            self.warnings.push(Warning::with(setting, WarningKind::Doubtful, text));
        }
    }
}

/// The words of a list.
fn words(text: &str, separator: char) -> Vec<String> {
    let words = text.split(separator).map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}
