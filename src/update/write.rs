//! The one step of an update that can't be undone: the packing plan is written.

use super::change::{change, plan_digest};
use super::job::{Job, different};
use crate::controller::journal::Journalled;
use crate::controller::lease::Lease;
use crate::proto::api::TopologyState as Wanted;
use crate::scheduler::journal::encode;
use crate::scheduler::record::Desired;
use crate::scheduler::update::Update;
use crate::scheduler::update_steps;
use crate::state::update_lock::UpdateLock;
use crate::state::{Op, StateError, TopologyState};
use crate::topology::edit;

/// How often the packing plan is written while a TManager changes the physical plan under our hands.
const ATTEMPTS: usize = 5;

impl Job<'_> {
    /// Writes the packing plan, and with it in one transaction: the state that the topology is to have when it comes up
    /// by it, and the end of the physical plan. The TManager deletes that too, but one that is dead at this moment would
    /// come back by the old one.
    pub(super) async fn write_plan(
        &self,
        lease: &Lease,
        desired: &Desired,
        update: &Update,
    ) -> anyhow::Result<()> {
        self.context.reporter.step("writing the packing plan");
        let stored = self.stored(lease, desired, update).await?;
        let mut attempt = 1;
        loop {
            let (journalled, desired) = self.journal(lease).await?;
            let found = self.found(lease).await?;
            let ops = self.plan_ops(lease, &found, &journalled, &desired, &stored)?;
            let physical_plan = lease.state.tree.physical_plan(self.name);
            match lease.lock.transaction(&ops).await {
                Ok(_) => return Ok(()),
                Err(StateError::NoNode { path }) if path == physical_plan && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                // Somebody has asked for something else meanwhile.
                Err(StateError::BadVersion { path }) if path == lease.paths.record => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn plan_ops(
        &self,
        lease: &Lease,
        found: &TopologyState,
        journalled: &Journalled,
        desired: &Desired,
        stored: &[u8],
    ) -> anyhow::Result<Vec<Op>> {
        let incomplete = |what: &str| different(self.name, what);
        let topology =
            found.topology.as_ref().ok_or_else(|| incomplete("its definition is gone"))?;
        let packing =
            found.packing_plan.as_ref().ok_or_else(|| incomplete("its packing plan is gone"))?;
        let mut desired = desired.clone();
        let location = found.tmanager_location.as_ref();
        if let Some(update) = &mut desired.update {
            update.tmanager_session =
                location.map(|found| found.node.stat.ephemeral_owner).filter(|id| *id != 0);
        }
        let wanted = desired.update.as_ref().map_or(Wanted::Running, Update::topology_state);
        let definition = edit::with_state(&topology.node.data, wanted)?;
        let record = encode(&lease.paths.record, &update_steps::write(&desired))?;
        let mut ops: Vec<Op> = lease.update_lock.iter().map(UpdateLock::fence).collect();
        ops.push(Op::set(&packing.path, stored, Some(packing.node.stat.version)));
        if definition != topology.node.data {
            ops.push(Op::set(&topology.path, definition, Some(topology.node.stat.version)));
        }
        ops.extend(found.physical_plan.as_ref().map(|plan| Op::delete(&plan.path)));
        ops.push(Op::set(&lease.paths.record, record, Some(journalled.version)));
        Ok(ops)
    }

    /// The new plan, decided anew from the old one: the journal keeps its digest only.
    pub(super) async fn stored(
        &self,
        lease: &Lease,
        desired: &Desired,
        update: &Update,
    ) -> anyhow::Result<Vec<u8>> {
        let found = self.found(lease).await?;
        let different = |what: &str| different(self.name, what);
        if plan_digest(&found) != update.old_plan {
            return Err(different("somebody else has changed its packing plan").into());
        }
        let request = self.request.ok_or_else(|| different("its update can only be undone"))?;
        let change = change(self.context, &found, desired, request)?;
        if change.update.new_plan != update.new_plan {
            return Err(different("its update was planned by other rules or settings").into());
        }
        Ok(change.stored)
    }
}
