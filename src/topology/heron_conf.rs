//! The files of `heron-conf/`, which every process of Heron reads in its container.
//!
//! The executor takes its state manager and the root of the tree from `statemgr.yaml` and not from its arguments
//! (`docs/heron.md#heron-conf`), so that file is always made from the settings that this tool itself uses. The other
//! files are the user's where there are any, as [`super::conf_directory`] takes them. Sources of facts:
//! `docs/heron.md#heron-conf`, `docs/heron.md#yaml-files`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::conf_directory::LeftOut;
use super::dialect::Release;
use super::internals::{internals, metrics_sinks, with_reconnection};
use super::yaml::{self, FlatYamlError};
use crate::net::redact::{is_secret, redact};

/// What the files are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeronConf {
    /// The release that the containers run.
    pub release: Release,
    /// `heron.statemgr.connection.string`; `LOCALMODE` for state in files of one machine.
    pub zookeeper: String,
    /// `heron.statemgr.root.path`.
    pub root: String,
    /// `heron.logging.directory`, relative to the container's directory.
    pub logging_directory: String,
    /// `heron.directory.sandbox.java.home`.
    pub java_home: String,
    /// `heron.package.core.uri`.
    pub core_uri: String,
    /// `heron.class.packing.algorithm`, with a package or without; that of the release is written.
    pub packing_class: String,
    /// `heron.build.user` of a generated `release.yaml`.
    pub build_user: String,
    /// `release.yaml` as the user gave it.
    pub release_yaml: Option<Vec<u8>>,
    /// The user's own directory, file by file, without what must stay at home.
    pub own: BTreeMap<String, Vec<u8>>,
    /// Single settings that win over all files.
    pub overrides: Vec<(String, String)>,
}

/// Why the files can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeronConfError {
    /// A file of the user's that Heron could not read either.
    #[error(transparent)]
    Yaml(#[from] FlatYamlError),
    /// A token that stays in a setting, on which the executor ends.
    #[error(
        "{key} is {value:?}: heron-executor knows only ${{HOME}}, ${{CLUSTER}} and ${{JAVA_HOME}} in statemgr.yaml"
    )]
    Token {
        /// The setting.
        key: String,
        /// Its value.
        value: String,
    },
}

const STATE_CLASS: &str = "heron.class.state.manager";
const STATE_CONNECTION: &str = "heron.statemgr.connection.string";
const STATE_ROOT: &str = "heron.statemgr.root.path";
const LOCAL: &str = "LOCALMODE";
const STATE_MANAGER: &str = "statemgr.yaml";
const INTERNALS: &str = "heron_internals.yaml";
const OVERRIDE: &str = "override.yaml";
const RELEASE: &str = "release.yaml";
const SINKS: &str = "metrics_sinks.yaml";

impl HeronConf {
    /// The files by their names below `heron-conf/`.
    pub fn files(&self) -> Result<BTreeMap<String, Vec<u8>>, HeronConfError> {
        let mut files: BTreeMap<String, Vec<u8>> =
            self.generated().into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        files.extend(self.own.clone());
        if let Some(own) = self.own.get(INTERNALS) {
            files.insert(INTERNALS.to_owned(), with_reconnection(own, &self.release));
        }
        files.insert(STATE_MANAGER.to_owned(), self.state_manager()?.into_bytes());
        files.insert(OVERRIDE.to_owned(), self.override_file()?.into_bytes());
        if let Some(own) = &self.release_yaml {
            yaml::read(RELEASE, own)?;
            files.insert(RELEASE.to_owned(), own.clone());
        }
        Ok(files)
    }

    /// Single settings that stay at home because they are secrets, though they would be for the containers.
    #[must_use]
    pub fn left_out(&self) -> Vec<LeftOut> {
        let secret = self
            .overrides
            .iter()
            .filter(|(key, value)| is_for_containers(key) && is_secret_setting(key, value));
        secret.map(|(key, _)| LeftOut { what: key.clone(), why: "a secret" }).collect()
    }

