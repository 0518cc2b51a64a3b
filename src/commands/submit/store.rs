//! The package store that a configuration names, and uploading to it.

use std::sync::Arc;
use std::time::Duration;

use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::commands::report::Progress;
use crate::config::settings::{HttpMethod, UPLOADERS, Uploader, with_topology};
use crate::upload::{
    CommandConfig, HdfsConfig, HttpConfig, Login, Package, Programs, SshConfig, Store, StoreConfig,
    Uploaded,
};

/// Uploads a package. When the user wants to leave, nothing of it is left behind.
pub(super) async fn upload(
    context: &Context<'_>,
    store: &dyn Store,
    package: &Package,
    name: &str,
) -> anyhow::Result<Uploaded> {
    let (reporter, total) = (context.reporter.clone(), package.size);
    let progress = move |done| {
        let detail = String::new();
        reporter.progress(&Progress { done, total, unit: "bytes", detail });
    };
    let signal = tokio::select! {
        uploaded = store.upload(package, name, Arc::new(progress)) => return Ok(uploaded?),
        signal = context.signals.wait() => signal,
    };
    let mut next = vec!["nothing was changed".to_owned()];
    if let Err(error) = store.discard(name).await {
        next = vec![format!(
            "nothing but this was changed: a part of the package may be left: {error}"
        )];
    }
    Err(CommandError::Interrupted { signal, doing: "uploading the package".to_owned(), next }
        .into())
}

/// The store for a topology's package.
pub(super) fn store_config(
    context: &Context<'_>,
    topology: &str,
) -> Result<StoreConfig, CommandError> {
    let settings = context.settings;
    let here = |text: &str| with_topology(text, topology);
    let fetch_folder = settings.topology_uri.as_deref().map(here);
    let programs = |time_limit: &Duration| programs(context, *time_limit);
    let unsupported = |what: &str| CommandError::Unsupported { what: what.to_owned() };
    match &settings.uploader {
        Uploader::Null => {
            // A configuration with this uploader and without a URI is refused when it is read.
            let uri = settings.topology_uri.as_deref().unwrap_or_default();
            Ok(StoreConfig::Null { uri: with_topology(uri, topology) })
        }
        Uploader::LocalFileSystem { directory } => {
            Ok(StoreConfig::Local { directory: with_topology(directory, topology).into() })
        }
        Uploader::Http { method: Some(HttpMethod::Post), .. } => {
            Err(unsupported("uploading by POST; a server that takes PUT is needed"))
        }
        Uploader::Http { authorization_file: Some(_), .. } => {
            Err(unsupported("an Authorization header of one's own for the package store"))
        }
        Uploader::Http { uri, .. } => Ok(StoreConfig::Http(HttpConfig {
            url: with_topology(uri, topology),
            fetch_url: settings.topology_uri.as_ref().map(|uri| with_topology(uri, topology)),
            credentials: None,
            proxy: None,
            timeout: None,
        })),
        Uploader::Hdfs { directory, configuration, time_limit } => {
            Ok(StoreConfig::Hdfs(HdfsConfig {
                directory: here(directory),
                fetch_folder,
                configuration: configuration.clone(),
                programs: programs(time_limit),
            }))
        }
        Uploader::Ssh { sftp, copy, shell, directory, time_limit } => {
            let login = |(options, connection): &(Vec<String>, String)| Login {
                options: options.clone(),
                connection: connection.clone(),
            };
            let config = SshConfig {
                copy: login(copy),
                shell: login(shell),
                directory: here(directory),
                fetch_folder,
                programs: programs(time_limit),
            };
            Ok(if *sftp { StoreConfig::Sftp(config) } else { StoreConfig::Scp(config) })
        }
        Uploader::Command { upload, check, undo, uri, time_limit } => {
            let words = |words: &Vec<String>| words.iter().map(|word| here(word)).collect();
            Ok(StoreConfig::Command(CommandConfig {
                upload: words(upload),
                check: check.as_ref().map(words),
                undo: undo.as_ref().map(words),
                uri: here(uri),
                programs: programs(time_limit),
            }))
        }
        Uploader::Other { class, .. } => {
            let known = UPLOADERS.join(", ");
            Err(unsupported(&format!("the uploader {class} (known: {known})")))
        }
    }
}

/// Where this machine's programs are; what they print is shown to those who want to see it.
fn programs(context: &Context<'_>, time_limit: Duration) -> Programs {
    let reporter = context.reporter.clone();
    Programs {
        path: context.machine.path.clone(),
        hadoop_home: context.machine.hadoop_home.clone(),
        time_limit,
        on_line: Arc::new(move |line| reporter.program_output(line)),
    }
}
