//! `cluster/role/environ`: the address of a topology since 2016.
//!
//! Source of facts: `docs/heron.md#cluster-role-and-environ` and `tests/data/cluster-role-env`, recorded from Heron's
//! command line.

use std::fmt;

/// The three parts as they were written; a part that was left out is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ClusterRoleEnviron {
    /// The cluster.
    pub cluster: String,
    /// The role.
    pub role: String,
    /// The environment.
    pub environ: String,
}

/// Which parts a cluster's `client.yaml` insists on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Required {
    /// `heron.config.is.role.required`
    pub role: bool,
    /// `heron.config.is.env.required`
    pub environ: bool,
}

/// A part that the cluster's configuration insists on was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MissingPart {
    /// No role.
    #[error("`{given}` names no role, which {key} demands; write cluster/role/environ")]
    Role {
        /// What was given.
        given: String,
        /// The key that demands it.
        key: &'static str,
    },
    /// No environment.
    #[error("`{given}` names no environ, which {key} demands; write cluster/role/environ")]
    Environ {
        /// What was given.
        given: String,
        /// The key that demands it.
        key: &'static str,
    },
}

impl ClusterRoleEnviron {
    /// Splits at `/`; what follows the third part is dropped, as Heron drops it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parts = text.split('/').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Self { cluster: next(), role: next(), environ: next() }
    }

    /// Whether an empty environ stays empty: Heron fills parts in only where both are missing.
    #[must_use]
    pub fn keeps_empty_parts(&self) -> bool {
        !(self.role.is_empty() && self.environ.is_empty())
    }

    /// The parts as stock Heron completes them without a server: role and environ are filled in
    /// only if both are missing.
    pub fn completed(&self, user: &str, required: Required) -> Result<Self, MissingPart> {
        if required.role && self.role.is_empty() {
            let key = "heron.config.is.role.required";
            return Err(MissingPart::Role { given: self.to_string(), key });
        }
        if required.environ && self.environ.is_empty() {
            let key = "heron.config.is.env.required";
            return Err(MissingPart::Environ { given: self.to_string(), key });
        }
        if self.keeps_empty_parts() {
            return Ok(self.clone());
        }
        let cluster = self.cluster.clone();
        Ok(Self { cluster, role: user.to_owned(), environ: "default".to_owned() })
    }
}

impl fmt::Display for ClusterRoleEnviron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.cluster, self.role, self.environ)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// `true` as Python sees the two keys of each recorded `client.yaml`.
    fn required(name: &str) -> Required {
        match name {
            "role required" | "required as a number" => Required { role: true, environ: false },
            "environ required" => Required { role: false, environ: true },
            // A quoted "false" is a text that isn't empty, and so true in Python.
            "both required" | "required as a quoted string" => {
                Required { role: true, environ: true }
            }
            _ => Required::default(),
        }
    }

    #[test]
    fn every_recorded_triple_gives_what_heron_gave() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/cluster-role-env/cluster-role-env.json"
        );
        let recording: Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut seen = 0;
        for group in recording["direct"].as_array().unwrap() {
            let name = group["client_yaml"].as_str().unwrap();
            for case in group["cases"].as_array().unwrap() {
                seen += 1;
                let input = case["input"].as_str().unwrap();
                let given = ClusterRoleEnviron::parse(input);
                let parts = |triple: ClusterRoleEnviron| {
                    serde_json::json!([triple.cluster, triple.role, triple.environ])
                };
                assert_eq!(parts(given.clone()), case["get_cluster_role_env"]["result"], "{input}");
                let completed = given.completed("alice", required(name));
                let recorded = &case["cli_direct_mode"];
                let expected = recorded.get("result").cloned();
                assert_eq!(completed.clone().ok().map(parts), expected, "{name}: {input}");
                if let Err(missing) = completed {
                    let key = match missing {
                        MissingPart::Role { key, .. } | MissingPart::Environ { key, .. } => key,
                    };
                    assert!(recorded["error"]["message"].as_str().unwrap().contains(key));
                }
            }
        }
        assert_eq!(seen, 135);
    }
}