    fn generated(&self) -> Vec<(String, String)> {
        let package = self.release.java_package();
        let packing = self.packing_class.rsplit('.').next().unwrap_or_default();
        let packing = format!("{package}.packing.{}.{packing}", packing_directory(packing));
        let packing = yaml::quoted(&packing);
        let scheduler = format!("{package}.scheduler.mesos.Mesos");
        let uploader = yaml::quoted(&format!("{package}.uploader.NullUploader"));
        let java_home = yaml::quoted(&self.java_home);
        // Nothing in a container fetches it again.
        let core_uri = yaml::quoted(&redact(&self.core_uri));
        let file = |name: &str, entries: &[(&str, &str)]| {
            let mut out = String::new();
            for (key, value) in entries {
                yaml::line(&mut out, key, value);
            }
            (name.to_owned(), if out.is_empty() { "{}\n".to_owned() } else { out })
        };
        vec![
            file("client.yaml", &[]),
            (INTERNALS.to_owned(), self.internals()),
            (SINKS.to_owned(), metrics_sinks(&self.release)),
            file(
                "packing.yaml",
                &[
                    ("heron.class.packing.algorithm", &packing),
                    ("heron.class.repacking.algorithm", &packing),
                ],
            ),
            (RELEASE.to_owned(), self.release_file()),
            file(
                "scheduler.yaml",
                &[
                    ("heron.class.scheduler", &yaml::quoted(&format!("{scheduler}Scheduler"))),
                    ("heron.class.launcher", &yaml::quoted(&format!("{scheduler}Launcher"))),
                    ("heron.directory.sandbox.java.home", &java_home),
                    ("heron.package.core.uri", &core_uri),
                ],
            ),
            ("stateful.yaml".to_owned(), stateful(package)),
            file("uploader.yaml", &[("heron.class.uploader", &uploader)]),
        ]
    }

    fn internals(&self) -> String {
        let mut out = String::new();
        let directory = yaml::quoted(&self.logging_directory);
        yaml::line(&mut out, "heron.logging.directory", &directory);
        for (key, value) in internals(&self.release) {
            yaml::line(&mut out, &key, &value);
        }
        out
    }

    /// Who built Heron is not known here, and the time would make each package another.
    fn release_file(&self) -> String {
        let mut out = String::new();
        let version = self.release.to_string();
        let known = [("version", version.as_str()), ("user", &self.build_user)];
        let unknown = ["time", "timestamp", "host", "git.revision", "git.status"];
        for (key, value) in known.into_iter().chain(unknown.map(|key| (key, ""))) {
            yaml::line(&mut out, &format!("heron.build.{key}"), &yaml::quoted(value));
        }
        out
    }

    /// The three settings that must agree with ours, and what else the user's file says.
    fn state_manager(&self) -> Result<String, HeronConfError> {
        let own = match self.own.get(STATE_MANAGER) {
            Some(bytes) => yaml::read(STATE_MANAGER, bytes)?,
            None if self.zookeeper == LOCAL => Map::new(),
            None => zookeeper_defaults(),
        };
        let class = if self.zookeeper == LOCAL {
            self.release.local_state_manager_class()
        } else {
            self.release.state_manager_class()
        };
        let mut entries = Map::new();
        entries.insert(STATE_CLASS.to_owned(), class.into());
        entries.insert(STATE_CONNECTION.to_owned(), self.zookeeper.as_str().into());
        entries.insert(STATE_ROOT.to_owned(), self.root.as_str().into());
        for (key, value) in own {
            if !entries.contains_key(&key) {
                entries.insert(key, value);
            }
        }
        for (key, value) in &entries {
            if let Some(text) = value.as_str().filter(|text| has_unknown_token(text)) {
                return Err(HeronConfError::Token { key: key.clone(), value: text.to_owned() });
            }
        }
        Ok(yaml::map(&entries))
    }

