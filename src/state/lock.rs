//! A lock that its holder can lose, and that says who holds it.
//!
//! The field's standard recipe: everybody who wants it creates an ephemeral sequential node below one directory; the lowest
//! number holds, everybody else watches the next lower one. Names are Curator's (`_c_<uuid>-lock-<number>`), whose unique
//! part finds our node again when the answer to its creation got lost.
//!
//! A holder whose session expires has lost the lock without noticing. So what is written under the lock is written with
//! [`Lock::transaction`], which fails when our node is gone.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::error::StateError;
use super::holder::Holder;
use super::reads::Watch;
use super::transaction::{Done, Mode, Op};
use super::zk::Zk;
use crate::net::deadline::Deadline;

/// How often entering is tried while the directory vanishes or connections break.
const ENTER_ATTEMPTS: usize = 5;
/// Between looks for a lock over a connection that breaks.
const LOST_PAUSE: Duration = Duration::from_millis(100);

/// A lock that is held. Dropping it gives it up; [`Lock::release`] also waits for that.
#[derive(Debug)]
pub struct Lock {
    zk: Zk,
    directory: String,
    /// Our node.
    path: String,
    released: bool,
}

impl Lock {
    /// Takes the lock if nobody holds it.
    ///
    /// # Errors
    /// [`StateError::LockHeld`] names the holder.
    pub async fn try_lock(zk: &Zk, directory: &str, me: &Holder) -> Result<Self, StateError> {
        if let Some(holder) = holder(zk, directory).await? {
            return Err(StateError::LockHeld { path: directory.to_owned(), holder });
        }
        Self::lock(zk, directory, me, Instant::now()).await
    }

    /// Takes the lock, waiting for it until the deadline.
    ///
    /// # Errors
    /// [`StateError::LockHeld`] names the holder at the deadline.
    ///
    /// # Notable behavior
    /// Where this future is dropped while it waits, its place in the queue goes with it; dropped in the moment of
    /// queueing, the place may stay until the session ends.
    pub async fn lock(
        zk: &Zk,
        directory: &str,
        me: &Holder,
        deadline: Instant,
    ) -> Result<Self, StateError> {
        if let Some((journal, _)) = directory.rsplit_once('/') {
            zk.claim(journal).await?;
        }
        let path = enter(zk, directory, me).await?;
        let lock = Self { zk: zk.clone(), directory: directory.to_owned(), path, released: false };
        loop {
            let Some(predecessor) = lock.predecessor().await? else { return Ok(lock) };
            if let Some(changed) = zk.wait_until(directory, deadline, predecessor.changed()).await?
            {
                changed?;
            } else {
                lock.release().await?;
                let holder = holder(zk, directory).await?.unwrap_or_default();
                return Err(StateError::LockHeld { path: directory.to_owned(), holder });
            }
        }
    }

    /// A watch on the node just before ours; `None` if we hold the lock.
    ///
    /// # Notable behavior
    /// Nodes that are not ephemeral are no locks: no end of a session would ever take them away. They are deleted.
    async fn predecessor(&self) -> Result<Option<Watch>, StateError> {
        let queue = queue(zk_children(&self.zk, &self.directory).await?);
        let ours = self.path.rsplit('/').next().unwrap_or_default();
        let Some(at) = queue.iter().position(|name| name == ours) else {
            return Err(StateError::LockLost { path: self.path.clone() });
        };
        for name in queue.iter().take(at).rev() {
            let path = format!("{}/{name}", self.directory);
            let ours = self.zk.session_id();
            match self.zk.watch_exists(&path).await? {
                // A place that we have left, while that could not be told.
                (Some(stat), _) if stat.ephemeral_owner == ours => self.zk.delete_and_forget(&path),
                (Some(stat), watch) if stat.ephemeral_owner != 0 => return Ok(Some(watch)),
                (Some(_), _) => self.zk.delete_and_forget(&path),
                (None, _) => {}
            }
        }
        Ok(None)
    }

    /// Waits by another deadline from now on.
    pub fn wait_by(&mut self, deadline: &Deadline) {
        self.zk.wait_by(deadline);
    }

    /// Our node in the directory.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The condition that makes a transaction fail when the lock is lost.
    #[must_use]
    pub fn fence(&self) -> Op {
        Op::Check { path: self.path.clone(), version: None }
    }

    /// Writes everything, or nothing if something is in the way or the lock is lost.
    ///
    /// # Errors
    /// [`StateError::LockLost`] if it is; otherwise as [`Zk::commit`].
    pub async fn transaction(&self, ops: &[Op]) -> Result<Vec<Done>, StateError> {
        let mut fenced = vec![self.fence()];
        fenced.extend_from_slice(ops);
        match self.zk.commit(&fenced).await {
            Ok(mut done) => {
                if !done.is_empty() {
                    done.remove(0);
                }
                Ok(done)
            }
            Err(StateError::NoNode { path }) if path == self.path => {
                Err(StateError::LockLost { path })
            }
            Err(other) => Err(other),
        }
    }

    /// What takes the lock away with its directory, as the last operations of a transaction.
    ///
    /// # Notable behavior
    /// Somebody waiting for the lock makes that transaction fail with [`StateError::NotEmpty`].
    #[must_use]
    pub fn removal(&self) -> Vec<Op> {
        vec![Op::delete(&self.path), Op::delete(&self.directory)]
    }

    /// Whether our node is still there.
    pub async fn is_held(&self) -> Result<bool, StateError> {
        Ok(self.zk.exists(&self.path).await?.is_some())
    }

