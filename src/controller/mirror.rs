//! What the holder of a lease tells its user, told to those who wait for the lease as well: it stands in the lock's node.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::context::Context;
use crate::report::{Progress, Reporter};
use crate::state::holder::{Advance, Doing, Holder};
use crate::state::{Op, StateError, Zk};

/// How long a holder says nothing at first: most are done by then.
const FIRST: Duration = Duration::from_millis(300);
/// Between two writes.
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps what is told. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Mirror {
    doing: Arc<watch::Sender<Doing>>,
}

/// Writes what is told into the lock's node, until it is dropped.
#[derive(Debug)]
pub struct Telling(JoinHandle<()>);

impl Drop for Telling {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Mirror {
    /// A context whose reporter is heard by this too.
    #[must_use]
    pub fn context<'a>(&self, context: &Context<'a>) -> Context<'a> {
        let heard = Arc::new(Heard { mirror: self.clone(), user: Arc::clone(&context.reporter) });
        let listener = Arc::clone(&heard);
        let whole = context.whole.clone().heard_by(Arc::new(move |what| listener.waiting(what)));
        Context { reporter: heard, whole, ..context.clone() }
    }

    /// Tells those who wait for a lock of which `node` is ours.
    #[must_use]
    pub fn tell(&self, zk: Zk, node: String, me: Holder) -> Telling {
        let mut doing = self.doing.subscribe();
        // What was told before the lock was taken, or lost and taken again, is news to those who wait for it now.
        doing.mark_changed();
        Telling(tokio::spawn(async move {
            sleep(FIRST).await;
            while doing.changed().await.is_ok() {
                let now = doing.borrow_and_update().clone();
                let holder = Holder { doing: Some(Box::new(now)), ..me.clone() };
                match zk.transaction(&[Op::set(&node, holder.to_bytes(), None)]).await {
                    Err(
                        StateError::NoNode { .. } | StateError::SessionExpired | StateError::Closed,
                    ) => return,
                    Err(error) => tracing::info!("failed to tell what is waited for: {error}"),
                    Ok(_) => {}
                }
                sleep(PAUSE).await;
            }
        }))
    }

    fn note(&self, change: impl FnOnce(&mut Doing)) {
        self.doing.send_if_modified(|doing| {
            let before = doing.clone();
            change(doing);
            *doing != before
        });
    }
}

/// A reporter that is heard by a mirror, too.
struct Heard {
    mirror: Mirror,
    user: Arc<dyn Reporter>,
}

impl Reporter for Heard {
    fn step(&self, text: &str) {
        self.mirror.note(|doing| {
            if doing.step != text {
                *doing = Doing { step: text.to_owned(), ..Doing::default() };
            }
        });
        self.user.step(text);
    }

    fn progress(&self, progress: &Progress) {
        let Progress { done, total, unit, detail, more } = progress.clone();
        let advance = Advance { done, total, unit: unit.to_owned(), detail, more };
        self.mirror.note(|doing| doing.progress = Some(advance));
        self.user.progress(progress);
    }

    fn waiting(&self, what: Option<&str>) {
        self.mirror.note(|doing| doing.waiting = what.map(str::to_owned));
        self.user.waiting(what);
    }

    fn note(&self, text: &str) {
        self.user.note(text);
    }

    fn warn(&self, text: &str) {
        self.user.warn(text);
    }

    fn warn_once(&self, text: &str) {
        self.user.warn_once(text);
    }

    fn program_output(&self, line: &str) {
        self.user.program_output(line);
    }

    fn ask(&self, question: &str) -> Option<String> {
        self.user.ask(question)
    }
}

/// Shows what a holder does to the user of somebody who waits for it.
#[derive(Debug, Default)]
pub struct Shown(Doing);

impl Shown {
    /// Shows what is new.
    pub fn show(&mut self, reporter: &dyn Reporter, doing: &Doing) {
        let before = std::mem::replace(&mut self.0, doing.clone());
        if doing.step != before.step && !doing.step.is_empty() {
            reporter.step(&doing.step);
        }
        if let Some(advance) = doing.progress.as_ref().filter(|_| doing.progress != before.progress)
        {
            reporter.progress(&Progress {
                done: advance.done,
                total: advance.total,
                unit: if advance.unit == "bytes" { "bytes" } else { "containers" },
                detail: advance.detail.clone(),
                more: advance.more.clone(),
            });
        }
        if doing.waiting != before.waiting {
            reporter.waiting(doing.waiting.as_deref());
        }
    }
}

#[cfg(test)]
mod tests;
