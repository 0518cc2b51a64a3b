//! What the user's main is told: the text of `HERON_OPTIONS`.
//!
//! Pairs joined by commas, with `%%%%` for a blank and no way to say a comma or an equals sign. Source of facts:
//! `docs/heron.md#user-program`.

use std::path::Path;

use crate::proto::api::TopologyState;

/// What [`Options::encode`] can't say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} is {value:?}, and Heron can't tell a topology's main a value with {what}")]
pub struct OptionsError {
    /// The option.
    pub key: &'static str,
    /// Its value.
    pub value: String,
    /// `a comma` …
    pub what: &'static str,
}

/// What Heron's API reads when it writes a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The state that the topology starts in.
    pub initial_state: TopologyState,
    /// Name of the cluster.
    pub cluster: String,
    /// Role.
    pub role: String,
    /// Environment.
    pub environ: String,
    /// Who submits.
    pub submit_user: String,
}

impl Options {
    /// The text for a main that writes into `directory`.
    ///
    /// `name` is the topology's, where a main asks for it (Python). Options that only inform (the file, the class, the
    /// user) are left out where they can't be said; Heron's API would ignore them anyway.
    pub fn encode(
        &self,
        directory: &Path,
        file: &Path,
        class: &str,
        name: Option<&str>,
    ) -> Result<String, OptionsError> {
        let directory = directory.to_string_lossy();
        let file = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let state = match self.initial_state {
            TopologyState::Paused => "PAUSED",
            _ => "RUNNING",
        };
        let mut needed = vec![
            ("cmdline.topologydefn.tmpdirectory", &*directory),
            ("cmdline.topology.initial.state", state),
            ("cmdline.topology.role", &self.role),
            ("cmdline.topology.environment", &self.environ),
            ("cmdline.topology.cluster", &self.cluster),
        ];
        if let Some(name) = name {
            needed.push(("cmdline.topology.name", name));
        }
        let informing = [
            ("cmdline.topology.file_name", &*file),
            ("cmdline.topology.class_name", class),
            ("cmdline.topology.submit_user", &self.submit_user),
        ];
        let mut pairs = Vec::new();
        for (key, value) in needed {
            pairs.push(pair(key, value)?);
        }
        pairs.extend(informing.into_iter().filter_map(|(key, value)| pair(key, value).ok()));
        Ok(pairs.join(","))
    }
}

fn pair(key: &'static str, value: &str) -> Result<String, OptionsError> {
    let unfit = [(',', "a comma"), ('=', "an equals sign"), ('\0', "a zero byte")];
    let encoded = value.replace(' ', "%%%%");
    let what = match unfit.iter().find(|(character, _)| value.contains(*character)) {
        Some((_, what)) => what,
        None if encoded.replace("%%%%", " ") != value => "these percent signs",
        None => return Ok(format!("{key}={encoded}")),
    };
    Err(OptionsError { key, value: value.to_owned(), what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn options(role: &str) -> Options {
        Options {
            initial_state: TopologyState::Paused,
            cluster: "example".to_owned(),
            role: role.to_owned(),
            environ: "devel".to_owned(),
            submit_user: "alice".to_owned(),
        }
    }

    /// As Heron's API reads it.
    fn decode(text: &str) -> Vec<(String, String)> {
        let pairs = text.split(',').map(|pair| pair.replace("%%%%", " "));
        pairs
            .filter_map(|pair| {
                let parts: Vec<&str> = pair.split('=').collect();
                match parts.as_slice() {
                    [key, value] => Some(((*key).to_owned(), (*value).to_owned())),
                    _ => None,
                }
            })
            .collect()
    }

    #[test]
    fn blanks_are_encoded() {
        let text = options("a b")
            .encode(Path::new("/tmp/x y"), Path::new("dir/w.pex"), "-", Some("word"))
            .unwrap();
        assert_eq!(
            text,
            "cmdline.topologydefn.tmpdirectory=/tmp/x%%%%y,cmdline.topology.initial.state=PAUSED,\
             cmdline.topology.role=a%%%%b,cmdline.topology.environment=devel,\
             cmdline.topology.cluster=example,cmdline.topology.name=word,\
             cmdline.topology.file_name=w.pex,cmdline.topology.class_name=-,\
             cmdline.topology.submit_user=alice"
        );
    }

    #[test]
    fn what_matters_is_refused_and_what_informs_is_left_out() {
        let encode = |role: &str, file: &str| {
            options(role).encode(Path::new("/tmp"), Path::new(file), "C", None)
        };
        for unfit in ["a,b", "a=b", "a%%%%b", "% "] {
            assert_eq!(encode(unfit, "f.jar").unwrap_err().key, "cmdline.topology.role");
        }
        let text = encode("r", "v=1,2.jar").unwrap();
        assert!(!text.contains("file_name"), "{text}");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(role in "[^\0]{0,20}", class in "[^\0]{0,20}") {
            let encoded = options(&role).encode(Path::new("/t"), Path::new("f"), &class, None);
            if let Ok(text) = encoded {
                let found = decode(&text).into_iter().find(|(key, _)| key == "cmdline.topology.role");
                prop_assert_eq!(found.unwrap().1, role);
            }
        }
    }
}
