//! Signals that ask a command to end.

use tokio::sync::watch;

/// A signal that ends a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
}

impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        })
    }
}

/// Says when the user wants to leave.
#[derive(Clone, Debug)]
pub struct Signals(pub watch::Receiver<Option<Signal>>);

impl Signals {
    /// Waits for a signal. Without a sender it never comes.
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

    /// The signal that came, if one did.
    #[must_use]
    pub fn seen(&self) -> Option<Signal> {
        *self.0.borrow()
    }
}
