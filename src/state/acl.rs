//! Taking over what lies open: journals that were written without credentials.
//!
//! Nodes that are created get their access list with them ([`super::rules`]). Those that are there already get it when
//! somebody with credentials is about to change the journal.

use super::error::StateError;
use super::removal::subtree;
use super::zk::Zk;
use zookeeper_client::Error as ClientError;

impl Zk {
    /// Makes sure that a node of the private part, everything below it, and what lies above it in that part, is ours
    /// alone. Does nothing where the session has no credentials, or the node is in no such part.
    ///
    /// # Errors
    /// [`StateError::NoAuth`] names a node that belongs to somebody else, [`StateError::AclRefused`] one that the server
    /// does not want to keep for us.
    ///
    /// # Notable behavior
    /// Children come before their parents, so that a node that is ours has nothing open below it, whenever this was cut
    /// short.
    pub async fn claim(&self, top: &str) -> Result<(), StateError> {
        if !self.inner.has_credentials || !self.rules.is_private(top) {
            return Ok(());
        }
        if self.is_open(top).await? {
            let children = self.children(top).await?.unwrap_or_default();
            for path in subtree(self, top.to_owned(), children).await? {
                self.keep(&path).await?;
            }
        }
        let mut above = top;
        while let Some((parent, _)) = above.rsplit_once('/')
            && self.rules.is_private(parent)
        {
            if self.is_open(parent).await? {
                self.keep(parent).await?;
            }
            above = parent;
        }
        Ok(())
    }

    /// Whether a node is there, and anybody may do something with it.
    async fn is_open(&self, path: &str) -> Result<bool, StateError> {
        let session = self.session()?;
        match self.wait(path, session.acl(&self.full(path))).await? {
            Ok(acls) => Ok(acls.iter().any(|acl| acl.scheme() == "world")),
            Err(ClientError::NoNode) => Ok(false),
            Err(error) => Err(StateError::from_client(error, path, false)),
        }
    }

    /// Gives a node the access list of its creator; one that has gone needs none.
    async fn keep(&self, path: &str) -> Result<(), StateError> {
        let session = self.session()?;
        match self.wait(path, session.keep(&self.full(path))).await? {
            Ok(()) | Err(ClientError::NoNode) => Ok(()),
            // Doing it twice does no harm.
            Err(error) => Err(StateError::from_client(error, path, false)),
        }
    }
}
