//! Files of a task's sandbox, read from its agent (`docs/mesos.md#sandboxes`).
//!
//! An agent serves them until it collects its garbage, a week after the task's end by default. It is asked directly, so
//! that it must be reachable from here, and may want credentials of its own.

use std::fmt;

use reqwest::Method;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use tokio::sync::OnceCell;

use super::http::{Http, HttpError, bad_answer};
use super::ids::{ExecutorId, FrameworkId};
use super::json::{self, or_default};
use super::master::LeaderUrl;

/// The agent's bound of one read (16 pages).
const PIECE: u64 = 64 * 1024;

/// Why a sandbox can't be read.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The agent knows neither the task nor a trace of it.
    #[error("agent {agent} has no sandbox of executor {executor} of framework {framework}")]
    NoSandbox {
        /// The agent.
        agent: String,
        /// The framework.
        framework: FrameworkId,
        /// The executor: for command tasks the task's id.
        executor: ExecutorId,
    },
    /// There is a sandbox, but no such file in it.
    #[error("agent {agent}: the sandbox has no file {file}")]
    NoFile {
        /// The agent.
        agent: String,
        /// The file, relative to the sandbox.
        file: String,
    },
    /// A path that leads out of the sandbox.
    #[error("{file:?} is not a path inside the sandbox")]
    BadPath {
        /// The path.
        file: String,
    },
    /// Anything else.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl SandboxError {
    /// What to look at next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoSandbox { .. } => {
                "the agent may have removed it: sandboxes are kept a week, less when disks are full"
            }
            Self::NoFile { .. } => "list the sandbox to see its files",
            Self::BadPath { .. } => "give a path relative to the sandbox",
            Self::Http(error) => error.hint(),
        }
    }
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it starts.
    pub offset: u64,
    /// The bytes as they are; a character of several bytes may be cut at either end.
    pub data: Vec<u8>,
}

impl Piece {
    /// Where to read on.
    #[must_use]
    pub fn next_offset(&self) -> u64 {
        self.offset + self.data.len() as u64
    }

    /// As text, with replacements for what is none.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }
}

/// An entry of a directory.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct FileInfo {
    /// Path; relative to the sandbox after [`Sandbox::list`].
    #[serde(default, deserialize_with = "or_default")]
    pub path: String,
    /// As `ls -l` shows it; a directory's starts with `d`.
    #[serde(default, deserialize_with = "or_default")]
    pub mode: String,
    /// Bytes.
    #[serde(default, deserialize_with = "or_default")]
    pub size: u64,
    /// Seconds since the epoch.
    #[serde(default, deserialize_with = "or_default")]
    pub mtime: f64,
    /// Name of its owner.
    #[serde(default, deserialize_with = "or_default")]
    pub uid: String,
}

impl FileInfo {
    /// Whether it is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.mode.starts_with('d')
    }
}

/// The sandbox of a task.
#[derive(Debug)]
pub struct Sandbox {
    http: Http,
    agent: LeaderUrl,
    framework: FrameworkId,
    executor: ExecutorId,
    /// The base, once it is known to be good.
    base: OnceCell<String>,
}

#[derive(Deserialize)]
struct Read {
    #[serde(default)]
    data: Bytes,
    #[serde(default, deserialize_with = "or_default")]
    offset: i64,
}

/// A JSON string as the bytes it was made of, even if they are no UTF-8: offsets count these (§7.5).
#[derive(Default)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Raw;
        impl Visitor<'_> for Raw {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Raw)
    }
}

#[derive(Deserialize)]
struct AgentState {
    #[serde(default, deserialize_with = "or_default")]
    frameworks: Vec<AgentFramework>,
    #[serde(default, deserialize_with = "or_default")]
    completed_frameworks: Vec<AgentFramework>,
}

#[derive(Deserialize)]
struct AgentFramework {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    executors: Vec<AgentExecutor>,
    #[serde(default, deserialize_with = "or_default")]
    completed_executors: Vec<AgentExecutor>,
}

#[derive(Deserialize)]
struct AgentExecutor {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    directory: String,
}

impl Sandbox {
    /// The sandbox of an executor, which for a command task has the task's id. Nothing is asked yet.
    #[must_use]
    pub fn new(http: Http, agent: LeaderUrl, framework: FrameworkId, executor: ExecutorId) -> Self {
        Self { http, agent, framework, executor, base: OnceCell::new() }
    }

    /// The agent.
    #[must_use]
    pub fn agent(&self) -> &LeaderUrl {
        &self.agent
    }

    /// What is in a directory, `""` being the sandbox itself. Paths in the answer are relative to the sandbox.
    ///
    /// The agent says nothing of a directory that isn't there, or can't be read, but that it is empty.
    pub async fn list(&self, directory: &str) -> Result<Vec<FileInfo>, SandboxError> {
        let base = self.base().await?;
        let path = inside(base, directory)?;
        let bytes = match self.ask("/files/browse", &[("path", &path)]).await {
            Ok(bytes) => bytes,
            Err(HttpError::NotFound { .. }) => return Err(self.no_file(directory)),
            Err(error) => return Err(error.into()),
        };
        let mut files: Vec<FileInfo> = self.decode("/files/browse", &bytes)?;
        for file in &mut files {
            let relative =
                file.path.strip_prefix(base).map(|path| path.trim_start_matches('/').to_owned());
            file.path = relative.unwrap_or_else(|| std::mem::take(&mut file.path));
        }
        Ok(files)
    }

