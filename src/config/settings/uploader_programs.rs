//! The uploaders that run programs of the system, and those that nobody knows.

use super::stores::Uploader;
use super::work::{Need, Work};
use crate::config::keys::{self, KeySpec};
use crate::config::problem::{Problem, ProblemKind};

/// Every uploader that there is, by its class's last component.
pub const UPLOADERS: [&str; 12] = [
    "NullUploader",
    "LocalFileSystemUploader",
    "HttpUploader",
    "S3Uploader",
    "GcsUploader",
    "AzureUploader",
    "WebHdfsUploader",
    "HdfsUploader",
    "ScpUploader",
    "SftpUploader",
    "CommandUploader",
    "FileSystemUploader",
];

/// What a URI of the command uploader needs.
const NAME: &str = "{name}";

impl Work<'_> {
    pub(super) fn hdfs_uploader(&mut self) -> Uploader {
        let why =
            "the HdfsUploader needs a directory, such as hdfs://namenode:8020/heron/topologies";
        let directory = self.needed(&keys::UPLOADER_HDFS_URI, why);
        let elsewhere = self.reader.setting(&keys::TOPOLOGY_URI).is_some();
        if !directory.is_empty() && !directory.contains("://") && !elsewhere {
            let why = "agents can't fetch from a path without hdfs:// and the name node; write those, or set \
                       heron.package.topology.uri to the folder's whole URI";
            self.conflict(&keys::UPLOADER_HDFS_URI, why);
        }
        Uploader::Hdfs {
            directory,
            configuration: self.reader.path(&keys::UPLOADER_HDFS_CONFIG),
            time_limit: self.reader.duration(&keys::UPLOADER_TIME_LIMIT),
        }
    }

    pub(super) fn scp_uploader(&mut self) -> Uploader {
        let why = "the ScpUploader needs a host, such as user@host";
        let connection = self.needed(&keys::UPLOADER_SCP_CONNECTION, why);
        let shell = self.reader.optional(&keys::UPLOADER_SSH_CONNECTION);
        let why =
            "the ScpUploader needs a directory on the other machine, and agents need it mounted";
        Uploader::Ssh {
            sftp: false,
            shell: (
                self.words(&keys::UPLOADER_SSH_OPTIONS),
                shell.unwrap_or_else(|| connection.clone()),
            ),
            copy: (self.words(&keys::UPLOADER_SCP_OPTIONS), connection),
            directory: self.needed(&keys::UPLOADER_SCP_DIRECTORY, why),
            time_limit: self.reader.duration(&keys::UPLOADER_TIME_LIMIT),
        }
    }

    pub(super) fn sftp_uploader(&mut self) -> Uploader {
        let why = "the SftpUploader needs a host, such as user@host";
        let connection = self.needed(&keys::UPLOADER_SFTP_CONNECTION, why);
        let why =
            "the SftpUploader needs a directory on the other machine, and agents need it mounted";
        Uploader::Ssh {
            sftp: true,
            shell: (Vec::new(), connection.clone()),
            copy: (self.words(&keys::UPLOADER_SFTP_OPTIONS), connection),
            directory: self.needed(&keys::UPLOADER_SFTP_DIRECTORY, why),
            time_limit: self.reader.duration(&keys::UPLOADER_TIME_LIMIT),
        }
    }

    pub(super) fn command_uploader(&mut self) -> Uploader {
        let why =
            "the CommandUploader needs a command, such as `rsync {file} host:/packages/{name}`";
        self.needed(&keys::UPLOADER_COMMAND, why);
        let upload = self.words(&keys::UPLOADER_COMMAND);
        if !upload.is_empty() && !upload.iter().any(|word| word.contains("{file}")) {
            self.conflict(
                &keys::UPLOADER_COMMAND,
                "it has no {file}, and so can't upload the package",
            );
        }
        let why = "the CommandUploader needs to know where agents fetch packages, such as \
                   http://host/packages/{name}";
        let uri = self.needed(&keys::UPLOADER_COMMAND_URI, why);
        if !uri.is_empty() && !uri.contains(NAME) {
            let why = "it has no {name}, and so one package would take the place of another that \
                       is in use";
            self.conflict(&keys::UPLOADER_COMMAND_URI, why);
        }
        let optional = |words: Vec<String>| if words.is_empty() { None } else { Some(words) };
        let check = optional(self.words(&keys::UPLOADER_COMMAND_CHECK));
        let undo = optional(self.words(&keys::UPLOADER_COMMAND_UNDO));
        if undo.is_some() && check.is_none() {
            let why = "only what was not there before is deleted, and without \
                       heron.uploader.command.check nobody knows what was";
            self.conflict(&keys::UPLOADER_COMMAND_UNDO, why);
        }
        let time_limit = self.reader.duration(&keys::UPLOADER_TIME_LIMIT);
        Uploader::Command { upload, check, undo, uri, time_limit }
    }

    /// Refuses uploaders that are not there, with those that are.
    pub(super) fn check_known(&mut self, class: &str) {
        if UPLOADERS.contains(&class) {
            return;
        }
        let why = if matches!(class, "DLUploader" | "DlogUploader") {
            "no Mesos agent can fetch from DistributedLog".to_owned()
        } else {
            "heron-cli doesn't know this uploader, and runs no Java of its own; \
             CommandUploader runs a command of yours"
                .to_owned()
        };
        let known = UPLOADERS.join(", ");
        self.wrong(&keys::UPLOADER, ProblemKind::Unsupported, &format!("{why}; known are {known}"));
    }

    /// A setting without which its uploader can't work.
    pub(super) fn needed(&mut self, key: &KeySpec, why: &str) -> String {
        let value = self.reader.optional(key).filter(|value| !value.is_empty());
        if value.is_none() && self.need >= Need::Launch {
            // A malformed value has been reported.
            match self.reader.setting(key) {
                None => self.missing(key, why),
                Some(setting) if setting.value.trim().is_empty() => {
                    self.problems.push(Problem::with(setting, ProblemKind::Malformed, why));
                }
                Some(_) => {}
            }
        }
        value.unwrap_or_default()
    }

    /// The words of a command line.
    fn words(&mut self, key: &KeySpec) -> Vec<String> {
        let text = self.reader.text(key);
        if let Some(words) = shlex::split(&text) {
            return words;
        }
        let why = "expected words quoted as for a shell; a quote is not closed";
        self.wrong(key, ProblemKind::Malformed, why);
        Vec::new()
    }

    fn conflict(&mut self, key: &KeySpec, why: &str) {
        self.wrong(key, ProblemKind::Conflict, why);
    }

    /// A problem with a setting, for commands that upload; the others don't care.
    fn wrong(&mut self, key: &KeySpec, kind: ProblemKind, why: &str) {
        if self.need < Need::Launch {
            return;
        }
        if let Some(setting) = self.reader.setting(key) {
            self.problems.push(Problem::with(setting, kind, why));
        }
    }
}
