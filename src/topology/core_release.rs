//! Which Heron release the containers run: as configured, else as the hosted core package says, else the newest.
//!
//! The package is read once per command and only if need be, from its start as far as its `release.yaml`, within limits of
//! bytes and time. Whatever can't be read is no error: the newest release is taken, and the reason told.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use reqwest::Client;
use tokio::time::{Instant, timeout};

use super::core_package::{self, Build, CoreError};
use super::dialect::{Release, ReleaseError};
use crate::net::http::{self, Options, Proxies, Redirects, Route, Security};
use crate::net::redact::redact;
use crate::net::retry::{RetryPolicy, Transient, is_passing, retry_after};
use crate::net::tls::Tls;
use crate::net::unreachable::Unreachable;

/// How long looking into the package may take in all.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How long a server may take to accept the connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// What is downloaded of a package at most.
const MOST_BYTES: u64 = 512 << 20;
/// Pieces of a download that wait to be looked at.
const PIECES: usize = 4;

/// A release, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenRelease {
    /// The release.
    pub release: Release,
    /// How it is known.
    pub source: ReleaseSource,
    /// What the core package says of itself, if it was asked.
    pub build: Option<Build>,
}

/// How a release is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseSource {
    /// `heron.release.version` says so.
    Setting,
    /// The core package's `release.yaml` says so.
    Package {
        /// The package, without credentials.
        uri: String,
    },
    /// Nothing says so.
    Newest {
        /// Why the package could not be asked.
        why: String,
        /// Whether it could, and said something that is of no use.
        odd: bool,
    },
}

impl ChosenRelease {
    /// How it is known, in words, and why nothing better is.
    #[must_use]
    pub fn detail(&self) -> String {
        match &self.source {
            ReleaseSource::Setting => "as heron.release.version says".to_owned(),
            ReleaseSource::Package { uri } => format!("as the release.yaml in {uri} says"),
            ReleaseSource::Newest { why, .. } => format!("the newest: {why}"),
        }
    }
}

/// The release that a setting says, if it does.
pub fn configured(setting: Option<&str>) -> Result<Option<ChosenRelease>, ReleaseError> {
    let setting = setting.map(str::trim).filter(|setting| !setting.is_empty());
    let chosen = |setting| {
        let (release, source) = (Release::parse(setting)?, ReleaseSource::Setting);
        Ok(ChosenRelease { release, source, build: None })
    };
    setting.map(chosen).transpose()
}

/// The release that the core package says, else the newest. `core_uri` has nothing left to be filled in.
pub async fn look(core_uri: &str, proxies: &Proxies) -> ChosenRelease {
    let found = timeout(TIME_LIMIT, read_build(core_uri, proxies)).await;
    conclude(core_uri, found.unwrap_or(Err(Unread::Slow)))
}

fn conclude(core_uri: &str, found: Result<Build, Unread>) -> ChosenRelease {
    let uri = redact(core_uri);
    let build = found.as_ref().ok().cloned();
    let (why, odd) = match found.map(|build| Release::parse(&build.version)) {
        Ok(Ok(release)) => {
            return ChosenRelease { release, source: ReleaseSource::Package { uri }, build };
        }
        Ok(Err(error)) => (format!("of the release.yaml in {uri}, {error}"), true),
        Err(unread) => {
            (format!("the release.yaml in {uri} can't be read from here: {unread}"), false)
        }
    };
    let source = ReleaseSource::Newest { why: redact(&why), odd };
    ChosenRelease { release: Release::newest(), source, build }
}

