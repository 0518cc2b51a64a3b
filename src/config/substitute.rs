//! `${NAME}` in YAML values, by Heron's rules.
//!
//! A token counts only where it is a whole component of a path; what is known nowhere stays.
//! `${TOPOLOGY}` stays too until the topology's name is known.
//!
//! Source of facts: `docs/heron.md#yaml-files`.

use super::keys::{self, KeySpec};
use super::layer::Config;

/// What tokens stand for besides other settings.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    /// `${HOME}` and `~`
    pub home: String,
    /// `${JAVA_HOME}`
    pub java_home: Option<String>,
    /// `${ROLE}` where no role is configured.
    pub user: String,
}

/// Two settings stand for each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{value}\" can't be worked out: its ${{…}} stand for each other")]
pub struct Cycle {
    /// The value as it is written.
    pub value: String,
}

/// Names in tokens and the settings they stand for.
const SETTINGS: [(&str, &KeySpec); 6] = [
    ("CLUSTER", &keys::CLUSTER),
    ("ENVIRON", &keys::ENVIRON),
    ("SUBMIT_USER", &keys::SUBMIT_USER),
    ("STATEMGR_CONNECTION_STRING", &keys::STATE_CONNECTION),
    ("STATEMGR_ROOT_PATH", &keys::STATE_ROOT),
    ("CORE_PACKAGE_URI", &keys::CORE_URI),
];

/// Directories that stand below others unless a setting says otherwise.
const DIRECTORIES: [(&str, &str, &str); 8] = [
    ("HERON_HOME", "heron.directory.home", "/usr/local/heron"),
    ("HERON_BIN", "heron.directory.bin", "${HERON_HOME}/bin"),
    ("HERON_CONF", "heron.directory.conf", "${HERON_HOME}/conf"),
    ("HERON_LIB", "heron.directory.lib", "${HERON_HOME}/lib"),
    ("HERON_DIST", "heron.directory.dist", "${HERON_HOME}/dist"),
    ("HERON_ETC", "heron.directory.etc", "${HERON_HOME}/etc"),
    ("HERON_CLUSTER_HOME", "heron.directory.cluster.home", "./heron-core"),
    ("HERON_CLUSTER_CONF", "heron.directory.cluster.conf", "./heron-conf"),
];

/// Tokens stand for tokens a few times at most; more is a cycle.
const ROUNDS: usize = 16;

/// Replaces the tokens of a value until none is left that is known.
pub fn substitute(value: &str, config: &Config, tokens: &Tokens) -> Result<String, Cycle> {
    let mut text = value.to_owned();
    for _ in 0..ROUNDS {
        let next = once(&text, config, tokens);
        match next {
            None => return Ok(text),
            Some(next) if next == text => return Ok(text),
            Some(next) => text = next,
        }
        // Each token that holds itself twice doubles the text; no honest path is this long.
        if text.len() > 1 << 16 {
            break;
        }
    }
    Err(Cycle { value: value.to_owned() })
}

/// Replaces every known token once; `None` if there is none.
fn once(value: &str, config: &Config, tokens: &Tokens) -> Option<String> {
    let trimmed = value.trim();
    let (scheme, path) = match trimmed.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
        _ => (None, trimmed),
    };
    let mut replaced = false;
    let mut parts = Vec::new();
    for part in path.split('/') {
        match replacement(part, config, tokens) {
            Some(text) => {
                replaced = true;
                parts.push(text);
            }
            None => parts.push(part.to_owned()),
        }
    }
    replaced.then(|| {
        let path = joined(&parts);
        scheme.map_or_else(|| path.clone(), |scheme| format!("{scheme}://{path}"))
    })
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|char| char.is_ascii_alphanumeric() || "+.-".contains(char))
}

/// Joins components as file paths are: without repeated slashes or one at the end.
fn joined(parts: &[String]) -> String {
    let mut path = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 && !path.ends_with('/') {
            path.push('/');
        }
        let part = if path.ends_with('/') { part.trim_start_matches('/') } else { part.as_str() };
        path.push_str(part.trim_end_matches('/'));
        if path.is_empty() && part.starts_with('/') {
            path.push('/');
        }
    }
    match path.trim_end_matches('/') {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}

fn replacement(part: &str, config: &Config, tokens: &Tokens) -> Option<String> {
    if part == "~" {
        return Some(tokens.home.clone());
    }
    let name = part.strip_prefix("${")?.strip_suffix('}')?;
    let setting = |key| config.setting(key).map(|setting| setting.value.trim().to_owned());
    match name {
        "HOME" => Some(tokens.home.clone()),
        "JAVA_HOME" => tokens.java_home.clone(),
        "ROLE" => Some(setting(&keys::ROLE).unwrap_or_else(|| tokens.user.clone())),
        _ => {
            let known = SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
            if let Some(key) = known {
                return setting(key).or_else(|| key.default.map(str::to_owned));
            }
            let (_, key, default) = DIRECTORIES.iter().find(|(known, ..)| *known == name)?;
            let given = config.get(key).map(|setting| setting.value.trim().to_owned());
            Some(given.unwrap_or_else(|| (*default).to_owned()))
        }
    }
}

/// Tokens that stayed, other than the topology's name; for warnings.
#[must_use]
pub fn left_over(value: &str) -> Vec<&str> {
    let starts = value.match_indices("${");
    let tokens = starts.filter_map(|(at, _)| {
        let rest = value.get(at..)?;
        let end = rest.find('}')?;
        rest.get(..=end)
    });
    tokens.filter(|token| *token != "${TOPOLOGY}").collect()
}

#[cfg(test)]
mod tests;
