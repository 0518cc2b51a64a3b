//! The lock that Heron's own `update` takes (`docs/heron.md#update-lock`), so that it and we never change a topology
//! together.
//!
//! Curator's `InterProcessSemaphoreMutex`: below `locks/<t>__updateTopology` an inner lock in `locks/` orders those who
//! want it, and the lock itself is a node in `leases/`, held while it is the only one there.

use tokio::time::Instant;
use uuid::Uuid;

use super::error::StateError;
use super::holder::Holder;
use super::lock::Lock;
use super::node::Node;
use super::paths::Tree;
use super::transaction::{Done, Mode, Op};
use super::zk::Zk;
use crate::net::deadline::Deadline;

/// Heron's update lock, held. Dropping it gives it up; [`UpdateLock::release`] also waits for that.
#[derive(Debug)]
pub struct UpdateLock {
    zk: Zk,
    /// Our node in `leases/`.
    lease: String,
    released: bool,
}

impl UpdateLock {
    /// Takes the lock, waiting for it until the deadline; Heron itself waits for five seconds.
    ///
    /// # Errors
    /// [`StateError::LockHeld`] names the holder: Heron leaves its address only.
    pub async fn lock(
        zk: &Zk,
        tree: &Tree,
        name: &str,
        me: &Holder,
        deadline: Instant,
    ) -> Result<Self, StateError> {
        let top = tree.update_lock(name);
        let leases = format!("{top}/leases");
        let turn = Lock::lock(zk, &format!("{top}/locks"), me, deadline).await?;
        zk.ensure_directories(&[&leases]).await?;
        let lease = create_lease(zk, &leases, me).await?;
        let held = Self { zk: zk.clone(), lease, released: false };
        let others = held.wait_until_alone(&leases, deadline).await;
        turn.release().await?;
        match others? {
            None => Ok(held),
            Some(holder) => {
                held.release().await?;
                Err(StateError::LockHeld { path: top, holder })
            }
        }
    }

    /// Waits until ours is the only lease; at the deadline, who has the other one.
    async fn wait_until_alone(
        &self,
        leases: &str,
        deadline: Instant,
    ) -> Result<Option<Holder>, StateError> {
        let ours = self.lease.rsplit('/').next().unwrap_or_default();
        loop {
            let (names, watch) = self.zk.watch_children(leases).await?;
            let names = names.unwrap_or_default();
            if !names.iter().any(|name| name == ours) {
                return Err(StateError::LockLost { path: self.lease.clone() });
            }
            let others = names.iter().filter(|name| *name != ours);
            let paths: Vec<_> = others.map(|name| format!("{leases}/{name}")).collect();
            let others = self.zk.read_many(&paths).await?;
            // A node that is not ephemeral is nobody's lease: no end of a session would take it away.
            let lease = |node: &Node| node.stat.ephemeral_owner != 0;
            let Some(other) = others.into_iter().flatten().find(lease) else { return Ok(None) };
            match self.zk.wait_until(leases, deadline, watch.changed()).await? {
                Some(changed) => changed?,
                None => return Ok(Some(Holder::from_bytes(&other.data))),
            }
        }
    }

    /// Waits by another deadline from now on.
    pub fn wait_by(&mut self, deadline: &Deadline) {
        self.zk.wait_by(deadline);
    }

    /// The condition that makes a transaction fail when the lock is lost.
    #[must_use]
    pub fn fence(&self) -> Op {
        Op::Check { path: self.lease.clone(), version: None }
    }

    /// Gives the lock up and waits until that is done.
    pub async fn release(mut self) -> Result<(), StateError> {
        self.released = true;
        match self.zk.commit(&[Op::delete(&self.lease)]).await {
            Ok(_)
            | Err(StateError::NoNode { .. } | StateError::SessionExpired | StateError::Closed) => {
                Ok(())
            }
            Err(other) => Err(other),
        }
    }
}