/// Why a package was not read.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("there is no core package")]
    None,
    #[error("only http, https and files are looked into")]
    Scheme,
    #[error("{0}")]
    Setup(String),
    #[error("{0}")]
    Http(Unreachable),
    #[error("the server answered {status}")]
    Status { status: u16, retry_after: Option<Duration> },
    #[error("it took longer than {} s", TIME_LIMIT.as_secs())]
    Slow,
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Transient for Unread {
    /// Where nobody listens, or no answer comes, perhaps only the agents are meant to reach the server: that is not worth
    /// waiting for.
    fn is_transient(&self) -> bool {
        match self {
            Self::Http(why) => *why == Unreachable::Closed,
            Self::Status { status, .. } => is_passing(*status),
            _ => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// What the package behind a URI says of itself.
async fn read_build(uri: &str, proxies: &Proxies) -> Result<Build, Unread> {
    let scheme = uri.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        None if uri.is_empty() => Err(Unread::None),
        None => in_file(uri.to_owned()).await,
        Some("file") => in_file(uri.get("file://".len()..).unwrap_or_default().to_owned()).await,
        Some("http" | "https") => in_download(uri, proxies).await,
        Some(_) => Err(Unread::Scheme),
    }
}

async fn in_file(path: String) -> Result<Build, Unread> {
    blocking(move || {
        let file = Path::new(&path);
        // Opening a pipe would wait for its writer.
        if !std::fs::metadata(file).map_err(CoreError::from)?.is_file() {
            return Err(CoreError::NotAFile);
        }
        core_package::build(File::open(file)?.take(MOST_BYTES))
    })
    .await
}

/// Downloads a package piece by piece while a thread looks into it, and stops when that has seen enough.
async fn in_download(uri: &str, proxies: &Proxies) -> Result<Build, Unread> {
    let client = http::client(&Options {
        route: Route::Proxied(proxies.clone()),
        security: Security::Tls(Tls::default()),
        redirects: Redirects::Download,
        connect_timeout: CONNECT_LIMIT,
        ..Options::default()
    });
    let client = client.map_err(|error| Unread::Setup(error.to_string()))?;
    let deadline = Some(Instant::now() + TIME_LIMIT);
    let policy = RetryPolicy { deadline, ..RetryPolicy::default() };
    policy.retry(|| in_answer(&client, uri)).await
}

async fn in_answer(client: &Client, uri: &str) -> Result<Build, Unread> {
    let failed = |error: reqwest::Error| Unread::Http(Unreachable::from(&error));
    let mut response = client.get(uri).send().await.map_err(failed)?;
    if !response.status().is_success() {
        let retry_after = retry_after(&response);
        return Err(Unread::Status { status: response.status().as_u16(), retry_after });
    }
    let (sender, receiver) = sync_channel(PIECES);
    let download = async move {
        loop {
            match response.chunk().await {
                Ok(Some(piece)) if send(&sender, piece.to_vec()).await => {}
                Ok(_) => return None,
                Err(error) => return Some(Unreachable::from(&error)),
            }
        }
    };
    let reader = Pieces { receiver, piece: io::Cursor::default() }.take(MOST_BYTES);
    let look = blocking(move || core_package::build(reader));
    tokio::pin!(look);
    tokio::select! {
        found = look.as_mut() => found,
        broken = download => match (look.as_mut().await, broken) {
            (Err(_), Some(broken)) => Err(Unread::Http(broken)),
            (found, _) => found,
        },
    }
}

/// Hands a piece over without ever holding the runtime up; false when nobody wants it any more.
async fn send(sender: &SyncSender<Vec<u8>>, piece: Vec<u8>) -> bool {
    use std::sync::mpsc::TrySendError;
    let mut piece = piece;
    loop {
        match sender.try_send(piece) {
            Ok(()) => return true,
            Err(TrySendError::Disconnected(_)) => return false,
            Err(TrySendError::Full(back)) => piece = back,
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The pieces of a download as one stream; it ends when the download does.
struct Pieces {
    receiver: Receiver<Vec<u8>>,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.receiver.recv() {
                Ok(piece) => self.piece = io::Cursor::new(piece),
                Err(_) => return Ok(0),
            }
        }
    }
}

async fn blocking(
    look: impl FnOnce() -> Result<Build, CoreError> + Send + 'static,
) -> Result<Build, Unread> {
    let found = tokio::task::spawn_blocking(look).await;
    Ok(found.map_err(|error| CoreError::from(io::Error::other(error)))??)
}

#[cfg(test)]
mod tests;
