//! `config show`.

use crate::cli::ShowArgs;
use crate::config::show::{Defaults, Secrets, ShowOptions, show as document};
use crate::config::{Sources, load};
use crate::context::configure::ConfigureError;
use crate::outcome::{Outcome, ShownConfig};
use crate::report::Reporter;

/// Shows every key of every layer.
pub(super) fn show(
    args: &ShowArgs,
    sources: &Sources,
    reporter: &dyn Reporter,
) -> anyhow::Result<Outcome> {
    let loaded = load(sources).map_err(ConfigureError::from)?;
    for warning in loaded.warnings.iter().filter(|warning| warning.kind.is_urgent()) {
        reporter.warn(&warning.to_string());
    }
    let options = ShowOptions {
        defaults: if args.defaults { Defaults::Shown } else { Defaults::Hidden },
        secrets: if args.redact { Secrets::Redacted } else { Secrets::Shown },
    };
    let mut document = document(&loaded.config, options);
    document.sources = loaded.read_from.iter().map(Into::into).collect();
    Ok(Outcome::ConfigShown(ShownConfig {
        document,
        with_origin: args.origin,
        with_overridden: args.include_overridden,
    }))
}
