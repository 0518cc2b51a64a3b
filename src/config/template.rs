//! A configuration file to start from: `conf/mesos_scheduler.conf` with the values that every cluster has its own of. Pure.

use super::keys::{self, KeySpec};

/// The file that explains itself.
const TEMPLATE: &str = include_str!("../../conf/mesos_scheduler.conf");

/// The values that nobody can guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Essentials {
    /// The ZooKeeper servers.
    pub zookeeper: String,
    /// The root of Heron's state.
    pub root: String,
    /// The Mesos master.
    pub master: String,
    /// The URI of the core package.
    pub core: String,
    /// Where packages go; see [`store`].
    pub packages: String,
}

/// The settings of the store that a place of packages means: its class, and where it is.
pub fn store(place: &str) -> Result<Vec<(&'static KeySpec, String)>, String> {
    let class = |name: &str| (&keys::UPLOADER, name.to_owned());
    let place = place.trim();
    let bucket = |rest: &str| {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        (bucket.to_owned(), prefix.to_owned())
    };
    Ok(match place.split_once("://") {
        Some(("http" | "https", _)) => {
            vec![class("HttpUploader"), (&keys::UPLOADER_HTTP_URI, place.to_owned())]
        }
        Some(("hdfs" | "viewfs", _)) => {
            vec![class("HdfsUploader"), (&keys::UPLOADER_HDFS_URI, place.to_owned())]
        }
        Some(("s3", rest)) => {
            let (bucket, prefix) = bucket(rest);
            let mut settings = vec![class("S3Uploader"), (&keys::UPLOADER_S3_BUCKET, bucket)];
            if !prefix.is_empty() {
                settings.push((&keys::UPLOADER_S3_PREFIX, prefix));
            }
            settings
        }
        Some(("gs", rest)) if !rest.trim_end_matches('/').contains('/') => {
            let bucket = rest.trim_end_matches('/').to_owned();
            vec![class("GcsUploader"), (&keys::UPLOADER_GCS_BUCKET, bucket)]
        }
        None if place.starts_with('/') => {
            vec![class("LocalFileSystemUploader"), (&keys::UPLOADER_DIRECTORY, place.to_owned())]
        }
        _ => {
            return Err(
                "expected a directory that the agents have mounted, such as /mnt/heron, or \
                        http(s)://…, hdfs://…, s3://bucket/… or gs://bucket"
                    .to_owned(),
            );
        }
    })
}

/// The file with these values.
pub fn filled(values: &Essentials) -> Result<String, String> {
    let mut settings = vec![
        (&keys::STATE_CONNECTION, values.zookeeper.clone()),
        (&keys::STATE_ROOT, values.root.clone()),
        (&keys::MESOS_MASTER, values.master.clone()),
        (&keys::CORE_URI, values.core.clone()),
    ];
    settings.extend(store(&values.packages)?);
    let mut lines: Vec<String> = Vec::new();
    for line in TEMPLATE.lines() {
        let key = line.split_once(':').map_or("", |(key, _)| key.trim_start_matches('#'));
        let Some((spec, value)) = settings.iter().find(|(spec, _)| spec.name == key) else {
            // The store that the template chooses is another one now.
            if line.starts_with(keys::UPLOADER_DIRECTORY.name) {
                lines.push(format!("#{line}"));
            } else {
                lines.push(line.to_owned());
            }
            continue;
        };
        lines.push(setting(spec, value));
        // What the template doesn't show stands behind the store's class.
        if **spec == keys::UPLOADER {
            let shown = |spec: &KeySpec| TEMPLATE.contains(&format!("{}:", spec.name));
            let others = settings.iter().filter(|(spec, _)| !shown(spec));
            lines.extend(others.map(|(spec, value)| setting(spec, value)));
        }
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// A line of a properties file.
fn setting(spec: &KeySpec, value: &str) -> String {
    format!("{}: {}", spec.name, value.trim().replace('\\', "\\\\"))
}

#[cfg(test)]
mod tests;
