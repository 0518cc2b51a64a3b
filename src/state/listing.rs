//! The topologies of a tree.

use super::error::StateError;
use super::paths::{Directory, Tree};
use super::zk::Zk;

/// The names of all topologies, in order. A tree that is not there has none.
pub async fn names(zk: &Zk, tree: &Tree) -> Result<Vec<String>, StateError> {
    let mut names = zk.children(&tree.directory(Directory::Topologies)).await?.unwrap_or_default();
    names.sort();
    Ok(names)
}
