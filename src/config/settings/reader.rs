//! Reading typed values; what is malformed was reported before, so it reads as the default here.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::keys::{KeySpec, Kind, parse_bool};
use crate::config::layer::{Config, Setting};
use crate::config::units::{self, Bytes, TimeUnit};

/// Reads settings of a configuration.
pub(super) struct Reader<'a> {
    pub(super) config: &'a Config,
}

impl<'a> Reader<'a> {
    /// The value of a setting where it is set and good, without blanks around it.
    fn given(&self, key: &KeySpec) -> Option<&'a str> {
        let value = self.config.setting(key)?.value.trim();
        (key.kind.check(value).is_ok() && !value.is_empty()).then_some(value)
    }

    fn value(&self, key: &KeySpec) -> Option<&'a str> {
        self.given(key).or(key.default)
    }

    /// The setting that counts.
    pub(super) fn setting(&self, key: &KeySpec) -> Option<&'a Setting> {
        self.config.setting(key)
    }

    /// A text that is set, or the default.
    pub(super) fn optional(&self, key: &KeySpec) -> Option<String> {
        self.value(key).map(str::to_owned)
    }

    /// A text, empty if there is none.
    pub(super) fn text(&self, key: &KeySpec) -> String {
        self.value(key).unwrap_or_default().to_owned()
    }

    pub(super) fn path(&self, key: &KeySpec) -> Option<PathBuf> {
        self.value(key).map(PathBuf::from)
    }

    pub(super) fn flag(&self, key: &KeySpec) -> bool {
        self.value(key).and_then(parse_bool).unwrap_or(false)
    }

    pub(super) fn number(&self, key: &KeySpec) -> f64 {
        self.value(key).and_then(|value| value.parse().ok()).unwrap_or(0.0)
    }

    pub(super) fn count(&self, key: &KeySpec) -> usize {
        self.value(key).and_then(|value| value.trim().parse().ok()).unwrap_or(0)
    }

    pub(super) fn bytes(&self, key: &KeySpec) -> Bytes {
        self.value(key).and_then(units::bytes).unwrap_or(Bytes(0))
    }

    pub(super) fn duration(&self, key: &KeySpec) -> Duration {
        let unit = match key.kind {
            Kind::Duration(unit) | Kind::Limit(unit) => unit,
            _ => TimeUnit::Seconds,
        };
        self.value(key).and_then(|value| units::duration(value, unit)).unwrap_or_default()
    }

    /// A path in ZooKeeper without slashes at its end.
    pub(super) fn root(&self, key: &KeySpec) -> Option<String> {
        self.value(key).map(|root| root.trim_end_matches('/').to_owned())
    }
}
