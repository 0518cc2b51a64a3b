//! A context's part of a configuration.

use std::path::Path;

use secrecy::ExposeSecret;

use super::directory;
use super::error::LoadError;
use super::loading::Loading;
use super::sources::Sources;
use crate::config::cluster::ClusterRoleEnviron;
use crate::config::context::{self, NamedContext};
use crate::config::keys::{self, Kind};
use crate::config::layer::{Layer, Origin, Setting};
use crate::config::loader::Loader;
use crate::config::overrides;
use crate::config::secret;

impl Loading {
    /// The context that is named, and what names it; the current one only where nothing else is.
    pub(super) fn context(&mut self, sources: &Sources) -> Option<(NamedContext, &'static str)> {
        let named = sources.context.clone().filter(|name| !name.is_empty());
        if named.is_none() && (sources.config_file.is_some() || sources.config_path.is_some()) {
            return None;
        }
        let named = named.map(|name| (name, sources.context_named_by.unwrap_or("--context")));
        let found = context::read(&sources.context_files, &sources.home).and_then(|contexts| {
            let current = contexts.current.as_ref();
            let current = current.map(|(name, _)| (name.clone(), "the current context"));
            let get = |(name, by): (String, _)| Ok((contexts.get(&name)?.clone(), by));
            named.or(current).map(get).transpose()
        });
        found.map_err(|error| self.errors.push(error.into())).ok().flatten()
    }

    /// Everything of a context is in the context's layer, its own settings above its files.
    pub(super) fn add_context(
        &mut self,
        context: &NamedContext,
        loader: Option<Loader>,
        sources: &Sources,
    ) {
        let layer = Layer::Context;
        let origin = Origin::File { file: context.file.clone(), line: context.line, column: 0 };
        if let Some(cluster) = &context.cluster {
            self.add_cluster(&ClusterRoleEnviron::parse(cluster), layer, &origin);
        }
        if let Some(path) = &context.config_path {
            directory::add_path(self, "--context", path, layer, loader, sources);
        }
        if let Some(path) = &context.config_file {
            self.file("--context", path, layer);
        }
        if let Some(cluster) = &context.cluster {
            self.add_cluster(&ClusterRoleEnviron::parse(cluster), layer, &origin);
        }
        for (key, value, origin) in &context.settings {
            self.config.add(Setting::new(key, value, layer, origin.clone()));
        }
        match overrides::parse(context.overrides.as_deref().unwrap_or_default()) {
            Ok(pairs) => self.add_pairs(&pairs, layer, Some(&origin)),
            Err(errors) => self.errors.extend(errors.into_iter().map(LoadError::Overrides)),
        }
        for (key, file, origin) in &context.secrets {
            self.add_secret(key, file, origin);
        }
    }

    /// Keys that take a file get its name; other secrets are read from it.
    fn add_secret(&mut self, key: &str, file: &Path, origin: &Origin) {
        let names_file = keys::lookup(key).spec().is_some_and(|spec| spec.kind == Kind::Path);
        let is_name = names_file || Path::new(key).extension().is_some_and(|end| end == "file");
        let value = if is_name {
            file.to_string_lossy().into_owned()
        } else {
            match secret::read_secret(file) {
                Ok((secret, warning)) => {
                    self.warnings.extend(warning);
                    secret.expose_secret().to_owned()
                }
                Err(source) => {
                    let (key, origin) = (key.to_owned(), origin.clone());
                    self.errors.push(LoadError::Secret { key, origin, source });
                    return;
                }
            }
        };
        let mut setting = Setting::new(key, value, Layer::Context, origin.clone());
        setting.secret = !is_name;
        self.config.add(setting);
    }
}
