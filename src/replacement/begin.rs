//! Begins a replacement, by a compare-and-set on the record: whoever holds the lease is told of it.

use super::change::{Change, Found};
use super::wish::Wish;
use crate::context::{CommandError, Context, StateTree};
use crate::scheduler::record::Goal;
use crate::scheduler::update::Update;
use crate::state::StateError;
use crate::state::lock::Lock;

/// Journals what a wish makes of the topology, as it is found then; none where that has come about already.
///
/// # Errors
/// Those of the wish, and [`CommandError::Killed`]. Somebody else's change that is under way is a conflict.
pub async fn begin(
    context: &Context<'_>,
    state: &StateTree,
    lock: Option<&Lock>,
    name: &str,
    wish: &impl Wish,
) -> anyhow::Result<Option<Update>> {
    let paths = state.journal(name);
    loop {
        let Some(found) = Found::read(state, name).await? else {
            let (topology, place) = (name.to_owned(), state.place());
            return Err(CommandError::NoSuchTopology { topology, place }.into());
        };
        if found.desired.goal == Goal::Killed {
            return Err(CommandError::Killed { topology: name.to_owned() }.into());
        }
        if let Some(update) = &found.desired.update {
            return Err(under_way(name, update).into());
        }
        let Some(asked) = wish.asked(state, &found).await? else { return Ok(None) };
        let change = Change::new(context, &found, asked)?;
        change.check_size(context, &paths.record)?;
        let ops = change.ops(context, &paths, &found)?;
        let written = match lock {
            Some(lock) => lock.transaction(&ops).await,
            None => state.zk.commit(&ops).await,
        };
        match written {
            Ok(_) => return Ok(Some(change.update)),
            // Somebody else has changed it meanwhile: decide by what it is now.
            Err(StateError::BadVersion { path }) if path == paths.record => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The error for a change that somebody else has under way.
#[must_use]
fn under_way(name: &str, update: &Update) -> CommandError {
    let (noun, request) = (update.noun(), &update.request);
    let what = format!("its {noun} ({request}) is under way or was interrupted");
    CommandError::Exists { topology: name.to_owned(), what, differs: false }
}
