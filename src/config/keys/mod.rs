//! The one table of keys: every name that Heron ever gave a setting, its type, default and meaning.
//!
//! Typed settings, `config check`, `config convert`, `config keys` and `docs/configuration.md` all
//! come from here. The canonical name of a setting is the one of Heron's last release, where that
//! release had it.
//!
//! Source of facts: `docs/heron.md#keys-for-mesos`, `docs/heron.md#configuration`, `docs/heron.md#uploaders`.

mod cluster;
mod kind;
mod mesos;
mod nearest;
mod packages;
mod resources;
mod sandbox;
mod spec;
mod state;
mod supervisors;
mod table;
mod topology;
mod unused;

pub use cluster::*;
pub use kind::{Kind, parse_bool};
pub use mesos::*;
pub use nearest::nearest;
pub use packages::*;
pub use resources::*;
pub use sandbox::*;
pub use spec::KeySpec;
pub use state::*;
pub use supervisors::*;
pub use table::{GROUPS, Group, Lookup, all, lookup};
pub use topology::*;
pub use unused::*;
