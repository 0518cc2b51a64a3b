//! How the topology package gets to the agents: every store and what it needs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

/// How the topology package gets to the agents, by the uploader class's last component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uploader {
    /// It is already at the configured URI.
    Null,
    /// It is copied to a directory that the agents have too.
    LocalFileSystem {
        /// The directory; `${TOPOLOGY}` stands for the topology's name.
        directory: String,
    },
    /// It is sent to a web server.
    Http {
        /// Where to.
        uri: String,
        /// How; `None` means PUT, and POST where the server doesn't know PUT.
        method: Option<HttpMethod>,
        /// A file with the Authorization header.
        authorization_file: Option<PathBuf>,
    },
    /// It is put into HDFS by the `hadoop` program.
    Hdfs {
        /// The directory's URI; `${TOPOLOGY}` stands for the topology's name.
        directory: String,
        /// The directory of Hadoop's configuration.
        configuration: Option<PathBuf>,
        /// How long one run of a program may take.
        time_limit: Duration,
    },
    /// It is copied to another machine by `scp` and `ssh`, or by `sftp` alone.
    Ssh {
        /// Whether by `sftp` alone.
        sftp: bool,
        /// Options and connection for `scp` or `sftp`.
        copy: (Vec<String>, String),
        /// Options and connection for `ssh`.
        shell: (Vec<String>, String),
        /// The directory there; `${TOPOLOGY}` stands for the topology's name.
        directory: String,
        /// How long one run of a program may take.
        time_limit: Duration,
    },
    /// A command of the user's brings it where it belongs.
    Command {
        /// The words of the command.
        upload: Vec<String>,
        /// The words of the command that prints the size of what is there.
        check: Option<Vec<String>>,
        /// The words of the command that deletes it.
        undo: Option<Vec<String>>,
        /// The URI to fetch from, with `{name}`.
        uri: String,
        /// How long one run of a program may take.
        time_limit: Duration,
    },
    /// It is put into a bucket.
    Bucket(Bucket),
    /// It is written to HDFS through its HTTP gateway.
    WebHdfs {
        /// Name nodes and folder.
        uri: String,
        /// The user that files belong to.
        user: String,
        /// A file with a delegation token, used instead of the user.
        token_file: Option<PathBuf>,
    },
    /// Another uploader.
    Other {
        /// Its class's last component.
        class: String,
        /// All settings below `heron.uploader.`, by canonical names.
        options: BTreeMap<String, String>,
    },
}

/// The ways to send a file to a web server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpMethod {
    /// The body is the file.
    Put,
    /// The body is a form; the answer is the package's URI.
    Post,
}

/// A bucket and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Whose it is.
    pub service: BucketService,
    /// Its name.
    pub name: String,
    /// The text before each object's name.
    pub prefix: String,
    /// A file with credentials.
    pub credentials_file: Option<PathBuf>,
    /// A proxy.
    pub proxy: Option<String>,
}

/// Whose a bucket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BucketService {
    /// Amazon's, or of a store that speaks like it.
    S3 {
        /// The region.
        region: String,
        /// The address of a store that is not Amazon's.
        endpoint: Option<String>,
        /// The bucket is part of the path.
        path_style: bool,
        /// The access key and the secret one.
        keys: Option<(String, SecretText)>,
        /// The part of the credentials file that counts.
        profile: Option<String>,
    },
    /// Google's.
    Gcs {
        /// The address of another server.
        endpoint: Option<String>,
    },
    /// Microsoft's.
    Azure {
        /// The storage account.
        account: String,
        /// The address of another server.
        endpoint: Option<String>,
    },
}

/// A secret that stands in the configuration itself; never shown.
#[derive(Clone)]
pub struct SecretText(SecretString);

impl SecretText {
    /// The secret.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for SecretText {}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("********")
    }
}

/// Puts the topology's name where a setting has `${TOPOLOGY}`.
#[must_use]
pub fn with_topology(text: &str, topology: &str) -> String {
    text.replace("${TOPOLOGY}", topology)
}
