//! The uploaders that put packages into buckets: Amazon's, Google's and Microsoft's.

use super::stores::{Bucket, BucketService, SecretText};
use super::work::Work;
use crate::config::keys;

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
