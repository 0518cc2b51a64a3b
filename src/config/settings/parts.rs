//! The parts of settings that are read without any judgement.

use std::collections::BTreeMap;

use super::model::{ReleaseSettings, ResourceSettings, SandboxSettings};
use super::reader::Reader;
use crate::config::keys::{self, Kind, Lookup};
use crate::config::layer::{Config, Layer};
use crate::config::units;

pub(super) fn sandbox(reader: &Reader) -> SandboxSettings {
    let directory = |key| {
        let text = reader.text(key);
        let trimmed = text.trim_end_matches('/');
        if trimmed.is_empty() { text } else { trimmed.to_owned() }
    };
    SandboxSettings {
        core_directory: directory(&keys::CORE_DIRECTORY),
        conf_directory: directory(&keys::CONF_DIRECTORY),
        paths: keys::sandbox_paths()
            .filter_map(|key| Some((key.name, reader.optional(key)?)))
            .filter(|(_, path)| is_inside_sandbox(path))
            .collect(),
        java_home: directory(&keys::JAVA_HOME),
        logging_directory: directory(&keys::LOGGING_DIRECTORY),
        storage_classpath: reader.text(&keys::STORAGE_OWN_CLASSPATH),
        additional_classpath: reader.text(&keys::TOPOLOGY_CLASSPATH),
        verbose_gc: reader.flag(&keys::VERBOSE_GC),
    }
}

/// Whether each part of a class path, or a single path, is in a container's own directory.
pub(super) fn is_inside_sandbox(path: &str) -> bool {
    path.split(':').all(|part| {
        !part.is_empty()
            && !part.starts_with(['/', '~'])
            && !part.contains("${")
            && !part.split('/').any(|step| step == "..")
    })
}

pub(super) fn resources(reader: &Reader) -> ResourceSettings {
    ResourceSettings {
        instance_cpu: reader.number(&keys::INSTANCE_CPU),
        instance_ram: reader.bytes(&keys::INSTANCE_RAM),
        instance_disk: reader.bytes(&keys::INSTANCE_DISK),
        ckptmgr_ram: reader.bytes(&keys::CKPTMGR_RAM),
        tmanager_cpu: reader.number(&keys::TMANAGER_CPU),
        tmanager_ram: reader.bytes(&keys::TMANAGER_RAM),
        tmanager_disk: reader.bytes(&keys::TMANAGER_DISK),
    }
}

pub(super) fn release(reader: &Reader) -> ReleaseSettings {
    let either = |first, second| reader.optional(first).unwrap_or_else(|| reader.text(second));
    ReleaseSettings {
        dialect: reader.optional(&keys::RELEASE_VERSION),
        user: either(&keys::BUILD_USER, &keys::PACKAGE_ROLE),
        tag: reader.text(&keys::PACKAGE_NAME),
        version: either(&keys::BUILD_VERSION, &keys::PACKAGE_VERSION),
    }
}

/// All settings whose canonical name has the prefix.
pub(super) fn with_prefix(config: &Config, prefix: &str) -> BTreeMap<String, String> {
    let named = config.winners().map(|setting| (canonical(&setting.key), setting));
    let named = named.filter(|(name, _)| name.starts_with(prefix));
    named
        .filter_map(|(name, setting)| {
            let spec = keys::lookup(&name).spec()?;
            // Of several spellings, the one that counts.
            let winner = if name == spec.name { config.setting(spec)? } else { setting };
            Some((name, winner.value.trim().to_owned()))
        })
        .collect()
}

/// The canonical name of a key; patterns and unknown keys keep theirs.
fn canonical(key: &str) -> String {
    match keys::lookup(key) {
        Lookup::Alias(spec) => spec.name.to_owned(),
        _ => key.to_owned(),
    }
}

pub(super) fn topology_config(reader: &Reader) -> BTreeMap<String, String> {
    let mut config = BTreeMap::new();
    for setting in reader.config.winners() {
        let lookup = keys::lookup(&setting.key);
        let Some(spec) = lookup.spec() else { continue };
        if spec.unused.is_some() || !spec.name.starts_with("topology.") {
            continue;
        }
        let setting = match lookup {
            Lookup::Pattern(_) => setting,
            // Of several spellings, the one that counts.
            _ => reader.setting(spec).unwrap_or(setting),
        };
        let value = match spec.kind {
            Kind::Text => setting.value.clone(),
            Kind::Bytes => units::bytes(&setting.value)
                .map_or_else(|| setting.value.clone(), |amount| amount.get().to_string()),
            _ => setting.value.trim().to_owned(),
        };
        config.insert(canonical(&setting.key), value);
    }
    config
}

/// What the processes in the containers must know: their own tuning from anywhere, and whatever
/// was given on the command line, which stock Heron hands on as a whole.
pub(super) fn container_overrides(config: &Config) -> BTreeMap<String, String> {
    let mut overrides = BTreeMap::new();
    for setting in config.winners() {
        let spec = keys::lookup(&setting.key).spec();
        let tuning = spec.is_some_and(|spec| keys::internals().contains(&spec))
            || spec == Some(&keys::LOGGING_DIRECTORY);
        let handed_on = matches!(setting.layer, Layer::Overrides | Layer::ConfigProperty)
            && spec.is_none_or(|spec| spec.unused.is_none() && !is_for_client(spec));
        if tuning || handed_on {
            overrides.insert(canonical(&setting.key), setting.value.clone());
        }
    }
    overrides
}

/// Keys that tell this tool how to reach something; the containers have no use for them.
fn is_for_client(spec: &keys::KeySpec) -> bool {
    let prefixes = [
        "heron.mesos.",
        "heron.uploader.",
        "heron.supervisor.",
        "heron.fetch.",
        "heron.package.allow.",
        "config.",
    ];
    prefixes.iter().any(|prefix| spec.name.starts_with(prefix))
}
