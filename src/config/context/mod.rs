//! Contexts: named clusters in a `config.toml`, chosen with `--context`.
//!
//! ```toml
//! current = "prod"                      # used where no file is named on the command line
//!
//! [contexts.prod]
//! description = "the big cluster"
//! config-file = "prod.conf"             # beside this file; ~/ is the home directory
//! config-path = "/etc/heron/conf"       # and, or a directory
//! loader = "MesosConfigLoader"
//! cluster = "prod/heron/default"
//! overrides = "topology.debug=true"
//!
//! [contexts.prod.settings]
//! "heron.mesos.master.uri" = "zk://zk1:2181/mesos"
//!
//! [contexts.prod.secrets]               # each value is the file that holds the secret
//! "heron.mesos.secret.file" = "~/.heron/mesos-secret"
//! ```
//!
//! Several files may be given; a context is taken from the first that has it. This module knows no
//! default locations.

mod edit;
mod model;
mod read;

pub use edit::{with_context, with_current, without_context};
pub use model::{ContextError, Contexts, NamedContext, NewContext};
pub use read::{read, read_text};

#[cfg(test)]
mod tests;
