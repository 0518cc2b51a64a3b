//! Another machine's directory by the system's own `ssh`, `scp` and `sftp`: Heron's `ScpUploader`
//! (`docs/heron.md#uploaders`), and one for accounts that have sftp only.
//!
//! The programs are OpenSSH's, so that the user's `ssh_config`, agent, keys and jump hosts count. They never ask for
//! anything: there may be nobody to answer. Whether an unknown host is trusted is for the user's configuration to say.

mod connection;
mod scp;
mod sftp;
mod store;

pub use connection::{Login, SshConfig};
use connection::{failure, local, options};
pub use scp::Scp;
pub use sftp::Sftp;
use store::RemoteDirectory;
pub use store::SshStore;

#[cfg(test)]
mod tests;
