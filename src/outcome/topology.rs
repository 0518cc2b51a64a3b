//! A topology in documents: everywhere an object, with at least a name.

use serde::Serialize;

/// Names a topology and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopologyRef {
    /// Its name.
    pub name: String,
    /// Its id, if there is a record that says it.
    pub id: Option<String>,
    /// RUNNING, PAUSED, KILLED, or UNKNOWN where no record says it.
    pub state: String,
}
