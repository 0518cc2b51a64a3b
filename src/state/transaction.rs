//! Writes that happen together or not at all, as values.
//!
//! What is here computes; [`super::zk`] sends. A transaction is a list of [`Op`]s; an error tells which node was in the
//! way, and after a broken connection [`settle`] judges from what is in the tree whether the writes happened.

use super::error::{StateError, is_broken_connection};
use super::node::Node;

/// What servers add to a request when they tell each other.
const SLACK: usize = 16 * 1024;

/// The most bytes that are sent at once.
///
/// A server drops the connection of a client whose request is longer than its `jute.maxbuffer`, 1 MiB less one byte
/// unless configured.
#[must_use]
pub fn limit(max_buffer: usize) -> usize {
    max_buffer.saturating_sub(SLACK)
}

/// How long a node lives, and whether its name gets a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Until it is deleted.
    Persistent,
    /// Until it is deleted or the session ends.
    Ephemeral,
    /// As [`Mode::Ephemeral`], with a growing number of ten digits after the name.
    EphemeralSequential,
}

/// One write, or one condition, of a transaction. A `version` of `None` means any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Creates a node whose parent exists.
    Create {
        /// The node.
        path: String,
        /// Its content.
        data: Vec<u8>,
        /// How long it lives.
        mode: Mode,
    },
    /// Overwrites a node.
    Set {
        /// The node.
        path: String,
        /// Its new content.
        data: Vec<u8>,
        /// The version it must have.
        version: Option<i32>,
    },
    /// Deletes a node without children.
    Delete {
        /// The node.
        path: String,
        /// The version it must have.
        version: Option<i32>,
    },
    /// Wants a node to be there, and to have this version.
    Check {
        /// The node.
        path: String,
        /// The version it must have.
        version: Option<i32>,
    },
}

impl Op {
    /// Creates a persistent node.
    pub fn create(path: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Self::Create { path: path.into(), data: data.into(), mode: Mode::Persistent }
    }

    /// Overwrites a node of a version.
    pub fn set(path: impl Into<String>, data: impl Into<Vec<u8>>, version: Option<i32>) -> Self {
        Self::Set { path: path.into(), data: data.into(), version }
    }

    /// Deletes a node of any version.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::Delete { path: path.into(), version: None }
    }

    /// The node it is about.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Create { path, .. }
            | Self::Set { path, .. }
            | Self::Delete { path, .. }
            | Self::Check { path, .. } => path,
        }
    }

    fn data(&self) -> &[u8] {
        match self {
            Self::Create { data, .. } | Self::Set { data, .. } => data,
            Self::Delete { .. } | Self::Check { .. } => &[],
        }
    }

    /// Its length on the wire, rounded up.
    fn size(&self) -> usize {
        /// Header of the operation, lengths, flags, version, and the open access list of a created node.
        const OVERHEAD: usize = 64;
        OVERHEAD + self.path().len() + self.data().len()
    }
}

/// The length of a transaction on the wire, rounded up.
#[must_use]
pub fn size(ops: &[Op]) -> usize {
    ops.iter().map(Op::size).sum()
}

/// Refuses what no server of this `jute.maxbuffer` would take.
pub fn check_size(ops: &[Op], max_buffer: usize) -> Result<(), StateError> {
    let (bytes, limit) = (size(ops), limit(max_buffer));
    if bytes <= limit {
        return Ok(());
    }
    let largest = ops.iter().max_by_key(|op| op.data().len());
    Err(StateError::TooLarge {
        bytes,
        limit,
        largest: largest.map(|op| op.path().to_owned()).unwrap_or_default(),
        largest_bytes: largest.map(|op| op.data().len()).unwrap_or_default(),
    })
}

/// What one operation of a successful transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Created a node; the path holds the number of a sequential one.
    Created(String),
    /// Overwrote a node, which now has this version.
    Set(i32),
    /// Deleted a node.
    Deleted,
    /// Found its condition to be true.
    Checked,
}

/// What a broken connection left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// All was written.
    Applied(Vec<Done>),
    /// Nothing was written.
    NotApplied,
    /// The tree fits neither: somebody else has written since, or the operations leave no trace.
    Unclear,
}

/// Judges from the nodes that are there now whether a transaction happened; `nodes` belong to `ops` one by one.
///
/// Of several operations on one node only the last leaves a trace.
#[must_use]
pub fn settle(ops: &[Op], nodes: &[Option<Node>], session: i64) -> CommitOutcome {
    let mut done = Vec::with_capacity(ops.len());
    let (mut applied, mut missing) = (0_usize, 0_usize);
    for (at, (op, node)) in ops.iter().zip(nodes).enumerate() {
        let later = ops
            .iter()
            .skip(at + 1)
            .any(|later| later.path() == op.path() && !matches!(later, Op::Check { .. }));
        let (trace, result) = trace(op, node.as_ref(), session);
        done.push(result);
        match trace {
            _ if later => {}
            Trace::Applied => applied += 1,
            Trace::NotApplied => missing += 1,
            Trace::None => {}
            Trace::Foreign => return CommitOutcome::Unclear,
        }
    }
    match (applied, missing) {
        (1.., 0) => CommitOutcome::Applied(done),
        (0, 1..) => CommitOutcome::NotApplied,
        _ => CommitOutcome::Unclear,
    }
}

enum Trace {
    Applied,
    NotApplied,
    /// The operation would leave none.
    None,
    /// Somebody else's.
    Foreign,
}

