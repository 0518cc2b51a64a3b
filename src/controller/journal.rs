//! The journal of one topology in ZooKeeper, written under the leader lock.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::context::Writer;
use crate::scheduler::connection::BoxError;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::journal::{
    Journal, JournalError, JournalPaths, Written, decode_container, decode_desired, encode,
};
use crate::scheduler::member::{number_of, short_name};
use crate::scheduler::record::Desired;
use crate::scheduler::remember::{Known, remember_turn};
use crate::state::lock::Lock;
use crate::state::transaction::Done;
use crate::state::{Node, Op, StateError, Tree, Zk};

/// Writes per transaction: what fits well below the limit of a ZooKeeper server.
const BATCH: usize = 500;
/// Bytes per transaction, likewise: half of what a server takes that nobody has configured.
const BATCH_BYTES: usize = 512 << 10;

/// The journal can't be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// ZooKeeper.
    #[error(transparent)]
    State(#[from] StateError),
    /// The content.
    #[error(transparent)]
    Record(#[from] JournalError),
    /// Somebody has removed it while its lock was held.
    #[error("the journal record {path} is gone")]
    Gone {
        /// The node of the desired record.
        path: String,
    },
}

impl StoreError {
    /// What ZooKeeper says with an error, whether it stands for itself or comes through the journal: a transparent error
    /// hides the one inside from those who walk the chain.
    #[must_use]
    pub fn state_of<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a StateError> {
        match error.downcast_ref::<Self>() {
            Some(Self::State(inner)) => Some(inner),
            Some(Self::Record(_) | Self::Gone { .. }) => None,
            None => error.downcast_ref::<StateError>(),
        }
    }
}

/// What the journal of a topology holds.
#[derive(Clone, Debug, Default)]
pub struct Journalled {
    /// Whether there is a node at all; it is empty while a submission prepares.
    pub reserved: bool,
    /// The desired record.
    pub desired: Option<Desired>,
    /// Version of its node.
    pub version: i32,
    /// The containers' records.
    pub containers: Vec<ContainerRecord>,
    /// Those of the topology's own supervisors.
    pub supervisors: Vec<ContainerRecord>,
    /// Names of all the containers' nodes, those that can't be read among them.
    pub nodes: Vec<String>,
}

impl Journalled {
    /// The records of all that runs, or ran: containers and supervisors.
    pub fn records(&self) -> impl Iterator<Item = &ContainerRecord> {
        self.containers.iter().chain(&self.supervisors)
    }
}

/// Reads the journal of a topology.
///
/// # Errors
/// The first record that can't be read is one.
pub async fn load(zk: &Zk, paths: &JournalPaths) -> Result<Journalled, StoreError> {
    let nodes = JournalNodes::find(zk, paths).await?;
    let (journalled, unreadable) = nodes.read(zk, paths).await?;
    unreadable.into_iter().next().map_or(Ok(journalled), |error| Err(error.into()))
}

/// Reads the desired record alone, if there is one.
pub async fn load_desired(zk: &Zk, paths: &JournalPaths) -> Result<Option<Desired>, StoreError> {
    let Some(node) = zk.get(&paths.record).await? else { return Ok(None) };
    Ok(decode_desired(&paths.record, &node.data)?)
}

/// What there is of a journal, before the records of the containers are read.
#[derive(Clone, Debug, Default)]
pub struct JournalNodes {
    /// The node of the desired record.
    pub record: Option<Node>,
    /// Names of the containers' nodes.
    pub containers: Vec<String>,
}

impl JournalNodes {
    /// Finds it, in one round trip.
    pub async fn find(zk: &Zk, paths: &JournalPaths) -> Result<Self, StateError> {
        let (mut records, [names]) =
            zk.read_many_and_children(&[&paths.record], [&paths.containers]).await?;
        Ok(Self { record: records.pop().flatten(), containers: names.unwrap_or_default() })
    }

    /// Reads what can be read of the records, in one more; and why the rest can't, for those who only show it or remove it.
    pub async fn read(
        self,
        zk: &Zk,
        paths: &JournalPaths,
    ) -> Result<(Journalled, Vec<JournalError>), StateError> {
        let Some(record) = self.record else { return Ok((Journalled::default(), Vec::new())) };
        let nodes: Vec<String> = self.containers.iter().map(|name| paths.node_of(name)).collect();
        let mut unreadable = Vec::new();
        let mut containers = Vec::with_capacity(nodes.len());
        for (path, node) in nodes.iter().zip(zk.read_many(&nodes).await?) {
            match node.map(|node| decode_container(path, &node.data)) {
                Some(Ok(container)) => containers.push(container),
                Some(Err(error)) => unreadable.push(error),
                None => {}
            }
        }
        let desired = decode_desired(&paths.record, &record.data).unwrap_or_else(|error| {
            unreadable.insert(0, error);
            None
        });
        let version = record.stat.version;
        let nodes = self.containers;
        let (containers, supervisors) =
            containers.into_iter().partition(|record| number_of(record.id).is_none());
        let found = Journalled { reserved: true, desired, version, containers, supervisors, nodes };
        Ok((found, unreadable))
    }
}

/// Writes the journal of a topology while its lock is held.
#[derive(Debug)]
pub struct JournalStore<'a> {
    zk: &'a Zk,
    lock: &'a Lock,
    tree: &'a Tree,
    topology: String,
    /// Who writes.
    writer: Writer,
    paths: JournalPaths,
    /// The desired record as it stands there: what is remembered of its changes is here alone.
    desired: Option<Desired>,
    /// The same of the containers.
    known: BTreeMap<u32, Known>,
    /// Version of the desired record's node: what the next write expects.
    version: i32,
    /// Names of the containers' nodes that there are already.
    existing: BTreeSet<String>,
}

