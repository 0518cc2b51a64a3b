//! Has a replacement done: takes up the same one that was interrupted, or begins it; and has what ran before run again when what takes
//! its place does not come to run.

use super::begin::begin;
use super::replacing::{RUNS_AGAIN, Replaced, Replacing, not_replaced};
use super::watch::{Seen, watch};
use super::wish::Wish;
use crate::context::{CommandError, StateTree};
use crate::controller::lease::Lease;
use crate::controller::obey::{is_kill, obey};
use crate::controller::take::Waited;
use crate::controller::verdict::is_out_of_reach;
use crate::net::deadline::UNDO;
use crate::scheduler::update::Update;
use crate::update::apply::refuse_without_framework;
use crate::update::job::{Job, not_ours};
use crate::update::settle::{settle, undo};

impl<W: Wish> Replacing<'_, W> {
    /// Has it done, by whoever drives the topology; none if nothing was to be done. `state` is closed.
    pub async fn carry_out(&self, state: StateTree) -> anyhow::Result<Option<Replaced>> {
        let Self { context, name, .. } = *self;
        let mut lease = match Lease::take_unless_resident(context, state, name).await? {
            Waited::Leased(lease) => *lease,
            Waited::Done(()) => match Box::pin(watch(self, context.open().await?)).await? {
                Seen::Done(replaced) => return Ok(replaced.map(|replaced| *replaced)),
                Seen::Ours(lease) => *lease,
            },
        };
        let mirrored = lease.mirrored(context);
        let ours = Replacing { context: &mirrored, ..*self };
        let result = Box::pin(ours.drive(&mut lease)).await;
        let result = Box::pin(obey(&mirrored, &mut lease, name, result)).await;
        lease.close(context).await;
        result
    }

    async fn drive(&self, lease: &mut Lease) -> anyhow::Result<Option<Replaced>> {
        let Self { context, name, deadline, .. } = *self;
        lease.take_update_lock(context, name).await?;
        let job = Job { context, name, request: None, deadline };
        let desired = job.journalled(lease).await?;
        refuse_without_framework(context, name, &desired.framework.id).await?;
        let (update, resumed) = match desired.update {
            Some(update) if self.goes_on_with(&update) => {
                let text = format!("taking up the interrupted replacement of {name}");
                context.reporter.step(&text);
                (update, true)
            }
            _ => {
                settle(context, lease, name, None, deadline).await?;
                match self.begin(lease).await? {
                    Some(update) => (update, false),
                    None => return Ok(None),
                }
            }
        };
        context.reporter.step(&format!("{} topology {name}", self.wish.doing()));
        match job.drive(lease).await {
            Ok(()) => {
                let desired = lease.journal().await?.desired.ok_or_else(|| not_ours(name))?;
                Ok(Some(Replaced { desired, update, resumed }))
            }
            Err(error) => Err(self.give_up(lease, error).await),
        }
    }

    async fn begin(&self, lease: &Lease) -> anyhow::Result<Option<Update>> {
        let Self { context, name, wish, .. } = *self;
        let begun = begin(context, &lease.state, Some(&lease.lock), name, wish).await;
        if let Err(error) = &begun {
            wish.undo(error).await;
        }
        begun
    }

    /// Has what ran before run again, or says how the replacement is finished.
    async fn give_up(&self, lease: &mut Lease, error: anyhow::Error) -> anyhow::Error {
        let Self { context, name, .. } = *self;
        if is_kill(&error)
            || matches!(error.downcast_ref(), Some(CommandError::FrameworkEnded { .. }))
        {
            return error;
        }
        let again = self.wish.again();
        let left = context.whole.signals().seen().is_some();
        if left || lease.is_lost() || is_out_of_reach(&error) {
            let others = "nobody drives it on: any other command on the topology undoes or finishes it first";
            return self.with_next(error, &[&again, others]);
        }
        let Ok(journalled) = lease.journal().await else { return self.with_next(error, &[&again]) };
        let Some(update) = journalled.desired.and_then(|desired| desired.update) else {
            return error;
        };
        if !update.can_be_undone() {
            let runs = "it runs; what is not kept any more is yet to be removed: every command on the topology does so first";
            return self.with_next(error, &[runs, &again]);
        }
        let doing = format!("bringing what ran before back in place of topology {name}");
        let context = &context.undoing(&doing);
        lease.wait_by(&context.whole);
        let deadline = context.deadline(UNDO);
        let job = Job { context, name, request: None, deadline };
        match undo(&job, lease).await {
            Ok(()) => self.with_next(not_replaced(name, error), &[RUNS_AGAIN]),
            Err(why) => CommandError::PartlyDone {
                what: format!("{error:#}"),
                why: format!("{why:#}"),
                next: vec![format!(
                    "`heron-cli restart {name} 0`, or another command on it, brings what ran before back"
                )],
            }
            .into(),
        }
    }
}
