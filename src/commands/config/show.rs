//! `config show`.

use crate::cli::ShowArgs;
use crate::config::Loaded;
use crate::config::show::{Defaults, Secrets, ShowOptions, show as document};
use crate::outcome::{Outcome, ShownConfig};

/// Shows every key of every layer.
pub(super) fn show(args: &ShowArgs, loaded: &Loaded) -> Outcome {
    let options = ShowOptions {
        defaults: if args.defaults { Defaults::Shown } else { Defaults::Hidden },
        secrets: if args.redact { Secrets::Redacted } else { Secrets::Shown },
    };
    let mut document = document(&loaded.config, options);
    document.sources = loaded.read_from.iter().map(Into::into).collect();
    Outcome::ConfigShown(ShownConfig {
        document,
        with_origin: args.origin,
        with_overridden: args.include_overridden,
    })
}