    /// Waits until the lock is lost; the session's end is such a loss.
    pub async fn lost(&self) {
        loop {
            match self.zk.watch_exists(&self.path).await {
                Ok((Some(_), watch)) => {
                    if watch.changed().await.is_err() {
                        return;
                    }
                }
                Err(StateError::ConnectionLost { .. } | StateError::TimedOut { .. }) => {
                    sleep(LOST_PAUSE).await;
                }
                // Who wants to leave doesn't want to know.
                Err(StateError::Interrupted { .. }) => std::future::pending().await,
                Ok((None, _)) | Err(_) => return,
            }
        }
    }

    /// Gives the lock up and waits until that is done.
    pub async fn release(mut self) -> Result<(), StateError> {
        self.released = true;
        match self.zk.commit(&[Op::delete(&self.path)]).await {
            Ok(_)
            | Err(StateError::NoNode { .. } | StateError::SessionExpired | StateError::Closed) => {
                Ok(())
            }
            Err(other) => Err(other),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if !self.released {
            self.zk.delete_and_forget(&self.path);
        }
    }
}

/// Who holds a lock now, if anybody, with a watch on what it tells.
pub async fn watch_holder(zk: &Zk, directory: &str) -> Result<Option<(Holder, Watch)>, StateError> {
    for name in queue(zk_children(zk, directory).await?) {
        match zk.watch(&format!("{directory}/{name}")).await? {
            (Some(node), watch) if node.stat.ephemeral_owner != 0 => {
                return Ok(Some((Holder::from_bytes(&node.data), watch)));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Everybody in the queue of a lock: who holds it, then those who wait, in their order.
pub async fn queued(zk: &Zk, directory: &str) -> Result<Vec<Holder>, StateError> {
    queued_among(zk, directory, zk_children(zk, directory).await?).await
}

/// The same, where the lock's nodes are known. A node that is not ephemeral is no lock.
pub async fn queued_among(
    zk: &Zk,
    directory: &str,
    nodes: Vec<String>,
) -> Result<Vec<Holder>, StateError> {
    let names = queue(nodes);
    let paths: Vec<String> = names.iter().map(|name| format!("{directory}/{name}")).collect();
    let nodes = zk.read_many(&paths).await?.into_iter().flatten();
    let live = nodes.filter(|node| node.stat.ephemeral_owner != 0);
    Ok(live.map(|node| Holder::from_bytes(&node.data)).collect())
}

/// The nodes in the queue of a lock of those who are such.
pub async fn nodes_of(
    zk: &Zk,
    directory: &str,
    is_such: impl Fn(&Holder) -> bool,
) -> Result<Vec<String>, StateError> {
    let names = queue(zk_children(zk, directory).await?);
    let paths: Vec<String> = names.iter().map(|name| format!("{directory}/{name}")).collect();
    let found = zk.read_many(&paths).await?;
    let such = paths.into_iter().zip(found).filter(|(_, node)| {
        node.as_ref().is_some_and(|node| is_such(&Holder::from_bytes(&node.data)))
    });
    Ok(such.map(|(path, _)| path).collect())
}

/// Who holds a lock now, if anybody.
pub async fn holder(zk: &Zk, directory: &str) -> Result<Option<Holder>, StateError> {
    Ok(queued(zk, directory).await?.into_iter().next())
}

async fn zk_children(zk: &Zk, directory: &str) -> Result<Vec<String>, StateError> {
    Ok(zk.children(directory).await?.unwrap_or_default())
}

/// Creates our node and returns its path.
async fn enter(zk: &Zk, directory: &str, me: &Holder) -> Result<String, StateError> {
    let unique = format!("_c_{}-", Uuid::new_v4());
    let create = [Op::Create {
        path: format!("{directory}/{unique}lock-"),
        data: me.to_bytes(),
        mode: Mode::EphemeralSequential,
    }];
    let mut attempt = 1;
    loop {
        let error = match zk.transaction(&create).await {
            Ok(done) => match done.into_iter().next() {
                Some(Done::Created(path)) => return Ok(path),
                _ => StateError::UnknownOutcome { paths: vec![directory.to_owned()] },
            },
            Err(error) => error,
        };
        match error {
            StateError::NoNode { .. } if attempt < ENTER_ATTEMPTS => {
                zk.ensure_directories(&[directory]).await?;
            }
            StateError::UnknownOutcome { .. } if attempt < ENTER_ATTEMPTS => {
                let names = zk_children(zk, directory).await?;
                if let Some(name) = names.iter().find(|name| name.starts_with(&unique)) {
                    return Ok(format!("{directory}/{name}"));
                }
            }
            other => return Err(other),
        }
        attempt += 1;
    }
}

/// The names in the order of their numbers; names without one are none of the lock's.
fn queue(names: Vec<String>) -> Vec<String> {
    let mut numbered: Vec<_> =
        names.into_iter().filter_map(|name| Some((number(&name)?, name))).collect();
    numbered.sort_unstable();
    numbered.into_iter().map(|(_, name)| name).collect()
}

/// The number after `-lock-`.
fn number(name: &str) -> Option<i64> {
    name.rsplit_once("-lock-").and_then(|(_, digits)| digits.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_in_the_order_of_numbers() {
        let names =
            ["_c_z-lock-0000000002", "_c_a-lock-0000000010", "other", "_c_b-lock-0000000001"];
        let queue = queue(names.map(str::to_owned).to_vec());
        assert_eq!(queue, ["_c_b-lock-0000000001", "_c_z-lock-0000000002", "_c_a-lock-0000000010"]);
    }
}