    /// The size of a file.
    pub async fn size(&self, file: &str) -> Result<u64, SandboxError> {
        let read = self.ask_read(file, "-1", None).await?;
        Ok(u64::try_from(read.offset).unwrap_or_default())
    }

    /// Reads at most `length` bytes (and at most 64 KiB) from an offset on. Beyond the end: nothing.
    ///
    /// To follow a file, go on at [`Piece::next_offset`]; when [`Sandbox::size`] is less than that, the file was
    /// replaced: start again at 0.
    pub async fn read(&self, file: &str, offset: u64, length: u64) -> Result<Piece, SandboxError> {
        let length = length.min(PIECE).to_string();
        let read = self.ask_read(file, &offset.to_string(), Some(&length)).await?;
        Ok(Piece { offset, data: read.data.0 })
    }

    /// The last bytes of a file, at most `bytes` of what it has now.
    pub async fn tail(&self, file: &str, bytes: u64) -> Result<Piece, SandboxError> {
        let size = self.size(file).await?;
        let offset = size.saturating_sub(bytes);
        let mut tail = Piece { offset, data: Vec::new() };
        while tail.next_offset() < size {
            let piece = self.read(file, tail.next_offset(), size - tail.next_offset()).await?;
            if piece.data.is_empty() {
                // It was cut meanwhile.
                break;
            }
            tail.data.extend(piece.data);
        }
        Ok(tail)
    }

    async fn ask_read(
        &self,
        file: &str,
        offset: &str,
        length: Option<&str>,
    ) -> Result<Read, SandboxError> {
        let path = inside(self.base().await?, file)?;
        let mut query = vec![("path", path.as_str()), ("offset", offset)];
        query.extend(length.map(|length| ("length", length)));
        let bytes = match self.ask("/files/read", &query).await {
            Ok(bytes) => bytes,
            Err(HttpError::NotFound { .. }) => return Err(self.no_file(file)),
            Err(error) => return Err(error.into()),
        };
        // Not by way of text: repaired bytes could not be counted.
        serde_json::from_slice(&bytes)
            .map_err(|error| self.unexpected("/files/read", &error).into())
    }

    /// The virtual path, which needs no knowledge of the agent's directories, or the real one from the agent's state.
    async fn base(&self) -> Result<&str, SandboxError> {
        let found = self.base.get_or_try_init(|| async {
            let Self { framework, executor, .. } = self;
            let path = format!("/frameworks/{framework}/executors/{executor}/runs/latest");
            match self.ask("/files/browse", &[("path", &path)]).await {
                Ok(_) => Ok(path),
                Err(HttpError::NotFound { .. }) => self.directory().await,
                Err(error) => Err(error.into()),
            }
        });
        found.await.map(String::as_str)
    }

    async fn directory(&self) -> Result<String, SandboxError> {
        let state: AgentState = self.decode("/state", &self.ask("/state", &[]).await?)?;
        let frameworks = state.frameworks.into_iter().chain(state.completed_frameworks);
        frameworks
            .filter(|framework| framework.id == self.framework.as_str())
            .flat_map(|framework| {
                framework.executors.into_iter().chain(framework.completed_executors)
            })
            .find(|executor| {
                executor.id == self.executor.as_str() && !executor.directory.is_empty()
            })
            .map(|executor| executor.directory)
            .ok_or_else(|| SandboxError::NoSandbox {
                agent: self.agent.to_string(),
                framework: self.framework.clone(),
                executor: self.executor.clone(),
            })
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, HttpError> {
        let url = self.agent.join(path, query);
        let response = self.http.send(Method::GET, &url, None).await?;
        self.http.body(&url, self.http.expect_ok(&url, response).await?).await
    }

    fn decode<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        bytes: &[u8],
    ) -> Result<T, HttpError> {
        json::read(bytes).map_err(|error| self.unexpected(path, &error))
    }

    fn unexpected(&self, path: &str, error: &serde_json::Error) -> HttpError {
        bad_answer(&self.agent.join(path, &[]), format!("no such JSON as expected: {error}"))
    }

    fn no_file(&self, file: &str) -> SandboxError {
        SandboxError::NoFile { agent: self.agent.to_string(), file: file.to_owned() }
    }
}

/// The path of a file below the base. The agent would refuse to leave it; this says so earlier.
fn inside(base: &str, file: &str) -> Result<String, SandboxError> {
    let file = file.trim_start_matches("./").trim_end_matches('/');
    if file.starts_with('/') || file.contains('\0') || file.split('/').any(|part| part == "..") {
        return Err(SandboxError::BadPath { file: file.to_owned() });
    }
    Ok(if file.is_empty() || file == "." { base.to_owned() } else { format!("{base}/{file}") })
}

#[cfg(test)]
mod tests;
