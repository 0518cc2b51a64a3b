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
mod local;
mod null;
mod object;
mod package;
mod programs;
mod ssh;
mod webhdfs;
mod wire;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::{BoxFuture, ready};
use tokio::time::Instant;

pub use command::{CommandConfig, CommandStore};
pub use configured::{Configured, UnknownUploader, configured, in_uri};
pub use credentials::CredentialsError;
pub use error::UploadError;
pub use hdfs::{HdfsConfig, HdfsStore};
pub use http::{HttpConfig, HttpStore, Sending};
pub use local::LocalStore;
pub use null::NullStore;
#[cfg(feature = "object-stores")]
pub use object::ObjectStore;
pub use object::{ObjectConfig, Service};
pub use package::Package;
pub use programs::{OnLine, ProgramFailure, Programs, Trouble};
pub use ssh::{Login, ScpStore, SftpStore, SshConfig};
pub use webhdfs::{WebHdfsConfig, WebHdfsStore};

/// Is told how many bytes are through; called often.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

/// What an upload has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Where the package can be fetched, without credentials.
    pub uri: String,
    /// What happened to the place it is in now.
    pub effect: Effect,
}

/// What an upload did, and so what undoing it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put something where nothing was; undoing it deletes that.
    Created,
    /// Overwrote what was there under the name; that can't be brought back, and undoing it does nothing.
    Replaced,
    /// Did nothing: the very same package was there already.
    AlreadyThere,
    /// Did nothing: somebody else has to bring the package there.
    NotUploaded,
}

/// A place for packages.
pub trait Store: Send + Sync {
    /// What kind it is, such as `local`.
    fn kind(&self) -> &'static str;

    /// Where a package of this name will be, without credentials.
    fn uri_of(&self, name: &str) -> Result<String, UploadError>;

    /// Brings a package there. Either all of it is there afterwards, or nothing is.
    fn upload<'a>(
        &'a self,
        package: &'a Package,
        name: &'a str,
        progress: Progress,
    ) -> BoxFuture<'a, Result<Uploaded, UploadError>>;

    /// Deletes the package that was uploaded under a name; it may be gone already.
    fn delete_package<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>>;

    /// Takes an upload back, as far as its [`Effect`] allows.
    fn undo<'a>(
        &'a self,
        uploaded: &'a Uploaded,
        name: &'a str,
    ) -> BoxFuture<'a, Result<(), UploadError>> {
        match uploaded.effect {
            Effect::Created => self.delete_package(name),
            Effect::Replaced | Effect::AlreadyThere | Effect::NotUploaded => {
                Box::pin(ready(Ok(())))
            }
        }
    }

    /// Removes what an upload may have left that was broken off before it had an end.
    fn discard<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(ready(Ok(())))
    }
}

/// The configuration of a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoreConfig {
    /// No upload: the package is expected at this URI.
    Null {
        /// Where it is expected.
        uri: String,
    },
    /// A directory that agents see under the same path.
    Local {
        /// The directory; created if need be.
        directory: PathBuf,
        /// What agents know the directory as, if it is another path or a URI.
        fetch_url: Option<String>,
    },
    /// An HTTP server that takes PUT or POST.
    Http(HttpConfig),
    /// HDFS, by the `hadoop` program.
    Hdfs(HdfsConfig),
    /// Another machine, by `ssh` and `scp`.
    Scp(SshConfig),
    /// Another machine, by `sftp`.
    Sftp(SshConfig),
    /// A command of the user's.
    Command(CommandConfig),
    /// A bucket of Amazon's, Google's or Microsoft's, or of what speaks like theirs.
    Object(ObjectConfig),
    /// HDFS through its HTTP gateway.
    WebHdfs(WebHdfsConfig),
}

impl StoreConfig {
    /// When no further attempt begins.
    #[must_use]
    pub fn until(mut self, deadline: Option<Instant>) -> Self {
        match &mut self {
            Self::Http(HttpConfig { policy, .. })
            | Self::WebHdfs(WebHdfsConfig { policy, .. })
            | Self::Object(ObjectConfig { policy, .. }) => policy.deadline = deadline,
            // These have no pauses that somebody else may ask for.
            Self::Null { .. }
            | Self::Local { .. }
            | Self::Hdfs(_)
            | Self::Scp(_)
            | Self::Sftp(_)
            | Self::Command(_) => {}
        }
        self
    }
}

/// Makes a store from its configuration.
pub fn store_for(config: &StoreConfig) -> Result<Box<dyn Store>, UploadError> {
    Ok(match config {
        StoreConfig::Null { uri } => Box::new(NullStore::new(uri)?),
        StoreConfig::Local { directory, fetch_url } => {
            Box::new(LocalStore::new(directory, fetch_url.as_deref())?)
        }
        StoreConfig::Http(config) => Box::new(HttpStore::new(config)?),
        StoreConfig::Hdfs(config) => Box::new(HdfsStore::new(config)?),
        StoreConfig::Scp(config) => Box::new(ScpStore::new(config)?),
        StoreConfig::Sftp(config) => Box::new(SftpStore::new(config)?),
        StoreConfig::Command(config) => Box::new(CommandStore::new(config)?),
        #[cfg(feature = "object-stores")]
        StoreConfig::Object(config) => Box::new(ObjectStore::new(config)?),
        #[cfg(not(feature = "object-stores"))]
        StoreConfig::Object(config) => {
            return Err(UploadError::NotBuilt { kind: config.service.kind() });
        }
        StoreConfig::WebHdfs(config) => Box::new(WebHdfsStore::new(config)?),
    })
}

/// Checks that a name is one part of a path and survives in a URI as it is.
fn check_name(name: &str) -> Result<(), UploadError> {
    let bad = name.is_empty()
        || name.starts_with('.')
        || name.contains(['/', '\\', '?', '#', '%'])
        || name.contains(|c: char| c.is_control() || c.is_whitespace());
    if bad { Err(UploadError::BadName { name: name.to_owned() }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_made_from_its_configuration() {
        let kind = |config| store_for(&config).map(|store| store.kind());
        let null = StoreConfig::Null { uri: "hdfs://x/y".into() };
        assert_eq!(kind(null).unwrap(), "null");
        let local = StoreConfig::Local { directory: "/tmp/x".into(), fetch_url: None };
        assert_eq!(kind(local).unwrap(), "local");
        let http = HttpConfig { url: "http://h/p".into(), ..HttpConfig::default() };
        assert_eq!(kind(StoreConfig::Http(http.clone())).unwrap(), "http");
        assert!(kind(StoreConfig::Null { uri: String::new() }).is_err());
        let bad = HttpConfig { url: "ftp://h/".into(), ..http };
        assert!(matches!(kind(StoreConfig::Http(bad)), Err(UploadError::BadUrl { .. })));
    }

    #[test]
    fn names_are_one_plain_part_of_a_path() {
        assert!(check_name("wordcount-root-tag-0.tar.gz").is_ok());
        for name in ["", ".", "..", "a/b", "a b", "a?b", "a#b", "a%b", "a\nb"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }
}
