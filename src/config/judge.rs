//! The one judgement of a configuration: what `config check` says, every verb obeys.
//!
//! [`resolve`](super::settings::resolve()) looks at values; this looks at what this version doesn't drive, and at the
//! files that values name.

use std::path::{Path, PathBuf};

use super::engine::{Engine, class_name};
use super::files;
use super::keys::{self, KeySpec};
use super::layer::{Config, Setting};
use super::load::Loaded;
use super::problem::{Problem, ProblemKind, Problems, Warning, WarningKind};
use super::secret::read_secret;
use super::settings::{Need, Resolved};

/// Settings for a command that needs so much of them, or everything that is wrong.
#[must_use]
pub fn judge(loaded: &Loaded, need: Need) -> Resolved {
    let mut resolved = loaded.resolve(need);
    let mut found: Vec<_> = not_driven(&loaded.config, &resolved, need).into_iter().collect();
    found.append(&mut named_files(&loaded.config, need, &mut resolved.warnings));
    if found.is_empty() {
        return resolved;
    }
    if let Err(Problems(problems)) = resolved.settings {
        found.splice(0..0, problems);
    }
    Resolved { settings: Err(Problems(found)), ..resolved }
}

/// Engines and states that Heron has and this version hasn't.
fn not_driven(config: &Config, resolved: &Resolved, need: Need) -> Option<Problem> {
    let first = |keys: &[&KeySpec]| keys.iter().find_map(|key| config.setting(key)).cloned();
    let refused = |setting: Option<Setting>, key: &KeySpec, reason: String| match setting {
        Some(setting) => Problem::with(&setting, ProblemKind::Unsupported, reason),
        None => Problem::missing(key, reason),
    };
    if resolved.engine != Engine::Mesos && need > Need::State {
        let reason = format!(
            "this is for the {} engine, and this version of heron-cli drives Mesos only: use MesosLauncher and \
             MesosConfigLoader",
            resolved.engine.name()
        );
        let setting = first(&[&keys::LAUNCHER, &keys::SCHEDULER, &keys::RUNTIME_MANAGER]);
        return Some(refused(setting, &keys::LAUNCHER, reason));
    }
    if resolved.local_state {
        let reason = "this keeps the state in files of one machine, which no other machine can see: name the \
                      ZooKeeper servers, such as zk1:2181, in heron.statemgr.connection.string"
            .to_owned();
        let setting = first(&[&keys::STATE_CONNECTION, &keys::STATE_MANAGER]);
        return Some(refused(setting, &keys::STATE_CONNECTION, reason));
    }
    None
}

/// What a file must be.
#[derive(Clone, Copy)]
enum Content {
    /// A secret of the user's alone.
    Secret,
    /// Certificates, which may be everybody's.
    Certificates,
}

/// The files that values name, and the uploader that reads them where only one does.
const FILES: [(&KeySpec, Content, Need, &str); 11] = [
    (&keys::STATE_AUTH_FILE, Content::Secret, Need::State, ""),
    (&keys::STATE_CA, Content::Certificates, Need::State, ""),
    (&keys::STATE_CLIENT_CERTIFICATE, Content::Secret, Need::State, ""),
    (&keys::MESOS_CA, Content::Certificates, Need::Engine, ""),
    (&keys::MESOS_CLIENT_CERTIFICATE, Content::Secret, Need::Engine, ""),
    (&keys::MESOS_SECRET, Content::Secret, Need::Engine, ""),
    (&keys::UPLOADER_HTTP_AUTHORIZATION, Content::Secret, Need::Launch, "HttpUploader"),
    (&keys::UPLOADER_S3_CREDENTIALS, Content::Secret, Need::Launch, "S3Uploader"),
    (&keys::UPLOADER_GCS_CREDENTIALS, Content::Secret, Need::Launch, "GcsUploader"),
    (&keys::UPLOADER_AZURE_CREDENTIALS, Content::Secret, Need::Launch, "AzureUploader"),
    (&keys::UPLOADER_WEBHDFS_TOKEN, Content::Secret, Need::Launch, "WebHdfsUploader"),
];

/// Every file that the command would read must be there, and be what it should be.
fn named_files(config: &Config, need: Need, warnings: &mut Vec<Warning>) -> Vec<Problem> {
    let uploader = config.setting(&keys::UPLOADER).map(|setting| class_name(&setting.value));
    let mut problems = Vec::new();
    for (key, content, needed_by, only) in FILES {
        let read = need >= needed_by && (only.is_empty() || uploader == Some(only));
        let Some(setting) = config.setting(key).filter(|_| read) else { continue };
        let path = PathBuf::from(setting.value.trim());
        match read_as(content, &path) {
            Ok(None) => {}
            Ok(Some(text)) => {
                warnings.push(Warning::with(setting, WarningKind::NamedFile, text));
            }
            Err(reason) => problems.push(Problem::with(setting, ProblemKind::File, reason)),
        }
    }
    problems
}

/// What is to be warned about, or why a file can't be used.
fn read_as(content: Content, path: &Path) -> Result<Option<String>, String> {
    match content {
        Content::Secret => match read_secret(path) {
            Ok((_, warning)) => Ok(warning.map(|warning| warning.text)),
            Err(error) => Err(error.to_string()),
        },
        Content::Certificates => match files::read(path) {
            Ok(bytes) if bytes.windows(PEM.len()).any(|window| window == PEM) => Ok(None),
            Ok(_) => Err(format!("{} holds no certificate in PEM form", path.display())),
            Err(error) => Err(error.to_string()),
        },
    }
}

const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

#[cfg(test)]
mod tests;
