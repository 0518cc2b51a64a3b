//! What holds for parts of a tree: who may create them, and who may see them.

use zookeeper_client::Acls;

/// Rules of one tree; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The node whose subtree is ours alone, where the session has credentials: the journals.
    pub private: Option<String>,
    /// Directories that must be there already, with everything above them.
    pub fixed: Vec<String>,
}

impl Rules {
    /// Whether a node belongs to those with our credentials alone.
    #[must_use]
    pub fn is_private(&self, path: &str) -> bool {
        self.private.as_deref().is_some_and(|root| path == root || is_below(path, root))
    }

    /// Whether a directory must not be created by us.
    #[must_use]
    pub fn is_fixed(&self, path: &str) -> bool {
        self.fixed.iter().any(|fixed| fixed == path || is_below(fixed, path))
    }

    /// The access list of a node to be created. Heron itself never sets any, and its daemons send no credentials.
    pub(super) fn acls(&self, path: &str, has_credentials: bool) -> Acls<'static> {
        if has_credentials && self.is_private(path) {
            Acls::creator_all()
        } else {
            Acls::anyone_all()
        }
    }
}

fn is_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_go_by_whole_components() {
        let rules = Rules {
            private: Some("/heron/frameworks".to_owned()),
            fixed: vec!["/heron/topologies".to_owned()],
        };
        assert!(rules.is_private("/heron/frameworks"));
        assert!(rules.is_private("/heron/frameworks/t/lock"));
        assert!(!rules.is_private("/heron/frameworks2"));
        assert!(!rules.is_private("/heron"));
        assert!(rules.is_fixed("/heron/topologies"));
        assert!(rules.is_fixed("/heron"));
        assert!(!rules.is_fixed("/heron/topologies/t"));
        assert!(!Rules::default().is_private("/heron/frameworks"));
    }
}