impl<'a> JournalStore<'a> {
    /// A journal whose content is known.
    #[must_use]
    pub fn new(
        zk: &'a Zk,
        lock: &'a Lock,
        tree: &'a Tree,
        (topology, writer): (&str, Writer),
        paths: JournalPaths,
        journalled: &Journalled,
    ) -> Self {
        Self {
            zk,
            lock,
            tree,
            topology: topology.to_owned(),
            writer,
            paths,
            desired: journalled.desired.clone(),
            known: journalled.records().map(|one| (one.id, one.into())).collect(),
            version: journalled.version,
            existing: journalled.nodes.iter().cloned().collect(),
        }
    }

    /// What removes the journal, as the last operations of the transaction that removes the topology.
    /// `has_containers`: whether the containers' directory is there.
    #[must_use]
    pub fn removal(&self, has_containers: bool) -> Vec<Op> {
        let mut ops: Vec<Op> =
            self.existing.iter().map(|name| Op::delete(self.paths.node_of(name))).collect();
        ops.extend(has_containers.then(|| Op::delete(&self.paths.containers)));
        ops.extend(self.lock.removal());
        ops.push(Op::delete(&self.paths.record));
        ops
    }

    async fn remove_locations(&self) -> Result<(), StateError> {
        let paths = [self.tree.tmanager(&self.topology), self.tree.tmaster(&self.topology)];
        for (path, node) in paths.iter().zip(self.zk.read_many(&paths).await?) {
            let ephemeral = node.is_some_and(|node| node.stat.ephemeral_owner != 0);
            if !ephemeral {
                continue;
            }
            match self.lock.transaction(&[Op::delete(path)]).await {
                Ok(_) | Err(StateError::NoNode { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Journal for JournalStore<'_> {
    async fn write_desired(&mut self, desired: &Desired) -> Result<Written, BoxError> {
        let mut desired = desired.clone();
        self.writer.remember(self.desired.as_ref(), &mut desired);
        let bytes = encode(&self.paths.record, &desired)?;
        let op = Op::set(&self.paths.record, bytes, Some(self.version));
        match self.lock.transaction(&[op]).await {
            Ok(done) => {
                if let Some(Done::Set(version)) = done.first() {
                    self.version = *version;
                }
                self.desired = Some(desired);
                Ok(Written::Done)
            }
            Err(StateError::BadVersion { path }) if path == self.paths.record => {
                Ok(Written::Changed)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// In as few transactions as they fit into.
    async fn write_containers(&mut self, records: Vec<ContainerRecord>) -> Result<(), BoxError> {
        let (mut batch, mut size) = (Vec::new(), 0);
        for mut record in records {
            let path = self.paths.container(record.id);
            remember_turn(self.known.get(&record.id), &mut record, &self.writer.author);
            self.known.insert(record.id, Known::from(&record));
            let bytes = encode(&path, &record)?;
            let cost = path.len() + bytes.len();
            if !batch.is_empty() && (batch.len() >= BATCH || size + cost > BATCH_BYTES) {
                self.lock.transaction(&std::mem::take(&mut batch)).await?;
                size = 0;
            }
            size += cost;
            batch.push(if self.existing.insert(short_name(record.id)) {
                Op::create(path, bytes)
            } else {
                Op::set(path, bytes, None)
            });
        }
        if !batch.is_empty() {
            self.lock.transaction(&batch).await?;
        }
        Ok(())
    }

    async fn changed(&mut self) -> Result<Option<Desired>, BoxError> {
        let path = &self.paths.record;
        let gone = || StoreError::Gone { path: path.clone() };
        let node = self.zk.get(path).await?.ok_or_else(gone)?;
        if node.stat.version == self.version {
            return Ok(None);
        }
        let desired = decode_desired(path, &node.data)?.ok_or_else(gone)?;
        self.version = node.stat.version;
        self.desired = Some(desired.clone());
        Ok(Some(desired))
    }

    /// The process that owned the location is dead, so that nobody exits because of it
    /// (`docs/heron.md#a-deleted-location`); its node would keep the next TManager waiting until the session times out
    /// (`docs/heron.md#tmanager-restart`).
    async fn tmanager_ended(&mut self) -> Result<(), BoxError> {
        Ok(self.remove_locations().await?)
    }
}
