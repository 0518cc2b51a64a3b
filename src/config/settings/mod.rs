//! Typed settings: what the rest of the program knows of a configuration.
//!
//! Values only; nothing here reads files or talks to anybody. [`resolve()`] makes settings of a
//! [`Config`](crate::config::Config) and lists every problem it finds.
//!
//! Source of facts: `docs/configuration.md`, `docs/heron.md#configuration`, `docs/heron.md#uploaders`.

mod bucket;
mod engine;
mod fetched;
mod mesos;
mod model;
mod parts;
mod reader;
mod resolve;
mod state;
mod stores;
mod supervisors;
mod uploader;
mod uploader_programs;
mod values;
mod work;

pub use model::{
    Backend, MasterText, Mesos, ReleaseSettings, ResourceSettings, SandboxSettings, Settings,
    State, SupervisorSettings, ZooKeeperAccess,
};
pub use resolve::{Resolved, resolve};
pub use stores::{Bucket, BucketService, HttpMethod, SecretText, Uploader, with_topology};
pub use uploader_programs::UPLOADERS;
pub use work::{Facts, Need};

#[cfg(test)]
mod tests;
