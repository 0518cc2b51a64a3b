//! The user's wish to leave.

use std::fmt;

use tokio::sync::watch;

/// A signal that ends a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        })
    }
}

/// Says when the user wants to leave.
#[derive(Clone, Debug)]
pub struct Signals(watch::Receiver<Option<Signal>>);

impl Signals {
    /// Signals that `receiver` tells of.
    #[must_use]
    pub fn new(receiver: watch::Receiver<Option<Signal>>) -> Self {
        Self(receiver)
    }

    /// Signals that never come.
    #[must_use]
    pub fn never() -> Self {
        Self(watch::channel(None).1)
    }

    /// Waits for a signal; one that has come already counts. Without a sender it never comes.
    pub async fn wait(&self) -> Signal {
        let mut receiver = self.0.clone();
        loop {
            if let Some(signal) = *receiver.borrow_and_update() {
                return signal;
            }
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The signals that haven't come yet: after the first one there is something to undo, which it must not stop. The
    /// second one ends the process, and needs nobody who waits for it.
    #[must_use]
    pub fn further(&self) -> Self {
        match self.seen() {
            None => self.clone(),
            Some(_) => Self::never(),
        }
    }

    /// The signal that came, if one did.
    #[must_use]
    pub fn seen(&self) -> Option<Signal> {
        *self.0.borrow()
    }
}
