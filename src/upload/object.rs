//! Buckets: Amazon's S3 and what speaks like it, Google's and Microsoft's.
//!
//! The configuration is always known; the store itself is there with the cargo feature `object-stores`.

mod config;
#[cfg(feature = "object-stores")]
mod connector;
#[cfg(feature = "object-stores")]
mod store;

pub use config::{ObjectConfig, Service};
#[cfg(feature = "object-stores")]
pub use store::ObjectStore;
