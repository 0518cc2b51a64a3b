//! Where the journal stands in ZooKeeper, how its records are read and written there, and what the driver has written of them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::connection::BoxError;
use super::container::ContainerRecord;
use super::member::short_name;
use super::record::{Desired, NEWEST_VERSION};
use super::revision::Revision;

/// Something in the journal can't be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Another program, or a later version with another format, wrote it.
    #[error("failed to read the journal record `{path}`")]
    Malformed {
        /// The znode.
        path: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A later version wrote it.
    #[error(
        "the journal record `{path}` has version {found}, and this heron-cli reads up to {NEWEST_VERSION}; \
         use the newer heron-cli that wrote it"
    )]
    TooNew {
        /// The znode.
        path: String,
        /// Its version.
        found: u32,
    },
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is done.
    Done,
    /// It is not: somebody else has changed the record, which is to be read first.
    Changed,
}

/// Writes the journal, and what else in the state tree follows from an action. Fails when the leader lock is lost.
#[allow(async_fn_in_trait)] // implementations are few and used by one task
pub trait Journal {
    /// Writes the desired record, unless somebody else has changed it since it was read or written here.
    async fn write_desired(&mut self, desired: &Desired) -> Result<Written, BoxError>;

    /// Writes containers' records.
    async fn write_containers(&mut self, containers: Vec<ContainerRecord>) -> Result<(), BoxError>;

    /// The desired record, if somebody else has changed it since it was read or written here.
    async fn changed(&mut self) -> Result<Option<Desired>, BoxError>;

    /// Removes the location of a TManager whose container has ended.
    async fn tmanager_ended(&mut self) -> Result<(), BoxError>;
}

/// The znodes of one topology's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPaths {
    /// The desired record; parent of the others.
    pub record: String,
    /// Parent of the container records.
    pub containers: String,
    /// Parent of the leader lock's nodes.
    pub lock: String,
}

impl JournalPaths {
    /// The paths below the journal's root.
    #[must_use]
    pub fn new(root: &str, topology: &str) -> Self {
        let record = format!("{root}/{topology}");
        Self { containers: format!("{record}/containers"), lock: format!("{record}/lock"), record }
    }

    /// The record of one container, or of a supervisor.
    #[must_use]
    pub fn container(&self, id: u32) -> String {
        self.node_of(&short_name(id))
    }

    /// What the name of a revision's node begins with.
    const REVISION: &'static str = "revision-";

    /// A topology as it was, or is to be.
    #[must_use]
    pub fn revision(&self, number: u32) -> String {
        format!("{}/{}{number}", self.record, Self::REVISION)
    }

    /// Those of the names of nodes below the record that are revisions', as paths.
    #[must_use]
    pub fn revisions_of(&self, names: &[String]) -> Vec<String> {
        let names = names.iter().filter(|name| name.starts_with(Self::REVISION));
        names.map(|name| format!("{}/{name}", self.record)).collect()
    }

    /// A node among the containers' records.
    #[must_use]
    pub fn node_of(&self, name: &str) -> String {
        format!("{}/{name}", self.containers)
    }
}

/// Reads the desired record. An empty node is a name that is reserved while a submission prepares: no record.
pub fn decode_desired(path: &str, bytes: &[u8]) -> Result<Option<Desired>, JournalError> {
    if bytes.is_empty() { Ok(None) } else { decode(path, bytes).map(Some) }
}

/// Reads a revision.
pub fn decode_revision(path: &str, bytes: &[u8]) -> Result<Revision, JournalError> {
    decode(path, bytes)
}

/// Reads a container's record.
pub fn decode_container(path: &str, bytes: &[u8]) -> Result<ContainerRecord, JournalError> {
    decode(path, bytes)
}

fn decode<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, JournalError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let malformed = |source| JournalError::Malformed { path: path.to_owned(), source };
    let Versioned { version } = serde_json::from_slice(bytes).map_err(malformed)?;
    if version > NEWEST_VERSION {
        return Err(JournalError::TooNew { path: path.to_owned(), found: version });
    }
    serde_json::from_slice(bytes).map_err(malformed)
}

/// The bytes of a record.
pub fn encode<T: serde::Serialize>(path: &str, record: &T) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(record)
        .map_err(|source| JournalError::Malformed { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_version_is_refused_with_its_place() {
        let error =
            decode_container("/j/t/containers/1", br#"{"version":9,"what":"ever"}"#).unwrap_err();
        assert!(matches!(error, JournalError::TooNew { found: 9, .. }));
        assert!(error.to_string().contains("/j/t/containers/1"));
    }

    #[test]
    fn a_reserved_name_has_no_record() {
        assert!(decode_desired("/j/t", b"").unwrap().is_none());
        assert!(decode_desired("/j/t", b"{").is_err());
    }
}
