//! What agents are told to fetch: no credentials in it, and nothing that a file name can't be put behind.

use super::stores::{BucketService, Uploader};
use super::work::{Need, Work};
use crate::config::keys::{self, KeySpec};
use crate::config::problem::{Problem, ProblemKind};

/// Hadoop's client is told the address on its command line.
const ON_COMMAND_LINES: &str = "everybody on this machine would see this password in the list of processes; put it into \
                                Hadoop's own configuration, such as core-site.xml";
const OF_BUCKETS: &str = "the address of a bucket holds no credentials; \
                          `heron-cli config keys heron.uploader` shows the settings for them";

impl Work<'_> {
    /// Everything that agents fetch; an uploader's own address is fetched from where no other folder is named.
    pub(super) fn check_fetched(&mut self, uploader: &Uploader, folder_named: bool) {
        if self.need < Need::Launch {
            return;
        }
        let mut fetched = vec![&keys::CORE_URI, &keys::TOPOLOGY_URI];
        let own = match uploader {
            Uploader::Http { .. } => Some(&keys::UPLOADER_HTTP_URI),
            Uploader::WebHdfs { .. } => Some(&keys::UPLOADER_WEBHDFS_URI),
            Uploader::Command { .. } => Some(&keys::UPLOADER_COMMAND_URI),
            _ => None,
        };
        fetched.extend(own.filter(|_| !folder_named));
        self.check_uploaded_to(uploader);
        if !self.reader.flag(&keys::FETCH_CREDENTIALS) {
            for key in fetched {
                self.refuse_credentials(key);
            }
        }
        if *uploader != Uploader::Null && folder_named {
            self.refuse_query(&keys::TOPOLOGY_URI);
        }
    }

    /// Addresses that are for the upload alone.
    fn check_uploaded_to(&mut self, uploader: &Uploader) {
        let (key, reason) = match uploader {
            Uploader::Hdfs { .. } => (&keys::UPLOADER_HDFS_URI, ON_COMMAND_LINES),
            Uploader::Bucket(bucket) => match bucket.service {
                BucketService::S3 { .. } => (&keys::UPLOADER_S3_URI, OF_BUCKETS),
                BucketService::Gcs { .. } => (&keys::UPLOADER_GCS_URI, OF_BUCKETS),
                BucketService::Azure { .. } => (&keys::UPLOADER_AZURE_URI, OF_BUCKETS),
            },
            _ => return,
        };
        let setting = self.reader.setting(key).filter(|setting| has_credentials(&setting.value));
        self.problems
            .extend(setting.map(|found| Problem::with(found, ProblemKind::Unsupported, reason)));
    }

    fn refuse_credentials(&mut self, key: &KeySpec) {
        let Some(setting) = self.reader.setting(key) else { return };
        if has_credentials(&setting.value) {
            let reason = format!(
                "agents would be told this password, and everybody who sees Mesos's pages could read it; give the \
                 agents credentials of their own, or set {} = true",
                keys::FETCH_CREDENTIALS.name
            );
            self.problems.push(Problem::with(setting, ProblemKind::Unsupported, reason));
        }
    }

    /// A package's name is put behind a folder.
    fn refuse_query(&mut self, key: &KeySpec) {
        let Some(setting) = self.reader.setting(key) else { return };
        if setting.value.contains(['?', '#']) {
            let reason = "expected a folder; behind a query no package's name can be put";
            self.problems.push(Problem::with(setting, ProblemKind::Malformed, reason));
        }
    }
}

/// Whether a URI names a password, or a user of a web server, who is often a token.
fn has_credentials(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.trim().split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return false };
    let web = scheme.to_ascii_lowercase().starts_with("http");
    !user.is_empty() && (web || user.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_seen() {
        for uri in ["http://u:p@h/x", "https://token@h/x", "ftp://u:p@h/x", "s3n://a:b@bucket/x"] {
            assert!(has_credentials(uri), "{uri}");
        }
        for uri in ["http://h/u@v", "hdfs://alice@nn:8020/x", "/x/y", "file:///a@b", "http://@h/x"]
        {
            assert!(!has_credentials(uri), "{uri}");
        }
    }
}
