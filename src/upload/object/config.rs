//! What a bucket is, and the addresses in it.

#[cfg(feature = "object-stores")]
use reqwest::Url;
use secrecy::SecretString;

use crate::net::http::Proxies;
use crate::net::retry::RetryPolicy;
#[cfg(feature = "object-stores")]
use crate::upload::UploadError;

/// The configuration of a bucket.
#[derive(Clone, Debug)]
pub struct ObjectConfig {
    /// Whose it is.
    pub service: Service,
    /// Its name; Microsoft calls it a container.
    pub bucket: String,
    /// The folder in it; slashes at the ends don't count.
    pub folder: String,
    /// The folder that agents fetch from, of any scheme; else the bucket's own address.
    pub fetch_url: Option<String>,
    /// Credentials by the names that the service's tools give them, such as `aws_access_key_id`. Without any, those that
    /// the machine itself has are asked for.
    pub credentials: Vec<(String, SecretString)>,
    /// Proxies for the upload.
    pub proxies: Proxies,
    /// How long and how often to try.
    pub policy: RetryPolicy,
}

/// Whose a bucket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Amazon S3, or a store that speaks like it.
    S3 {
        /// The region.
        region: String,
        /// The address of a store that is not Amazon's.
        endpoint: Option<String>,
        /// The bucket is part of the path, not of the host name.
        path_style: bool,
    },
    /// Google Cloud Storage.
    Gcs {
        /// The address of another server that speaks like it.
        endpoint: Option<String>,
    },
    /// Microsoft's Azure Blob Storage.
    Azure {
        /// The storage account.
        account: String,
        /// The address of another server that speaks like it, the account included.
        endpoint: Option<String>,
    },
}

impl Service {
    /// What kind of store it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::S3 { .. } => "s3",
            Self::Gcs { .. } => "gcs",
            Self::Azure { .. } => "azure",
        }
    }

    #[cfg(feature = "object-stores")]
    pub(super) fn endpoint(&self) -> Option<&str> {
        match self {
            Self::S3 { endpoint, .. } | Self::Gcs { endpoint } | Self::Azure { endpoint, .. } => {
                endpoint.as_deref()
            }
        }
    }
}

#[cfg(feature = "object-stores")]
impl ObjectConfig {
    /// The path of an object in the bucket.
    pub(super) fn key(&self, name: &str) -> String {
        let parts = self.folder.split('/').filter(|part| !part.is_empty());
        parts.chain([name]).collect::<Vec<_>>().join("/")
    }

    /// The address of the bucket.
    pub(super) fn address(&self) -> Result<Url, UploadError> {
        let bucket = self.bucket.as_str();
        let (text, in_path) = match (&self.service, self.service.endpoint()) {
            // A certificate covers one label in front of Amazon's.
            (Service::S3 { region, path_style, .. }, None)
                if *path_style || bucket.contains('.') =>
            {
                (format!("https://s3.{region}.amazonaws.com"), true)
            }
            (Service::S3 { region, .. }, None) => {
                (format!("https://{bucket}.s3.{region}.amazonaws.com"), false)
            }
            (Service::S3 { path_style: false, .. }, Some(endpoint)) => {
                let (scheme, host) = endpoint.split_once("://").unwrap_or(("https", endpoint));
                (format!("{scheme}://{bucket}.{host}"), false)
            }
            (_, Some(endpoint)) => (endpoint.to_owned(), true),
            (Service::Gcs { .. }, None) => ("https://storage.googleapis.com".to_owned(), true),
            (Service::Azure { account, .. }, None) => {
                (format!("https://{account}.blob.core.windows.net"), true)
            }
        };
        let (mut url, credentials) = crate::upload::wire::folder(&text)?;
        if credentials.is_some() {
            let why = "credentials don't belong into the address of a bucket".to_owned();
            return Err(UploadError::BadUrl { url: url.into(), why });
        }
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            if in_path {
                segments.push(bucket);
            }
        }
        Ok(url)
    }

    /// The address of an object, as everybody who may read it can fetch it.
    pub(super) fn object_address(&self, name: &str) -> Result<Url, UploadError> {
        let mut url = self.address()?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(self.key(name).split('/'));
        }
        Ok(url)
    }
}

#[cfg(test)]
#[cfg(feature = "object-stores")]
mod tests {
    use super::*;

    fn config(service: Service, bucket: &str) -> ObjectConfig {
        ObjectConfig {
            service,
            bucket: bucket.to_owned(),
            folder: "/heron//jobs/".to_owned(),
            fetch_url: None,
            credentials: Vec::new(),
            proxies: Proxies::default(),
            policy: RetryPolicy::default(),
        }
    }

    fn address(service: Service, bucket: &str) -> String {
        config(service, bucket).object_address("t.tar.gz").unwrap().into()
    }

    #[test]
    fn addresses_are_those_of_the_services() {
        let s3 = |endpoint: Option<&str>, path_style| Service::S3 {
            region: "eu-west-1".to_owned(),
            endpoint: endpoint.map(str::to_owned),
            path_style,
        };
        let amazon = address(s3(None, false), "b");
        assert_eq!(amazon, "https://b.s3.eu-west-1.amazonaws.com/heron/jobs/t.tar.gz");
        let dotted = address(s3(None, false), "b.c");
        assert_eq!(dotted, "https://s3.eu-west-1.amazonaws.com/b.c/heron/jobs/t.tar.gz");
        let minio = address(s3(Some("http://minio:9000/"), true), "b");
        assert_eq!(minio, "http://minio:9000/b/heron/jobs/t.tar.gz");
        let hosted = address(s3(Some("http://minio:9000"), false), "b");
        assert_eq!(hosted, "http://b.minio:9000/heron/jobs/t.tar.gz");
        let google = address(Service::Gcs { endpoint: None }, "b");
        assert_eq!(google, "https://storage.googleapis.com/b/heron/jobs/t.tar.gz");
        let azure = |endpoint: Option<&str>| Service::Azure {
            account: "a".to_owned(),
            endpoint: endpoint.map(str::to_owned),
        };
        let microsoft = address(azure(None), "b");
        assert_eq!(microsoft, "https://a.blob.core.windows.net/b/heron/jobs/t.tar.gz");
        let azurite = address(azure(Some("http://h:10000/a")), "b");
        assert_eq!(azurite, "http://h:10000/a/b/heron/jobs/t.tar.gz");
        let bad = config(s3(Some("ftp://h"), true), "b").address().unwrap_err();
        assert!(matches!(bad, UploadError::BadUrl { .. }), "{bad}");
        let told = config(s3(Some("http://u:p@h"), true), "b").address().unwrap_err();
        assert!(!told.to_string().contains("p@"), "{told}");
    }
}
