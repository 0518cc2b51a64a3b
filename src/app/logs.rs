//! What `-v` and `HERON_LOG` show of the inside, on stderr.

use crate::env::Env;
use crate::ui::Stderr;

/// Shows what the options or the environment ask for.
pub(super) fn init(verbose: u8, env: &Env) {
    let level = match verbose {
        0 | 1 => "warn,heron_cli=info",
        2 => "warn,heron_cli=debug",
        _ => "debug,heron_cli=trace",
    };
    let filter = match (env.get("HERON_LOG"), verbose) {
        (Some(filter), _) => filter,
        (None, 0) => return,
        (None, _) => level,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(|| Stderr)
        .with_ansi(false)
        .finish();
    // Only a second program in this process could have set one already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
