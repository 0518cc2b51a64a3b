//! A replacement that is being carried out, and what all of that needs.

use tokio::time::Instant;

use super::wish::Wish;
use crate::context::{CommandError, Context};
use crate::controller::verdict::with_next;
use crate::scheduler::record::Desired;
use crate::scheduler::update::{Update, UpdateStep};
use crate::update::job::patience;

/// A replacement that is asked for.
pub struct Replacing<'a, W> {
    /// What the command has at hand.
    pub context: &'a Context<'a>,
    /// The topology.
    pub name: &'a str,
    /// What is to take its place.
    pub wish: &'a W,
    /// When to give up, and to have what ran before run again.
    pub deadline: Instant,
}

/// A replacement that is done.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// The record as it is then.
    pub desired: Desired,
    /// What was journalled when it began.
    pub update: Update,
    /// Whether it was interrupted, and gone on with.
    pub resumed: bool,
}

impl<'a, W: Wish> Replacing<'a, W> {
    /// One that begins now.
    pub fn new(context: &'a Context<'a>, name: &'a str, wish: &'a W) -> Self {
        let deadline = context.deadline(patience(context));
        Self { context, name, wish, deadline }
    }

    /// Whether an update is this one, and not on its way back.
    pub(super) fn goes_on_with(&self, update: &Update) -> bool {
        self.wish.is_same(update) && !update.undo && update.step != UpdateStep::Undoing
    }

    /// An error with what is true now.
    pub(super) fn with_next(&self, error: anyhow::Error, next: &[&str]) -> anyhow::Error {
        let next = next.iter().map(|&next| next.to_owned()).collect();
        with_next(self.context, error, &self.doing(), next)
    }

    /// What is being done, for messages.
    pub(super) fn doing(&self) -> String {
        format!("{} topology `{}`", self.wish.doing(), self.name)
    }
}

/// What is true when a replacement was taken back.
pub(super) const RUNS_AGAIN: &str = "what was done has been undone: what ran before runs again";

/// What is slow has failed: something else is there that has run.
pub(super) fn not_replaced(name: &str, error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<CommandError>() {
        Ok(CommandError::TimedOut { what, after, next }) => CommandError::NotReplaced {
            topology: name.to_owned(),
            why: format!("{what} after {after}"),
            next,
        }
        .into(),
        Ok(error) => error.into(),
        Err(error) => error,
    }
}