fn trace(op: &Op, node: Option<&Node>, session: i64) -> (Trace, Done) {
    match (op, node) {
        (Op::Create { path, mode: Mode::EphemeralSequential, .. }, _) => {
            (Trace::Foreign, Done::Created(path.clone()))
        }
        (Op::Create { path, data, mode }, Some(node)) => {
            let owner = if *mode == Mode::Persistent { 0 } else { session };
            let ours = node.data == *data && node.stat.ephemeral_owner == owner;
            let trace = if ours { Trace::Applied } else { Trace::Foreign };
            (trace, Done::Created(path.clone()))
        }
        (Op::Create { path, .. }, None) => (Trace::NotApplied, Done::Created(path.clone())),
        (Op::Set { data, version, .. }, Some(node)) => {
            let now = node.stat.version;
            let trace = match version {
                Some(before) if now == *before => Trace::NotApplied,
                Some(before) if node.data == *data && now == before.wrapping_add(1) => {
                    Trace::Applied
                }
                Some(_) => Trace::Foreign,
                None if node.data == *data => Trace::Applied,
                None => Trace::NotApplied,
            };
            (trace, Done::Set(now))
        }
        (Op::Set { .. }, None) => (Trace::Foreign, Done::Set(0)),
        (Op::Delete { .. }, Some(_)) => (Trace::NotApplied, Done::Deleted),
        (Op::Delete { .. }, None) => (Trace::Applied, Done::Deleted),
        (Op::Check { .. }, _) => (Trace::None, Done::Checked),
    }
}

/// What a failed transaction says, with the node that was in the way.
pub(super) fn error(ops: &[Op], error: zookeeper_client::MultiWriteError) -> StateError {
    use zookeeper_client::MultiWriteError as Failure;
    match error {
        Failure::OperationFailed { index, source } => {
            let path = ops.get(index).map_or("", Op::path);
            StateError::from_client(source, path, true)
        }
        Failure::RequestFailed { source } if is_broken_connection(&source) => {
            let paths = ops.iter().map(|op| op.path().to_owned()).collect();
            StateError::UnknownOutcome { paths }
        }
        Failure::RequestFailed { source } => {
            StateError::from_client(source, ops.first().map_or("", Op::path), true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zookeeper_client::Stat;

    fn node(data: &[u8], version: i32) -> Node {
        let stat = Stat {
            czxid: 1,
            mzxid: 1,
            pzxid: 1,
            ctime: 0,
            mtime: 0,
            version,
            cversion: 0,
            aversion: 0,
            ephemeral_owner: 0,
            data_length: 0,
            num_children: 0,
        };
        Node { data: data.to_vec(), stat }
    }

    #[test]
    fn a_transaction_that_is_too_large_names_its_largest_node() {
        let small = Op::create("/a", vec![0; 10]);
        let max_buffer = 0xf_ffff;
        let large = Op::create("/b", vec![0; limit(max_buffer) - 200]);
        assert!(check_size(&[small.clone(), large.clone()], max_buffer).is_ok());
        let all = [small, large, Op::create("/c", vec![0; 100])];
        let error = check_size(&all, max_buffer).unwrap_err();
        assert!(check_size(&all, 2 * max_buffer).is_ok());
        let StateError::TooLarge { largest, largest_bytes, .. } = error else { panic!("{error}") };
        assert_eq!((largest.as_str(), largest_bytes), ("/b", limit(max_buffer) - 200));
    }

    #[test]
    fn all_written_or_nothing_written_is_recognised() {
        let ops = [
            Op::create("/a", b"1".to_vec()),
            Op::set("/b", b"2".to_vec(), Some(4)),
            Op::delete("/c"),
        ];
        let after = [Some(node(b"1", 0)), Some(node(b"2", 5)), None];
        let expected = vec![Done::Created("/a".into()), Done::Set(5), Done::Deleted];
        assert_eq!(settle(&ops, &after, 7), CommitOutcome::Applied(expected));
        let before = [None, Some(node(b"x", 4)), Some(node(b"", 0))];
        assert_eq!(settle(&ops, &before, 7), CommitOutcome::NotApplied);
    }

    #[test]
    fn what_somebody_else_wrote_is_unclear() {
        let set = [Op::set("/b", b"2".to_vec(), Some(4))];
        assert_eq!(settle(&set, &[Some(node(b"2", 6))], 7), CommitOutcome::Unclear);
        assert_eq!(settle(&set, &[Some(node(b"y", 5))], 7), CommitOutcome::Unclear);
        assert_eq!(settle(&set, &[None], 7), CommitOutcome::Unclear);
        let create = [Op::create("/a", b"1".to_vec()), Op::delete("/c")];
        assert_eq!(settle(&create, &[Some(node(b"other", 0)), None], 7), CommitOutcome::Unclear);
        assert_eq!(settle(&create, &[None, None], 7), CommitOutcome::Unclear);
        let check = [Op::Check { path: "/a".into(), version: None }];
        assert_eq!(settle(&check, &[Some(node(b"", 0))], 7), CommitOutcome::Unclear);
    }

    #[test]
    fn of_two_operations_on_a_node_the_last_counts() {
        let ops = [Op::delete("/a"), Op::create("/a", b"new".to_vec())];
        let after = [Some(node(b"new", 0)), Some(node(b"new", 0))];
        assert!(matches!(settle(&ops, &after, 7), CommitOutcome::Applied(_)));
    }
}