    /// The user's own overrides and the single settings, as far as they are for the containers.
    fn override_file(&self) -> Result<String, HeronConfError> {
        let mut entries: BTreeMap<String, String> = BTreeMap::new();
        if let Some(bytes) = self.own.get(OVERRIDE) {
            let own = yaml::read(OVERRIDE, bytes)?;
            entries.extend(own.into_iter().map(|(key, value)| (key, value.to_string())));
        }
        for (key, value) in &self.overrides {
            entries.insert(key.clone(), yaml::typed(value));
        }
        let mut out = String::new();
        let packed = entries
            .iter()
            .filter(|(key, value)| is_for_containers(key) && !is_secret_setting(key, value));
        for (key, value) in packed {
            yaml::line(&mut out, key, value);
        }
        Ok(if out.is_empty() { "{}\n".to_owned() } else { out })
    }
}

/// Whether a setting may stand in `override.yaml`.
///
/// The executor lays that file over `statemgr.yaml`, which must say what is true, and calls a function with its keys as
/// the names of arguments, where `cluster` is one already; so only Heron's own keys go in.
fn is_for_containers(key: &str) -> bool {
    // How this machine reaches ZooKeeper is nothing to the containers, and no difference between two submissions.
    let ours = ["heron.mesos.", "heron.uploader.", "heron.supervisor.", "heron.statemgr.client."];
    key.starts_with("heron.")
        && ![STATE_CLASS, STATE_CONNECTION, STATE_ROOT].contains(&key)
        && !ours.iter().any(|prefix| key.starts_with(prefix))
}

/// Whether a setting is a secret, by its name or its value.
fn is_secret_setting(key: &str, value: &str) -> bool {
    is_secret(key) || redact(value) != value
}

/// Whether a `${TOKEN}` is left that the executor does not resolve.
fn has_unknown_token(text: &str) -> bool {
    text.split("${").skip(1).any(|rest| {
        rest.split_once('}').is_some_and(|(token, _)| {
            !["HOME", "CLUSTER", "JAVA_HOME"].contains(&token)
                && !token.is_empty()
                && token.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        })
    })
}

/// What Heron's samples for ZooKeeper say.
fn zookeeper_defaults() -> Map<String, Value> {
    let key = |name: &str| format!("heron.statemgr.zookeeper.{name}");
    [
        (key("is.initialize.tree"), Value::from(true)),
        (key("session.timeout.ms"), Value::from(30_000)),
        (key("connection.timeout.ms"), Value::from(30_000)),
        (key("retry.count"), Value::from(10)),
        (key("retry.interval.ms"), Value::from(10_000)),
        ("heron.statemgr.is.tunnel.needed".to_owned(), Value::from(false)),
    ]
    .into_iter()
    .collect()
}

fn packing_directory(class: &str) -> &'static str {
    match class {
        "FirstFitDecreasingPacking" => "binpacking",
        _ => "roundrobin",
    }
}

/// `stateful.yaml`: checkpoints in the container, which is what Heron ships.
fn stateful(package: &str) -> String {
    let network = [
        ("write.batch.size.bytes", 32_768),
        ("write.batch.time.ms", 16),
        ("read.batch.size.bytes", 32_768),
        ("read.batch.time.ms", 16),
        ("options.socket.send.buffer.size.bytes", 655_360),
        ("options.socket.receive.buffer.size.bytes", 655_360),
        ("options.maximum.packetsize.bytes", 10_485_760),
    ];
    let class = format!("{package}.statefulstorage.localfs.LocalFileSystemStorage");
    let mut out = String::new();
    yaml::line(&mut out, "heron.statefulstorage.classname", &yaml::quoted(&class));
    out.push_str("heron.statefulstorage.config:\n");
    out.push_str("  heron.statefulstorage.classpath: \"\"\n");
    out.push_str("  heron.statefulstorage.localfs.root.path: \"./checkpoints\"\n");
    out.push_str("  heron.statefulstorage.localfs.max.checkpoints: 10\n");
    for (key, value) in network {
        yaml::line(&mut out, &format!("heron.ckptmgr.network.{key}"), &value.to_string());
    }
    out
}

#[cfg(test)]
mod tests;
