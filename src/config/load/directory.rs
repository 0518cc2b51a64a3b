//! A configuration directory: Heron's YAML files, or the `.conf` files of 2016.
//!
//! What the directory holds decides: the cluster's own directory of YAML files, else the `.conf` file
//! of the loader, else YAML files in the directory itself. Among `.conf` files the Aurora-era order
//! counts: the scheduler's file, then `cluster/<name>.conf`, then `aurora_bind.conf`, whose values
//! name other properties.
//!
//! Source of facts: `docs/heron.md#yaml-files`.

use std::path::{Path, PathBuf};

use super::error::LoadError;
use super::loading::Loading;
use super::sources::Sources;
use crate::config::files::{self, OVERRIDE, YAML_FILES, has_yaml};
use crate::config::keys;
use crate::config::layer::{Layer, Origin, Setting};
use crate::config::loader::Loader;
use crate::config::properties;

/// Read after the others where they exist; `release.yaml` also from elsewhere.
const RELEASE: &str = "release.yaml";

/// Adds a file, or everything in a directory.
pub(super) fn add_path(
    loading: &mut Loading,
    flag: &'static str,
    path: &Path,
    layer: Layer,
    loader: Option<Loader>,
    sources: &Sources,
) {
    if path.is_dir() {
        let release_file = sources.release_file.as_deref();
        let directory = Directory { path, flag, layer, loader, release_file };
        let yaml = directory.add(loading);
        loading.yaml_directory = yaml.or(loading.yaml_directory.take());
    } else {
        loading.file(flag, path, layer);
    }
}

/// A directory that was named, and for which layer.
struct Directory<'a> {
    path: &'a Path,
    flag: &'static str,
    layer: Layer,
    loader: Option<Loader>,
    release_file: Option<&'a Path>,
}

impl Directory<'_> {
    /// Adds everything in the directory; gives the directory of YAML files, if it has one.
    fn add(&self, loading: &mut Loading) -> Option<PathBuf> {
        let cluster = cluster(loading);
        if let Some(cluster) = &cluster {
            let below = self.path.join(cluster);
            if has_yaml(&below) {
                return Some(self.add_yaml(loading, below));
            }
        }
        let names = Loader::file_names(self.loader);
        if let Some(file) = names.iter().map(|name| self.path.join(name)).find(|path| path.exists())
        {
            self.add_conf(loading, &file);
            return None;
        }
        if has_yaml(self.path) {
            return Some(self.add_yaml(loading, self.path.to_owned()));
        }
        let mut looked_for: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        match cluster {
            Some(cluster) => looked_for.push(format!("{cluster}/*.yaml")),
            None => looked_for.push("<cluster>/*.yaml (no cluster is given)".to_owned()),
        }
        looked_for.push("*.yaml".to_owned());
        let directory = self.path.to_owned();
        loading.errors.push(LoadError::EmptyDirectory { directory, looked_for });
        None
    }

    fn add_yaml(&self, loading: &mut Loading, directory: PathBuf) -> PathBuf {
        for name in YAML_FILES {
            self.add_yaml_if_there(loading, &directory.join(name));
        }
        match self.release_file {
            Some(_) => {}
            None => self.add_yaml_if_there(loading, &directory.join(RELEASE)),
        }
        self.add_yaml_if_there(loading, &directory.join(OVERRIDE));
        directory
    }

    fn add_yaml_if_there(&self, loading: &mut Loading, path: &Path) {
        match files::read_if_there(path) {
            Ok(Some(bytes)) => loading.add_yaml(path, bytes, self.layer),
            Ok(None) => {}
            Err(source) => loading.errors.push(LoadError::File { flag: self.flag, source }),
        }
    }

    fn add_conf(&self, loading: &mut Loading, file: &Path) {
        loading.file(self.flag, file, self.layer);
        if let Some(cluster) = cluster(loading) {
            let path = self.path.join("cluster").join(format!("{cluster}.conf"));
            if path.exists() {
                loading.file(self.flag, &path, self.layer);
            }
        }
        if file.file_name().is_some_and(|name| name == "aurora_scheduler.conf") {
            self.add_binds(loading, &self.path.join("aurora_bind.conf"));
        }
    }

    /// `BINDKEY: property.name` gives `--bind BINDKEY=<the property's value>`.
    fn add_binds(&self, loading: &mut Loading, path: &Path) {
        let bytes = match files::read_if_there(path) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(source) => {
                loading.errors.push(LoadError::File { flag: self.flag, source });
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
                    loading.config.add(Setting::new(key, value, self.layer, origin));
                }
                None => loading.errors.push(LoadError::Bind { origin, key, property }),
            }
        }
    }
}

/// The cluster so far, where its name can be that of a directory.
fn cluster(loading: &Loading) -> Option<String> {
    let cluster = loading.config.setting(&keys::CLUSTER)?.value.trim().to_owned();
    let usable = !cluster.is_empty() && cluster != "." && cluster != ".." && !cluster.contains('/');
    usable.then_some(cluster)
}
