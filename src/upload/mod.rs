//! Bringing a topology's package to where Mesos can fetch it (`docs/heron.md#uploaders`).
//!
//! One file per kind of store, all behind [`Store`]; [`store_for`] makes one from its configuration. Knows neither Mesos
//! nor ZooKeeper, and nothing of what is in a package.

mod command;
mod configured;
mod credentials;
mod error;
mod hdfs;
mod http;
mod kinds;
mod local;
mod null;
mod object;
mod package;
mod programs;
mod ssh;
mod store;
mod webhdfs;
mod wire;

pub use command::{CommandConfig, CommandStore};
pub use configured::{ConfiguredStore, UnknownUploader, configured, in_uri};
pub use credentials::CredentialsError;
pub use error::UploadError;
pub use hdfs::{HdfsConfig, HdfsStore};
pub use http::{HttpConfig, HttpStore, Sending};
pub use kinds::{StoreConfig, store_for};
pub use local::LocalStore;
pub use null::NullStore;
#[cfg(feature = "object-stores")]
pub use object::ObjectStore;
pub use object::{ObjectConfig, Service};
pub use package::Package;
pub use programs::{OnLine, ProgramFailure, Programs, Trouble};
pub use ssh::{Login, Scp, Sftp, SshConfig, SshStore};
use store::check_name;
pub use store::{Effect, OnProgress, Store, Uploaded};
pub use webhdfs::{WebHdfsConfig, WebHdfsStore};
