//! Configuration: files, flags and overrides become typed settings, and every value knows where it
//! came from.
//!
//! ```text
//! flags, files ─▶ load ─▶ Config (layers, origins, what is hidden) ─▶ settings::resolve ─▶ Settings
//!                  ├ properties   java.util.Properties, exactly          or all Problems at once
//!                  ├ overrides    the first positional argument
//!                  └ directory    YAML files, or the .conf files of 2016
//! ```
//!
//! [`keys`] is the one table of all names of all settings; everything else asks it. Nothing in here
//! knows ZooKeeper, Mesos or the command line.

pub mod check;
pub mod cluster;
pub mod context;
pub mod convert;
pub mod engine;
pub mod files;
pub mod judge;
pub mod keys;
pub mod layer;
pub mod legacy;
pub mod load;
pub mod loader;
pub mod overrides;
pub mod problem;
pub mod properties;
pub mod reference;
pub mod secret;
pub mod settings;
pub mod show;
pub mod substitute;
pub mod template;
pub mod units;
pub mod yaml;

pub use judge::judge;
pub use layer::{Config, Layer, Origin, Setting};
pub use load::{LoadError, LoadErrors, Loaded, Sources, load};
pub use problem::{Problem, ProblemKind, Problems, Warning, WarningKind};
pub use secret::read_secret;
pub use settings::{Need, Resolved, Settings};

#[cfg(test)]
mod tests;
