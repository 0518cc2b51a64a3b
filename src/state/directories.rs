//! Directories of the tree.

use futures_util::future::join_all;
use zookeeper_client::Error as ClientError;

use super::error::StateError;
use super::zk::Zk;

/// How often creating directories is tried while somebody else deletes them.
const DIRECTORY_ATTEMPTS: usize = 5;

impl Zk {
    /// Makes sure that directories are there, with all their parents, the chroot included.
    ///
    /// # Notable behavior
    /// Heron's own client makes CONTAINER nodes, which a server deletes some time after their last child is gone, and
    /// which look like persistent ones from here (measured on 3.8: the owner is told as 0). So this is done before every
    /// creation, and again when a creation finds no parent.
    pub async fn ensure_directories<P: AsRef<str>>(&self, paths: &[P]) -> Result<(), StateError> {
        let root = Self { full_paths: true, ..self.clone() };
        let all = with_parents(paths.iter().map(|path| self.full(path.as_ref())));
        let mut attempt = 1;
        loop {
            let there = root.read_many(&all).await?;
            let missing: Vec<_> = all
                .iter()
                .zip(there)
                .filter(|(_, node)| node.is_none())
                .map(|(path, _)| path)
                .collect();
            let fixed = |path: &&&String| self.rules.is_fixed(self.inside(path));
            if let Some(path) = missing.iter().find(fixed) {
                return Err(StateError::MissingDirectory { path: (*path).clone() });
            }
            match self.create_directories(&missing).await {
                // Deleted or cut off in between: look again.
                Err(StateError::NoNode { .. } | StateError::ConnectionLost { .. })
                    if attempt < DIRECTORY_ATTEMPTS =>
                {
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    /// Creates directories, parents first; paths include the chroot. One that is there already is fine.
    async fn create_directories(&self, paths: &[&String]) -> Result<(), StateError> {
        let session = self.session()?;
        let created = paths.iter().map(|path| {
            let acls = self.rules.acls(self.inside(path), self.inner.has_credentials);
            session.create(path, acls)
        });
        let first = paths.first().map_or("", |path| path.as_str());
        let created = self.wait(first, join_all(created)).await?;
        for (path, result) in paths.iter().zip(created) {
            match result {
                Ok(()) | Err(ClientError::NodeExists) => {}
                // Creating a directory again does no harm: a broken connection leaves nothing unknown.
                Err(error) => return Err(StateError::from_client(error, path, false)),
            }
        }
        Ok(())
    }
}

/// The directories and all their parents, parents first, each once.
fn with_parents(paths: impl Iterator<Item = String>) -> Vec<String> {
    let mut all = Vec::new();
    for path in paths {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let parent = path.get(..end).unwrap_or_default();
            if !parent.is_empty() && !all.iter().any(|known| known == parent) {
                all.push(parent.to_owned());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_first_and_once() {
        let paths = ["/a/b/c", "/a/b/d", "/e"].map(str::to_owned);
        let all = with_parents(paths.into_iter());
        assert_eq!(all, ["/a", "/a/b", "/a/b/c", "/a/b/d", "/e"]);
    }
}
