//! The errands of a replacement: a revision is put in place of what has ended, and what is not to be kept is removed.

use super::errands::Work;
use super::stored_plan::{pack, unpack};
use super::withdraw::end_of;
use crate::proto::api::TopologyState as Wanted;
use crate::scheduler::journal::{decode_revision, encode};
use crate::scheduler::package::StoredPackage;
use crate::scheduler::record::Desired;
use crate::scheduler::replacing;
use crate::scheduler::revision::Revision;
use crate::scheduler::update::Replacement;
use crate::state::update_lock::UpdateLock;
use crate::state::{Op, StateError, TopologyState};
use crate::topology::edit;

impl Work<'_> {
    /// Puts the revision in place that the record wants there, in one transaction: Heron's definition, packing plan and execution
    /// state, the end of the physical plan, and the record. What ran before has ended.
    pub(super) async fn put_in_place(&self) -> anyhow::Result<()> {
        let ops = async |desired: &Desired, version| {
            let Some(number) = replacing::next(desired) else { return Ok(None) };
            self.context.reporter.step(&format!("putting revision {number} in place"));
            self.ops_of(desired, version, number).await.map(Some)
        };
        self.write(ops).await
    }

    async fn ops_of(
        &self,
        desired: &Desired,
        version: i32,
        number: u32,
    ) -> anyhow::Result<Vec<Op>> {
        let record = &self.lease.paths.record;
        let update = desired.update.as_ref().ok_or_else(|| self.incomplete("it has no update"))?;
        let revision = self.revision(number).await?;
        let found = self.found().await?;
        let mut ops = self.heron_ops(&found, &revision, update.topology_state())?;
        let resets = |one: &&Replacement| one.resets_state;
        if let Some(replacement) = update.replacement.as_deref().filter(resets) {
            ops.extend(self.checkpoint_ops(&found, &revision, replacement).await?);
        }
        let own = self.update_lock.borrow();
        let update_lock = self.lease.update_lock.as_ref().or(own.as_ref());
        ops.extend(update_lock.map(UpdateLock::fence));
        let mut written = replacing::put(desired, &revision);
        self.lease.writer.remember(Some(desired), &mut written);
        ops.push(Op::set(record, encode(record, &written)?, Some(version)));
        Ok(ops)
    }

    async fn revision(&self, number: u32) -> anyhow::Result<Revision> {
        let path = self.lease.paths.revision(number);
        let node = self.lease.state.zk.get(&path).await?;
        let node = node.ok_or_else(|| self.incomplete(&format!("{path} is gone")))?;
        Ok(decode_revision(&path, &node.data)?)
    }

    fn heron_ops(
        &self,
        found: &TopologyState,
        revision: &Revision,
        state: Wanted,
    ) -> anyhow::Result<Vec<Op>> {
        let tree = &self.lease.state.tree;
        let unpacked = |what: &str, text: &str| {
            let unreadable = format!("revision {} holds no {what}", revision.number);
            unpack(text).ok_or_else(|| self.incomplete(&unreadable))
        };
        let definition = unpacked("definition", &revision.definition)?;
        let definition = edit::with_state(&definition, state)?;
        let packing = unpacked("packing plan", &revision.packing_plan)?;
        let execution = unpacked("execution state", &revision.execution_state)?;
        let put = |path: String, data: Vec<u8>, version: Option<i32>| match version {
            Some(version) => Op::set(path, data, Some(version)),
            None => Op::create(path, data),
        };
        let name = self.topology;
        let version = found.topology.as_ref().map(|one| one.node.stat.version);
        let mut ops = vec![put(tree.topology(name), definition, version)];
        let version = found.packing_plan.as_ref().map(|one| one.node.stat.version);
        ops.push(put(tree.packing_plan(name), packing, version));
        let version = found.execution_state.as_ref().map(|one| one.node.stat.version);
        ops.push(put(tree.execution_state(name), execution, version));
        ops.extend(found.physical_plan.as_ref().map(|plan| Op::delete(&plan.path)));
        Ok(ops)
    }

    /// What ran before keeps its checkpoints, for when it is put back; what takes its place begins without any.
    async fn checkpoint_ops(
        &self,
        found: &TopologyState,
        revision: &Revision,
        replacement: &Replacement,
    ) -> anyhow::Result<Vec<Op>> {
        let there = found.checkpoints.as_ref();
        let mut ops = Vec::new();
        if revision.number == replacement.to {
            if let Some(there) = there {
                let path = self.lease.paths.revision(replacement.from);
                let before = self.revision(replacement.from).await?;
                let checkpoints = Some(pack(&there.node.data)?);
                let before = Revision { checkpoints, ..before };
                ops.push(Op::set(&path, encode(&path, &before)?, None));
                ops.push(Op::delete(&there.path));
            }
            return Ok(ops);
        }
        let before = revision.checkpoints.as_deref().and_then(unpack);
        let path = self.lease.state.tree.stateful_checkpoints(self.topology);
        match (before, there) {
            (Some(before), Some(there)) => ops.push(Op::set(&there.path, before, None)),
            (Some(before), None) => ops.push(Op::create(path, before)),
            (None, Some(there)) => ops.push(Op::delete(&there.path)),
            (None, None) => {}
        }
        Ok(ops)
    }

    /// Removes the revisions that are not to be kept, with the packages that no other needs: those first, as nobody would know of
    /// them without the record.
    pub(super) async fn tidy(&self) -> anyhow::Result<()> {
        let Some(desired) = self.lease.journal().await?.desired else { return Ok(()) };
        let numbers = replacing::to_forget(&desired);
        let (gone, kept): (Vec<_>, Vec<_>) =
            desired.revisions.kept.iter().partition(|one| numbers.contains(&one.number));
        if gone.is_empty() {
            return Ok(());
        }
        let running = desired.launch.package.as_deref();
        let kept = kept.iter().filter_map(|one| one.package.as_deref()).chain(running);
        let needed: Vec<&str> = kept.map(|package| package.uri.as_str()).collect();
        let packages = gone.iter().filter_map(|one| one.package.as_deref());
        for StoredPackage { name, uri, .. } in packages {
            if !needed.contains(&uri.as_str()) {
                end_of(self.context, self.topology, (name, uri), None).await?;
            }
        }
        let zk = &self.lease.state.zk;
        for number in gone.iter().map(|one| one.number) {
            let path = self.lease.paths.revision(number);
            if zk.exists(&path).await?.is_none() {
                continue;
            }
            match self.lease.lock.transaction(&[Op::delete(&path)]).await {
                Ok(_) | Err(StateError::NoNode { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.change(|desired| replacing::forget(desired, &numbers)).await
    }
}
