//! Writes that happen together or not at all: sending [`super::transaction`]s, and finding out what became of one.

use zookeeper_client::{CreateMode, MultiWriteResult};

use super::error::StateError;
use super::transaction::{self, CommitOutcome, Done, Mode, Op};
use super::zk::Zk;
use crate::net::zookeeper::session::Write;

impl Zk {
    /// Writes everything or nothing.
    ///
    /// # Errors
    /// The node that was in the way is named. After [`StateError::UnknownOutcome`] ask [`Zk::outcome`], or use
    /// [`Zk::commit`], which does.
    ///
    /// # Notable behavior
    /// Needs ZooKeeper 3.5 or newer for transactions that create nodes.
    pub async fn transaction(&self, ops: &[Op]) -> Result<Vec<Done>, StateError> {
        transaction::check_size(ops, self.inner.max_buffer)?;
        let session = self.session()?;
        let writes: Vec<Write<'_>> = ops.iter().map(|op| self.write_of(op)).collect();
        let paths = || ops.iter().map(|op| op.path().to_owned()).collect();
        let first = ops.first().map_or("/", Op::path);
        let results = match self.wait(first, session.write(&writes)).await {
            Ok(committed) => committed.map_err(|error| transaction::error(ops, error))?,
            Err(StateError::TimedOut { .. }) => {
                return Err(StateError::UnknownOutcome { paths: paths() });
            }
            Err(other) => return Err(other),
        };
        Ok(results.into_iter().map(|result| self.done(result)).collect())
    }

    fn write_of<'a>(&self, op: &'a Op) -> Write<'a> {
        let full = self.full(op.path());
        match op {
            Op::Create { path, data, mode } => {
                let mode = match mode {
                    Mode::Persistent => CreateMode::Persistent,
                    Mode::Ephemeral => CreateMode::Ephemeral,
                    Mode::EphemeralSequential => CreateMode::EphemeralSequential,
                };
                let acls = self.rules.acls(path, self.inner.has_credentials);
                Write::Create { path: full, data, mode, acls }
            }
            Op::Set { data, version, .. } => Write::Set { path: full, data, version: *version },
            Op::Delete { version, .. } => Write::Delete { path: full, version: *version },
            Op::Check { version, .. } => Write::Check { path: full, version: *version },
        }
    }

    fn done(&self, result: MultiWriteResult) -> Done {
        match result {
            MultiWriteResult::Create { path, .. } => Done::Created(self.inside(&path).to_owned()),
            MultiWriteResult::SetData { stat } => Done::Set(stat.version),
            MultiWriteResult::Delete => Done::Deleted,
            _ => Done::Checked,
        }
    }

    /// Finds out what became of a transaction whose answer got lost.
    pub async fn outcome(&self, ops: &[Op]) -> Result<CommitOutcome, StateError> {
        let session = self.session()?;
        let first = ops.first().map_or("/", Op::path);
        // The server we are with now may lag behind the one that took the request.
        let synced = self.wait(first, session.sync(&self.full(first))).await?;
        synced.map_err(|error| StateError::from_client(error, first, false))?;
        let paths: Vec<_> = ops.iter().map(Op::path).collect();
        let nodes = self.read_many(&paths).await?;
        Ok(transaction::settle(ops, &nodes, self.inner.session))
    }

    /// As [`Zk::transaction`], and settles an unknown outcome by looking, sending again what did not happen.
    pub async fn commit(&self, ops: &[Op]) -> Result<Vec<Done>, StateError> {
        let unknown = match self.transaction(ops).await {
            Err(error @ StateError::UnknownOutcome { .. }) => error,
            other => return other,
        };
        if self.deadline.is_over() {
            return Err(unknown);
        }
        match self.outcome(ops).await {
            Ok(CommitOutcome::Applied(done)) => Ok(done),
            Ok(CommitOutcome::NotApplied) => self.transaction(ops).await,
            Ok(CommitOutcome::Unclear)
            | Err(StateError::ConnectionLost { .. } | StateError::TimedOut { .. }) => Err(unknown),
            Err(other) => Err(other),
        }
    }

    /// Sends off the deletion of a node without waiting for it.
    pub(super) fn delete_and_forget(&self, path: &str) {
        if let Ok(session) = self.session() {
            session.delete_and_forget(&self.full(path));
        }
    }
}