impl Drop for UpdateLock {
    fn drop(&mut self) {
        if !self.released {
            self.zk.delete_and_forget(&self.lease);
        }
    }
}

/// Creates our lease. If the answer gets lost, the node is found again by its unique name.
async fn create_lease(zk: &Zk, leases: &str, me: &Holder) -> Result<String, StateError> {
    let unique = format!("_c_{}-", Uuid::new_v4());
    let create = Op::Create {
        path: format!("{leases}/{unique}lease-"),
        data: me.to_bytes(),
        mode: Mode::EphemeralSequential,
    };
    let unknown = match zk.transaction(&[create]).await {
        Ok(done) => {
            if let Some(Done::Created(path)) = done.into_iter().next() {
                return Ok(path);
            }
            StateError::UnknownOutcome { paths: vec![leases.to_owned()] }
        }
        Err(error @ StateError::UnknownOutcome { .. }) => error,
        Err(other) => return Err(other),
    };
    let names = zk.children(leases).await?.unwrap_or_default();
    let found = names.into_iter().find(|name| name.starts_with(&unique));
    found.map(|name| format!("{leases}/{name}")).ok_or(unknown)
}

#[cfg(test)]
mod tests {
    use super::super::tests::server::{connect, connect_beside};
    use super::*;
    use std::time::Duration;

    fn me() -> Holder {
        Holder { host: "laptop".into(), pid: 7, command: "update".into(), ..Holder::default() }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[tokio::test]
    async fn the_nodes_are_those_of_curator() {
        let zk = connect().await;
        let tree = Tree::new("/heron").unwrap();
        let lock = UpdateLock::lock(&zk, &tree, "t", &me(), soon()).await.unwrap();
        let top = "/heron/locks/t__updateTopology";
        assert_eq!(zk.children(top).await.unwrap().unwrap(), ["leases", "locks"]);
        let leases = zk.children(&format!("{top}/leases")).await.unwrap().unwrap();
        assert_eq!(leases.len(), 1);
        assert!(leases[0].starts_with("_c_") && leases[0].ends_with("-lease-0000000000"));
        assert!(zk.children(&format!("{top}/locks")).await.unwrap().unwrap().is_empty());
        zk.transaction(&[lock.fence()]).await.unwrap();
        lock.release().await.unwrap();
        assert!(zk.children(&format!("{top}/leases")).await.unwrap().unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_update_of_heron_is_waited_for() {
        let zk = connect().await;
        let tree = Tree::new("/heron").unwrap();
        let leases = "/heron/locks/t__updateTopology/leases";
        zk.ensure_directories(&[leases]).await.unwrap();
        let foreign = Op::Create {
            path: format!("{leases}/_c_x-lease-"),
            data: b"10.0.0.9".to_vec(),
            mode: Mode::EphemeralSequential,
        };
        let done = zk.transaction(&[foreign]).await.unwrap();
        let Some(Done::Created(foreign)) = done.into_iter().next() else { panic!() };

        let ours = connect_beside(&zk).await;
        let deadline = Instant::now() + Duration::from_millis(100);
        let error = UpdateLock::lock(&ours, &tree, "t", &me(), deadline).await.unwrap_err();
        let StateError::LockHeld { holder, .. } = &error else { panic!("{error}") };
        assert_eq!(holder.host, "10.0.0.9");
        assert_eq!(zk.children(leases).await.unwrap().unwrap().len(), 1, "ours is gone");

        let tree_for_waiter = tree.clone();
        let waiter = tokio::spawn(async move {
            UpdateLock::lock(&ours, &tree_for_waiter, "t", &me(), soon()).await
        });
        let queued = async {
            while zk.children(leases).await.unwrap().unwrap().len() < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), queued).await.expect("a second lease");
        zk.transaction(&[Op::delete(foreign)]).await.unwrap();
        waiter.await.unwrap().unwrap();
    }
}
