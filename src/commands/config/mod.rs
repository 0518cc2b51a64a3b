//! `config`: what the configuration says, whether it is right, and the tools for those who write it.
//!
//! Nothing here needs a cluster; the commands read files and return what they found.

mod change_context;
mod check;
mod contexts;
mod convert;
mod dispatch;
mod error;
mod get;
mod init;
mod keys;
mod show;
mod write;

pub use dispatch::{config, overrides};
pub use error::ConfigError;
