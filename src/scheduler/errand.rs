//! What an update has to be done for it that is not the engine's: asked for by the state machine, one at a time, and carried out
//! by whoever feeds it.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::timeout;

use super::record::Desired;
use super::update_steps;
use crate::proto::api::TopologyState;

/// How long after the deadline an errand has to say what it waited for.
const LAST_WORD: Duration = Duration::from_millis(50);

/// A piece of work. It may be done twice: whoever asked for it may have died before it heard of the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Have the TManager pause the topology, and let the time pass that is to pass then.
    Pause,
    /// Change the desired record, if it still is as it was when that was asked for.
    Change(RecordChange),
    /// Write the packing plan, and the record by [`update_steps::write`] with it.
    WritePlan,
    /// Put the revision in place that is to be: Heron's nodes, and the record by [`replacing::put`](super::replacing::put).
    PutInPlace,
    /// Wait for the physical plan that a new TManager makes of it.
    AwaitPlan,
    /// Have the TManager bring the topology into the state that it is to have; by a new plan, with the settings that it had.
    Restore,
    /// Remove the revisions that are not to be kept, with their packages.
    Tidy,
}

/// A step of an update, in the desired record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordChange {
    /// Containers get their new sizes.
    Resize,
    /// The TManager's container is ended, and stays so until the packing plan is written.
    Hold,
    /// What goes is wanted no more.
    Remove,
    /// It is to be taken back: containers that it needs fail.
    AskUndo,
    /// Everything is as it was.
    Undo,
    /// The update is over, with the topology in this state; unless it is to have another meanwhile.
    End(TopologyState),
}

impl RecordChange {
    /// The record with the change; as it is, if the update isn't where the change leads on.
    #[must_use]
    pub fn apply(self, desired: &Desired) -> Desired {
        match self {
            Self::Resize => update_steps::resize(desired),
            Self::Hold => update_steps::end_tmanager(desired),
            Self::Remove => update_steps::remove(desired),
            Self::AskUndo => update_steps::ask_undo(desired),
            Self::Undo => update_steps::undo(desired),
            Self::End(state) => update_steps::end(desired, state),
        }
    }
}

/// Does what an update needs beside the engine.
#[allow(async_fn_in_trait)] // implementations are few and used by one task
pub trait Errands {
    /// Does one; may be dropped at any await, and asked for again.
    async fn run(&self, errand: Errand) -> Result<(), ErrandFailed>;
}

/// An errand can't be done. Why, its implementation keeps for whoever drives.
#[derive(Clone, Copy, Debug)]
pub struct ErrandFailed;

/// An errand that is being done.
pub(super) type Doing<'a> = Pin<Box<dyn Future<Output = Result<(), ErrandFailed>> + 'a>>;

/// Waits for an errand, for ever if there is none. Cancel-safe.
pub(super) async fn finished(
    doing: &mut Option<(Errand, Doing<'_>)>,
) -> Result<Errand, ErrandFailed> {
    let Some((errand, work)) = doing else { return std::future::pending().await };
    let (errand, done) = (*errand, work.await);
    *doing = None;
    done.map(|()| errand)
}

/// Whether an errand fails within a moment: what waits by the same deadline as whoever drives knows better what for.
pub(super) async fn fails_at_last(doing: &mut Option<(Errand, Doing<'_>)>) -> bool {
    matches!(timeout(LAST_WORD, finished(doing)).await, Ok(Err(ErrandFailed)))
}
