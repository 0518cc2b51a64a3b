//! What is fetched into sandboxes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Something that is fetched into a sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uri {
    /// Where it is.
    pub value: String,
    /// Whether an archive is unpacked.
    pub extract: bool,
    /// Whether the host may keep it for other tasks.
    pub cache: bool,
    /// Its name in the sandbox; the last part of the URI, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_file: Option<String>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
