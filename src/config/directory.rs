//! `--config-path` with a directory: Heron's YAML files, or the `.conf` files of 2016.
//!
//! What the directory holds decides. Within it the Aurora-era order counts: the scheduler's file,
//! then `cluster/<name>.conf`, then `aurora_bind.conf`, whose values name other properties.
//!
//! Source of facts: facts/heron.md §9.3, §9.5.

use std::path::{Path, PathBuf};

use super::files;
use super::keys;
use super::layer::{Layer, Origin, Setting};
use super::load::{LoadError, Loading, Sources};
use super::loader::Loader;
use super::properties;

/// Adds everything in a directory; gives the directory of YAML files, if it has one.
pub(super) fn add(
    loading: &mut Loading,
    directory: &Path,
    loader: Option<Loader>,
    _sources: &Sources,
) -> Option<PathBuf> {
    let names = Loader::file_names(loader);
    let found = names.iter().map(|name| directory.join(name)).find(|path| path.exists());
    let Some(path) = found else {
        let looked_for = names.iter().map(|&name| name.to_owned()).collect();
        let directory = directory.to_owned();
        loading.errors.push(LoadError::EmptyDirectory { directory, looked_for });
        return None;
    };
    add_file(loading, &path);
    let cluster = loading.config.setting(&keys::CLUSTER);
    let cluster = cluster.map(|cluster| cluster.value.trim().to_owned());
    if let Some(cluster) = cluster.filter(|cluster| !cluster.is_empty() && !cluster.contains('/')) {
        let path = directory.join("cluster").join(format!("{cluster}.conf"));
        if path.exists() {
            add_file(loading, &path);
        }
    }
    if path.file_name().is_some_and(|name| name == "aurora_scheduler.conf") {
        add_binds(loading, &directory.join("aurora_bind.conf"));
    }
    None
}

fn add_file(loading: &mut Loading, path: &Path) {
    match files::read(path) {
        Ok(bytes) => loading.add_properties(path, &bytes, Layer::ConfigPath),
        Err(source) => loading.errors.push(LoadError::File { flag: "--config-path", source }),
    }
}

/// `BINDKEY: property.name` gives `--bind BINDKEY=<the property's value>`.
fn add_binds(loading: &mut Loading, path: &Path) {
    let bytes = match files::read_if_there(path) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(source) => {
            loading.errors.push(LoadError::File { flag: "--config-path", source });
            return;
        }
    };
    for entry in properties::parse(&bytes).entries {
        let origin = Origin::File { file: path.into(), line: entry.line, column: 0 };
        let (key, property) = (entry.key.into_string(), entry.value.into_string());
        match loading.config.get(property.trim()) {
            Some(named) => {
                let value = named.value.clone();
                let key = format!("heron.aurora.bind.{key}");
                loading.config.add(Setting::new(key, value, Layer::ConfigPath, origin));
            }
            None => loading.errors.push(LoadError::Bind { origin, key, property }),
        }
    }
}
