//! What a replacement by another revision makes of the desired record, where it is not as with every other update. Pure.

use std::collections::BTreeSet;

use super::container::DesiredContainer;
use super::record::{Desired, Framework, REVISIONS_VERSION};
use super::revision::Revision;
use super::revisions::KeptRevision;
use super::update::{Update, UpdateStep};
use super::update_steps::has_ended_tmanager;

/// The record with a replacement begun: nothing of what runs is touched. `from` is what runs, as it is kept from now on.
#[must_use]
pub fn begin(desired: &Desired, update: Update, from: KeptRevision, to: KeptRevision) -> Desired {
    desired.changed(|desired| {
        desired.version = REVISIONS_VERSION;
        let number = from.number;
        desired.revisions.note(from);
        desired.revisions.run(number);
        desired.revisions.note(to);
        desired.update = Some(update);
    })
}

/// The number of the revision that is to be put in place now, if one is: all that ran before is to have ended.
#[must_use]
pub fn next(desired: &Desired) -> Option<u32> {
    let update = desired.update.as_ref().filter(|_| has_ended_tmanager(desired))?;
    let replacement = update.replacement.as_ref()?;
    if update.is_to_be_put_back() {
        return Some(replacement.from);
    }
    (update.is_early() && !update.undo).then_some(replacement.to)
}

/// The record with a revision in place, which [`next`] has named. Its containers get tasks of their own: what was launched for what
/// was in place before is none of theirs.
#[must_use]
pub fn put(desired: &Desired, revision: &Revision) -> Desired {
    if next(desired) != Some(revision.number) {
        return desired.clone();
    }
    desired.changed(|desired| {
        let restarts = desired.containers.iter().map(|one| one.restarts).max().unwrap_or(0);
        let restarts = restarts.saturating_add(1);
        let ours = revision.containers.iter().cloned();
        let ours = ours.map(|one| DesiredContainer { restarts, held: false, ..one });
        desired.containers.retain(|container| container.own.is_some());
        desired.containers.extend(ours);
        desired.containers.sort_by_key(|container| container.id);
        desired.topology_id.clone_from(&revision.topology_id);
        desired.digest.clone_from(&revision.digest);
        desired.launch.clone_from(&revision.launch);
        desired.placement.clone_from(&revision.placement);
        let Framework { id, user, principal, .. } = desired.framework.clone();
        desired.framework = Framework { id, user, principal, ..revision.framework.clone() };
        desired.revisions.run(revision.number);
        if let Some(update) = &mut desired.update {
            let was_put_back = update.is_to_be_put_back();
            update.step = if was_put_back { UpdateStep::Undoing } else { UpdateStep::Written };
        }
    })
}

/// The numbers of the revisions that are not to be kept once the replacement is over.
#[must_use]
pub fn to_forget(desired: &Desired) -> BTreeSet<u32> {
    let Some(update) = &desired.update else { return BTreeSet::new() };
    match (&update.replacement, update.step) {
        (Some(replacement), UpdateStep::Removing) => desired.revisions.beyond(replacement.keep),
        (Some(replacement), UpdateStep::Undoing) if replacement.is_new => {
            BTreeSet::from([replacement.to])
        }
        _ => BTreeSet::new(),
    }
}

/// The record without those.
#[must_use]
pub fn forget(desired: &Desired, numbers: &BTreeSet<u32>) -> Desired {
    if desired.revisions.kept.iter().all(|one| !numbers.contains(&one.number)) {
        return desired.clone();
    }
    desired.changed(|desired| desired.revisions.forget(numbers))
}

#[cfg(test)]
mod tests;
