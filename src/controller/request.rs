//! Changes of the desired record: a command requests something by them, whether or not it holds the lease. Whoever does is told by
//! a watch, and carries it out.

use crate::context::Writer;
use crate::scheduler::journal::{decode_desired, encode};
use crate::scheduler::record::Desired;
use crate::state::lock::Lock;
use crate::state::{Op, StateError, Zk};

/// Changes a desired record by compare-and-set on its version; where somebody else changes it at the same time, `change` is
/// asked again. With a lock, that must be held still. Who did what is remembered in the same write. `None`: there is no record.
///
/// # Errors
/// Those of `change`, which then has changed nothing.
pub async fn change(
    zk: &Zk,
    record: &str,
    lock: Option<&Lock>,
    by: &Writer,
    mut change: impl FnMut(&Desired) -> anyhow::Result<Desired>,
) -> anyhow::Result<Option<Desired>> {
    loop {
        let Some(node) = zk.get(record).await? else { return Ok(None) };
        let Some(desired) = decode_desired(record, &node.data)? else { return Ok(None) };
        let mut changed = change(&desired)?;
        if changed == desired {
            return Ok(Some(desired));
        }
        by.remember(Some(&desired), &mut changed);
        let ops = [Op::set(record, encode(record, &changed)?, Some(node.stat.version))];
        let written = match lock {
            Some(lock) => lock.transaction(&ops).await,
            None => zk.commit(&ops).await,
        };
        match written {
            Ok(_) => return Ok(Some(changed)),
            Err(StateError::BadVersion { path }) if path == record => {}
            Err(StateError::NoNode { path }) if path == record => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
}
