//! The command line's part of a configuration: loader, overrides and `--config-property`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::LoadError;
use super::loading::Loading;
use super::sources::Sources;
use crate::config::cluster::ClusterRoleEnviron;
use crate::config::context::NamedContext;
use crate::config::keys;
use crate::config::layer::{Layer, Origin, Setting};
use crate::config::loader::Loader;
use crate::config::overrides::{self, Pairs, Positional};
use crate::config::problem::{Warning, WarningKind};

impl Loading {
    pub(super) fn loader(
        &mut self,
        sources: &Sources,
        context: Option<&NamedContext>,
    ) -> Option<Loader> {
        let of_context = context.and_then(|context| context.loader.as_deref());
        let given = sources.loader.as_deref().or(of_context)?;
        Loader::parse(given).map_err(|error| self.errors.push(error.into())).ok()
    }

    pub(super) fn positional(&mut self, sources: &Sources, loader: Option<Loader>) -> Positional {
        let given = sources.overrides.as_deref().unwrap_or_default();
        let decoded = match loader {
            Some(Loader::Base64) => decode(given).map_err(|reason| {
                self.errors.push(LoadError::Base64 { reason });
            }),
            _ => Ok(given.to_owned()),
        };
        let Ok(text) = decoded else { return Positional::Nothing };
        overrides::classify(&text).unwrap_or_else(|errors| {
            self.errors.extend(errors.into_iter().map(LoadError::Overrides));
            Positional::Nothing
        })
    }

    pub(super) fn add_positional(&mut self, positional: Positional) {
        match positional {
            Positional::Nothing => {}
            Positional::Cluster(triple) => {
                self.add_cluster(&triple, Layer::Overrides, &Origin::Overrides { column: 1 });
            }
            Positional::Overrides { cluster, pairs } => {
                if let Some(triple) = cluster {
                    let origin = Origin::Overrides { column: 1 };
                    self.add_cluster(&triple, Layer::Overrides, &origin);
                }
                if let Some(difference) = pairs.legacy_difference() {
                    let origin = Origin::Overrides { column: 1 };
                    let text = difference.to_string();
                    self.warnings.push(Warning::at(origin, WarningKind::Legacy, text));
                }
                self.add_pairs(&pairs, Layer::Overrides, None);
            }
        }
    }

    /// The parts that are given count as overrides. With a role but without an environ, the environ
    /// is empty unless a file has one: so does stock Heron.
    pub(super) fn add_cluster(
        &mut self,
        triple: &ClusterRoleEnviron,
        given: Layer,
        origin: &Origin,
    ) {
        let parts = [("dc", &triple.cluster), ("role", &triple.role), ("environ", &triple.environ)];
        for (key, value) in parts {
            let layer = if value.is_empty() { Layer::Default } else { given };
            if !value.is_empty() || (key == "environ" && triple.keeps_empty_parts()) {
                self.config.add(Setting::new(key, value, layer, origin.clone()));
            }
        }
    }

    pub(super) fn add_pairs(&mut self, pairs: &Pairs, layer: Layer, origin: Option<&Origin>) {
        for pair in &pairs.list {
            let place = Origin::Overrides { column: pair.column };
            let place = origin.cloned().unwrap_or(place);
            self.config.add(Setting::new(&pair.key, &pair.value, layer, place));
        }
    }

    pub(super) fn properties(&mut self, sources: &Sources) -> Vec<Setting> {
        let mut settings = Vec::new();
        for text in &sources.properties {
            let split = text.split_once('=').or_else(|| text.split_once(':'));
            match split.filter(|(key, _)| !key.trim().is_empty()) {
                Some((key, value)) => {
                    let origin = Origin::Flag("--config-property");
                    settings.push(Setting::new(key.trim(), value, Layer::ConfigProperty, origin));
                }
                None => self.errors.push(LoadError::Property { text: text.clone() }),
            }
        }
        settings
    }

    /// `config.property` in a file or the overrides counts like `--config-property` with the
    /// loaders of 2016; the one of 2015 did not look at it.
    pub(super) fn nested_properties(&mut self, loader: Option<Loader>) {
        let Some(setting) = self.config.setting(&keys::CONFIG_PROPERTY).cloned() else { return };
        if !matches!(loader, Some(Loader::PropertiesFile | Loader::Aurora)) {
            let text = "only PropertiesFileConfigLoader and AuroraConfigLoader look at it";
            self.warnings.push(Warning::with(&setting, WarningKind::Doubtful, text));
            return;
        }
        match overrides::parse(&setting.value) {
            Ok(pairs) => self.add_pairs(&pairs, Layer::ConfigProperty, Some(&setting.origin)),
            Err(errors) => self.errors.extend(errors.into_iter().map(|source| {
                LoadError::ConfigProperty { origin: setting.origin.clone(), source }
            })),
        }
    }
}

fn decode(text: &str) -> Result<String, String> {
    // Heron wrote `=` as `&equals;` where a shell stood in between.
    let text = text.trim().trim_matches('"').replace("&equals;", "=").replace("(61)", "=");
    let bytes = STANDARD.decode(text).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "the decoded text is not UTF-8".to_owned())
}
