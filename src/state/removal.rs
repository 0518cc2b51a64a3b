//! Taking a topology out of the tree, whatever is left of it, in one transaction.
//!
//! Heron's own `kill` deletes node by node and leaves the checkpoints, from which the next topology of the name would
//! start (`docs/heron.md#kill`). Here everything goes at once. Only after the containers are gone: a TManager whose
//! location vanishes exits, and is started again by its executor (`docs/heron.md#a-deleted-location`).

use super::error::StateError;
use super::lock::Lock;
use super::paths::Tree;
use super::topology_state::own_paths;
use super::transaction::Op;
use super::zk::Zk;

/// How often it is tried while nodes come and go, such as a location whose session ends.
const ATTEMPTS: usize = 5;

/// Deletes every node of a topology, and does `others` with it; returns what was deleted.
///
/// With a lock, the transaction fails if that is lost. Where nothing is there and `others` is empty, nothing is done.
///
/// # Errors
/// A conflict about a node of `others` is the caller's to solve; one about Heron's nodes is retried.
pub async fn remove(
    zk: &Zk,
    tree: &Tree,
    name: &str,
    others: &[Op],
    lock: Option<&Lock>,
) -> Result<Vec<String>, StateError> {
    let mut attempt = 1;
    loop {
        let mut ops = removal_ops(zk, tree, name).await?;
        let removed: Vec<_> = ops.iter().map(|op| op.path().to_owned()).collect();
        ops.extend_from_slice(others);
        if ops.is_empty() {
            return Ok(removed);
        }
        let written = match lock {
            Some(lock) => lock.transaction(&ops).await,
            None => zk.commit(&ops).await,
        };
        let Err(error) = written else { return Ok(removed) };
        let about_heron = match &error {
            StateError::NoNode { path } | StateError::NotEmpty { path } => removed.contains(path),
            _ => false,
        };
        if !about_heron || attempt >= ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
    }
}

/// The deletions that take everything away that is there now; the definition, which means "exists", comes last.
pub async fn removal_ops(zk: &Zk, tree: &Tree, name: &str) -> Result<Vec<Op>, StateError> {
    let lock = tree.update_lock(name);
    let paths = own_paths(tree, name);
    let (found, [below_lock]) = zk.read_many_and_children(&paths, [&lock]).await?;
    let mut ops = Vec::new();
    if let Some(children) = below_lock {
        ops.extend(subtree(zk, lock, children).await?.into_iter().map(Op::delete));
    }
    let there = paths.into_iter().zip(found).filter(|(_, node)| node.is_some());
    let mut own: Vec<_> = there.map(|(path, _)| Op::delete(path)).collect();
    own.reverse();
    ops.extend(own);
    Ok(ops)
}

/// A node and everything below it, children before parents; one round trip for each level.
pub async fn subtree(
    zk: &Zk,
    top: String,
    children: Vec<String>,
) -> Result<Vec<String>, StateError> {
    let mut level: Vec<_> = children.iter().map(|child| format!("{top}/{child}")).collect();
    let mut all = vec![top];
    while !level.is_empty() {
        let lists = zk.children_of_many(&level).await?;
        let mut next = Vec::new();
        for (path, list) in level.into_iter().zip(lists) {
            let Some(list) = list else { continue };
            next.extend(list.iter().map(|child| format!("{path}/{child}")));
            all.push(path);
        }
        level = next;
    }
    all.reverse();
    Ok(all)
}
