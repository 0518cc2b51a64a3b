//! The uploaders that put packages into buckets: Amazon's, Google's and Microsoft's.

use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::super::keys;
use super::resolve::Work;

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

impl Work<'_> {
    pub(super) fn s3_bucket(&mut self) -> Bucket {
        let name = self.needed(
            &keys::UPLOADER_S3_BUCKET,
            "the S3Uploader needs to know where to send packages",
        );
        let reader = &self.reader;
        let endpoint = reader.optional(&keys::UPLOADER_S3_URI);
        let path_style = match reader.setting(&keys::UPLOADER_S3_PATH_STYLE) {
            Some(_) => reader.flag(&keys::UPLOADER_S3_PATH_STYLE),
            None => endpoint.is_some(),
        };
        let access = reader.optional(&keys::UPLOADER_S3_ACCESS_KEY);
        let secret = reader.optional(&keys::UPLOADER_S3_SECRET_KEY);
        let service = BucketService::S3 {
            region: reader.text(&keys::UPLOADER_S3_REGION),
            endpoint,
            path_style,
            profile: reader.optional(&keys::UPLOADER_S3_PROFILE),
            keys: access.clone().zip(secret.clone().map(SecretText::from)),
        };
        let bucket = Bucket {
            service,
            name,
            prefix: reader.text(&keys::UPLOADER_S3_PREFIX),
            credentials_file: reader.path(&keys::UPLOADER_S3_CREDENTIALS),
            proxy: reader.optional(&keys::UPLOADER_S3_PROXY),
        };
        match (access, secret) {
            (Some(_), None) => {
                self.missing(&keys::UPLOADER_S3_SECRET_KEY, "an access key needs its secret key");
            }
            (None, Some(_)) => {
                self.missing(&keys::UPLOADER_S3_ACCESS_KEY, "a secret key needs its access key");
            }
            _ => {}
        }
        bucket
    }

    pub(super) fn gcs_bucket(&mut self) -> Bucket {
        let name = self.needed(
            &keys::UPLOADER_GCS_BUCKET,
            "the GcsUploader needs to know where to send packages",
        );
        Bucket {
            service: BucketService::Gcs { endpoint: self.reader.optional(&keys::UPLOADER_GCS_URI) },
            name,
            prefix: String::new(),
            credentials_file: self.reader.path(&keys::UPLOADER_GCS_CREDENTIALS),
            proxy: None,
        }
    }

    pub(super) fn azure_bucket(&mut self) -> Bucket {
        let who = "the AzureUploader needs to know where to send packages";
        let account = self.needed(&keys::UPLOADER_AZURE_ACCOUNT, who);
        let name = self.needed(&keys::UPLOADER_AZURE_CONTAINER, who);
        let endpoint = self.reader.optional(&keys::UPLOADER_AZURE_URI);
        Bucket {
            service: BucketService::Azure { account, endpoint },
            name,
            prefix: self.reader.text(&keys::UPLOADER_AZURE_PREFIX),
            credentials_file: self.reader.path(&keys::UPLOADER_AZURE_CREDENTIALS),
            proxy: None,
        }
    }
}
