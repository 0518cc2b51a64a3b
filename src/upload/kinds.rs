//! The kinds of stores, and how one is made from its configuration.

use std::path::PathBuf;

use tokio::time::Instant;

#[cfg(feature = "object-stores")]
use super::ObjectStore;
use super::{
    CommandConfig, CommandStore, HdfsConfig, HdfsStore, HttpConfig, HttpStore, LocalStore,
    NullStore, ObjectConfig, Scp, Sftp, SshConfig, SshStore, Store, UploadError, WebHdfsConfig,
    WebHdfsStore,
};

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
        StoreConfig::Scp(config) => Box::new(SshStore::<Scp>::new(config)?),
        StoreConfig::Sftp(config) => Box::new(SshStore::<Sftp>::new(config)?),
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
}
