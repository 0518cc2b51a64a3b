//! Signals: the first one asks a command to end in good order, the second ends the process.

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
use tokio::sync::watch;

use crate::failure::{Exit, Failure};
use crate::net::deadline::{Signal, Signals};

/// Listens for signals while a command runs.
pub(super) async fn listening<T>(
    command: impl AsyncFnOnce(Signals) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (sender, receiver) = watch::channel(None);
    let kinds = [
        (SignalKind::interrupt(), Signal::Interrupted),
        (SignalKind::terminate(), Signal::Terminated),
        (SignalKind::hangup(), Signal::Terminated),
    ];
    let mut listening = Vec::new();
    for (kind, meaning) in kinds {
        let stream = signal(kind).map_err(anyhow::Error::from)?;
        listening.push(tokio::spawn(listen(stream, meaning, sender.clone())));
    }
    let result = command(Signals::new(receiver)).await;
    for task in listening {
        task.abort();
    }
    result
}

#[allow(clippy::exit)] // a second signal means: now
async fn listen(mut stream: Stream, meaning: Signal, sender: watch::Sender<Option<Signal>>) {
    while stream.recv().await.is_some() {
        let again = sender.send_replace(Some(meaning)).is_some();
        if again {
            std::process::exit(i32::from(Exit::of_signal(meaning).code()));
        }
    }
}
