//! The supervisors that a submission gives its topology, and what is told of them.

use super::plan::Plan;
use crate::context::Context;
use crate::controller::lease::Lease;
use crate::controller::program::deliver;
use crate::engine::desired::supervisors;
use crate::scheduler::record::Desired;
use crate::scheduler::supervisors::Supervisors;
use crate::state::holder::Holder;

/// What the record says of the supervisors, with their program in the package store.
pub(super) async fn supervisors_of(
    context: &Context<'_>,
    plan: &Plan,
) -> anyhow::Result<Option<Supervisors>> {
    let Some(chosen) = &plan.supervisors else { return Ok(None) };
    Ok(Some(supervisors(&deliver(context, chosen).await?)))
}

/// Tells who sees to a topology that has just come up. `unplaced`: how many of its supervisors find no place.
pub(super) async fn tell(context: &Context<'_>, lease: &Lease, desired: &Desired, unplaced: usize) {
    let name = &desired.topology;
    if desired.supervisor_count() == 0 {
        if !lease.is_queued(Holder::is_resident).await.unwrap_or(true) {
            context.reporter.step(&format!(
                "nobody supervises topology {name}: what dies of it stays dead until the next command; --supervisors 2 lets it heal by itself, `heron-cli supervise` on some machine as well"
            ));
        }
        return;
    }
    if unplaced > 0 {
        context.reporter.warn(&format!(
            "{unplaced} of {} supervisors of topology {name} have no place: each wants an agent without another, and gets it as soon as there is one",
            desired.supervisor_count()
        ));
    }
}

/// Tells where other supervisors were asked for than the topology has that runs already.
pub(super) fn tell_of_others(context: &Context<'_>, desired: &Desired) {
    let (wanted, has) = (context.settings.supervisors.instances, desired.supervisor_count());
    if wanted > 0 && wanted != has {
        let name = &desired.topology;
        context.reporter.warn(&format!(
            "topology {name} has {has} supervisors of its own, not {wanted}; `heron-cli update {name} --supervisors {wanted}` changes that"
        ));
    }
}
