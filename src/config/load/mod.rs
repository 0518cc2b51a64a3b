//! From flags and files to a [`Config`](crate::config::Config) with its layers.
//!
//! This is the edge: it reads the files that were named and nothing else. Neither the environment nor
//! any default location is looked at; the caller passes what it knows.
//!
//! Source of facts: `docs/configuration.md`, `docs/heron.md#configuration`.

mod assemble;
mod context;
mod directory;
mod error;
mod flags;
mod loading;
mod sources;

pub use assemble::{Loaded, ReadFrom, load};
pub use error::{LoadError, LoadErrors};
pub use sources::{Files, Sources};

#[cfg(test)]
mod tests;
