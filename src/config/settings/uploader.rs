//! Which uploader, by the names of Heron's classes, and whether it has what it needs.

use super::parts::with_prefix;
use super::stores::{HttpMethod, Uploader};
use super::work::{Need, Work};
use crate::config::engine::class_name;
use crate::config::keys;
use crate::config::problem::{Problem, ProblemKind, Warning, WarningKind};

impl Work<'_> {
    pub(super) fn uploader(&mut self, place: &str, topology_uri: Option<&str>) -> Uploader {
        let class = self.reader.text(&keys::UPLOADER);
        match class_name(&class) {
            "" | "NullUploader" => {
                self.check_null_uploader(topology_uri);
                Uploader::Null
            }
            name @ ("LocalFileSystemUploader" | "LocalUploader" | "FileSystemUploader") => {
                Uploader::LocalFileSystem { directory: self.upload_directory(name, place) }
            }
            "HttpUploader" => {
                let uri = self.needed(
                    &keys::UPLOADER_HTTP_URI,
                    "the HttpUploader needs to know where to send packages",
                );
                let method = self.reader.optional(&keys::UPLOADER_HTTP_METHOD);
                Uploader::Http {
                    uri,
                    method: method.map(|method| {
                        let post = method.eq_ignore_ascii_case("POST");
                        if post { HttpMethod::Post } else { HttpMethod::Put }
                    }),
                    authorization_file: self.reader.path(&keys::UPLOADER_HTTP_AUTHORIZATION),
                }
            }
            "HdfsUploader" => self.hdfs_uploader(),
            "ScpUploader" => self.scp_uploader(),
            "SftpUploader" => self.sftp_uploader(),
            "CommandUploader" => self.command_uploader(),
            "S3Uploader" => Uploader::Bucket(self.s3_bucket()),
            "GcsUploader" => Uploader::Bucket(self.gcs_bucket()),
            "AzureUploader" => Uploader::Bucket(self.azure_bucket()),
            "WebHdfsUploader" => Uploader::WebHdfs {
                uri: self.needed(
                    &keys::UPLOADER_WEBHDFS_URI,
                    "the WebHdfsUploader needs to know where to send packages",
                ),
                user: self
                    .reader
                    .optional(&keys::UPLOADER_WEBHDFS_USER)
                    .unwrap_or_else(|| self.facts.user.clone()),
                token_file: self.reader.path(&keys::UPLOADER_WEBHDFS_TOKEN),
            },
            other => {
                self.check_known(other);
                Uploader::Other {
                    class: other.to_owned(),
                    options: with_prefix(self.reader.config, "heron.uploader."),
                }
            }
        }
    }

    /// Where agents fetch from what is uploaded. Files of 2015 name the package itself there, for want of an uploader; as
    /// packages are uploaded under names that tell their content, that can't be meant.
    pub(super) fn fetched_from(
        &mut self,
        uploader: &Uploader,
        uri: Option<String>,
    ) -> Option<String> {
        let archive = |uri: &str| [".tar.gz", ".tgz", ".tar"].iter().any(|end| uri.ends_with(end));
        let uri = uri?;
        if *uploader == Uploader::Null || !archive(&uri) {
            return Some(uri);
        }
        if let Some(setting) = self.reader.setting(&keys::TOPOLOGY_URI) {
            let text = "names a package, not the folder that agents fetch from; with an uploader it does not count";
            self.warnings.push(Warning::with(setting, WarningKind::Doubtful, text));
        }
        None
    }

    fn check_null_uploader(&mut self, topology_uri: Option<&str>) {
        let malformed = self.reader.setting(&keys::TOPOLOGY_URI).is_some();
        if topology_uri.is_some() || malformed || self.need < Need::Launch {
            return;
        }
        if let Some(setting) = self.reader.setting(&keys::UPLOADER) {
            let reason = "the null uploader uploads nothing: set heron.package.topology.uri \
                          (heron.topology.pkg.uri) to where the package is, or choose another \
                          uploader";
            self.problems.push(Problem::with(setting, ProblemKind::Conflict, reason));
        } else {
            let text = "choose how packages get to the agents, such as HttpUploader or \
                        LocalFileSystemUploader, or set heron.package.topology.uri";
            self.missing(&keys::UPLOADER, text);
        }
    }

    fn upload_directory(&self, class: &str, place: &str) -> String {
        let given = self.reader.optional(&keys::UPLOADER_DIRECTORY);
        let given = match (class, given) {
            // The uploader of February 2016 put the topology's address behind the path itself.
            ("FileSystemUploader", Some(directory)) => {
                Some(format!("{}/{place}/${{TOPOLOGY}}", directory.trim_end_matches('/')))
            }
            ("LocalUploader", None) => self.reader.optional(&keys::LOCAL_WORKING_DIRECTORY),
            (_, given) => given,
        };
        let mut parts = place.split('/');
        let (cluster, role) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        given.unwrap_or_else(|| self.in_home("repository", cluster, role))
    }
}
