//! What is done in a session without holding a lock in it, and can be done again.

use tokio::time::Instant;

use super::lease::is_session_loss;
use crate::context::{Context, StateTree};

/// Does something in a session; from its beginning again with another one, where the session is lost meanwhile. Until the deadline.
///
/// # Errors
/// Those of `work`, and of opening a session.
pub async fn over_sessions<T>(
    context: &Context<'_>,
    state: &mut StateTree,
    deadline: Instant,
    mut work: impl AsyncFnMut(&StateTree) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    loop {
        let lost = match work(state).await {
            Err(error) if is_session_loss(&error) && Instant::now() < deadline => error,
            done => return done,
        };
        context.reporter.warn(&format!("{lost:#}; taking up again with a new session"));
        state.close().await;
        *state = context.open().await?;
    }
}

/// The same, with a session of its own.
pub async fn in_sessions<T>(
    context: &Context<'_>,
    deadline: Instant,
    work: impl AsyncFnMut(&StateTree) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut state = context.open().await?;
    let done = over_sessions(context, &mut state, deadline, work).await;
    state.close().await;
    done
}
