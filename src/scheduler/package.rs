//! A topology's package, as the journal knows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a topology's package is made of beside the definition, for comparisons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageContent {
    /// Name of the topology file.
    pub file: String,
    /// SHA-256 of the topology file.
    pub sha256: String,
    /// SHA-256 of each file of `heron-conf/`, by name.
    pub conf: BTreeMap<String, String>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A package in its store, which belongs to one topology and goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPackage {
    /// Its name in the store.
    pub name: String,
    /// Where agents fetch it.
    pub uri: String,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
