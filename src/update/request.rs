//! What an update asks for, as far as the command line tells.

use std::fmt;

use thiserror::Error;

use crate::cli::UpdateArgs;
use crate::names::{self, NameError, Named};
use crate::packing::{PackingError, parse_parallelism};

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Another packing plan.
    Plan(Request),
    /// Other settings, `[component:]key:value`.
    Settings(Vec<String>),
}

/// The packing plan that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Components, each with its number of instances, in the order in which Heron visits them.
    pub parallelism: Vec<(String, i32)>,
    /// Number of containers.
    pub containers: Option<i32>,
}

impl fmt::Display for Request {
    /// The same words for the same request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> =
            self.parallelism.iter().map(|(component, n)| format!("{component}:{n}")).collect();
        parts.sort();
        parts.extend(self.containers.map(|count| format!("containers:{count}")));
        f.write_str(&parts.join(" "))
    }
}

/// The command line asks for nothing, or for what does not go together.
#[derive(Debug, Error)]
pub enum RequestError {
    /// None of them.
    #[error(
        "nothing to update: give --component-parallelism, --container-number, --runtime-config or --supervisors"
    )]
    Nothing,
    /// Settings and a plan.
    #[error(
        "--runtime-config can't be combined with --component-parallelism or --container-number"
    )]
    Both,
    /// No `component:number`.
    #[error(transparent)]
    Parallelism(#[from] PackingError),
    /// What can be no component's name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// No instance at all.
    #[error("`{component}:{count}`: a component has at least one instance")]
    TooFew {
        /// The component.
        component: String,
        /// What was asked for.
        count: i32,
    },
    /// An `=` that may be a separator or a part of the value.
    #[error("`{item}` is unclear; write `{colons}` if the `=` separates")]
    Unclear {
        /// What was given.
        item: String,
        /// With colons alone.
        colons: String,
    },
    /// The plan that was asked for can't be made.
    #[error("topology `{topology}` can't be packed as asked for")]
    Unpackable {
        /// The topology.
        topology: String,
        /// Why not.
        source: Box<PackingError>,
    },
    /// Settings are for a component that there is not.
    #[error("topology `{topology}` has no component `{component}`, only {}", known.join(", "))]
    NoComponent {
        /// The topology.
        topology: String,
        /// What was asked for.
        component: String,
        /// The components that it has.
        known: Vec<String>,
    },
    /// No `[component:]key:value`.
    #[error("`{item}` is no [component:]key:value; a value can't contain a colon or a blank")]
    Setting {
        /// What was given.
        item: String,
    },
}

impl RequestError {
    /// What to type instead, where the error doesn't say so itself.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoComponent { .. } | Self::Unclear { .. } => Vec::new(),
            Self::Unpackable { .. } => vec!["nothing was changed".to_owned()],
            _ => vec!["`heron-cli help update` shows the form of its arguments".to_owned()],
        }
    }
}

/// Reads the flags (`docs/heron.md#update`).
pub fn wanted(args: &UpdateArgs) -> Result<Wanted, RequestError> {
    let plan = !args.component_parallelism.is_empty() || args.container_number.is_some();
    match (plan, args.runtime_config.is_empty()) {
        (false, true) => Err(RequestError::Nothing),
        (true, false) => Err(RequestError::Both),
        (false, false) => {
            let items: Vec<String> = args
                .runtime_config
                .iter()
                .flat_map(|items| items.split(','))
                .map(with_colon)
                .collect::<Result<_, _>>()?;
            for item in &items {
                check_setting(item)?;
                component_of(item).map_or(Ok(()), check_component)?;
            }
            Ok(Wanted::Settings(items))
        }
        (true, true) => {
            let items = args.component_parallelism.iter().flat_map(|items| items.split(','));
            let items = items.map(|item| item.replacen('=', ":", 1)).collect::<Vec<_>>();
            let parallelism = parse_parallelism(&items.join(","))?;
            let components = parallelism.iter().map(|(component, _)| component);
            components.into_iter().try_for_each(|name| check_component(name))?;
            let few = parallelism.iter().find(|(_, count)| *count < 1);
            if let Some((component, count)) = few {
                let (component, count) = (component.clone(), *count);
                return Err(RequestError::TooFew { component, count });
            }
            Ok(Wanted::Plan(Request { parallelism, containers: args.container_number }))
        }
    }
}

/// `key=value` is taken for `key:value`. With a colon in front of the `=`, the `=` may as well be part of a value.
fn with_colon(item: &str) -> Result<String, RequestError> {
    match item.split_once('=') {
        Some((before, _)) if before.matches(':').count() == 1 => {
            Err(RequestError::Unclear { item: item.to_owned(), colons: item.replacen('=', ":", 1) })
        }
        Some((before, after)) if !before.contains(':') => Ok(format!("{before}:{after}")),
        _ => Ok(item.to_owned()),
    }
}

/// One or two names and a value, none of them empty: what a TManager can tell apart.
pub fn check_setting(item: &str) -> Result<(), RequestError> {
    let parts: Vec<&str> = item.split(':').collect();
    let plain = |part: &&str| !part.is_empty() && !part.contains(char::is_whitespace);
    if matches!(parts.len(), 2 | 3) && parts.iter().all(plain) {
        return Ok(());
    }
    Err(RequestError::Setting { item: item.to_owned() })
}

/// The component that a setting is for; none if it is for all.
pub(super) fn component_of(item: &str) -> Option<&str> {
    match *item.split(':').collect::<Vec<_>>() {
        [component, _, _] => Some(component),
        _ => None,
    }
}

fn check_component(name: &str) -> Result<(), RequestError> {
    Ok(names::check_reference(Named::Component, name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> UpdateArgs {
        crate::cli::arguments(words)
    }

    #[test]
    fn the_same_request_has_the_same_words() {
        let words = |flags: &[&str]| match wanted(&args(flags)).unwrap() {
            Wanted::Plan(request) => request.to_string(),
            Wanted::Settings(items) => items.join(" "),
        };
        let one = words(&["--component-parallelism", "word:3", "--component-parallelism=count:2"]);
        assert_eq!(one, "count:2 word:3");
        assert_eq!(one, words(&["--component-parallelism", "count:2,word:3"]));
        assert_eq!(one, words(&["--component-parallelism", "count=2,word=3"]));
        assert_eq!(words(&["--container-number", "4"]), "containers:4");
        assert_eq!(words(&["--runtime-config", "a.b=c,d:e:f=g"]), "a.b:c d:e:f=g");
        assert_eq!(words(&["--runtime-config", "a.b:c,d:e:f"]), "a.b:c d:e:f");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let error = |flags: &[&str]| wanted(&args(flags)).unwrap_err().to_string();
        assert!(error(&[]).starts_with("nothing to update"));
        assert!(
            error(&["--container-number", "2", "--runtime-config", "a:b"]).contains("combined")
        );
        assert!(error(&["--component-parallelism", "word:0"]).contains("at least one"));
        for flag in ["word", "word:x", "word:99999999999"] {
            assert!(error(&["--component-parallelism", flag]).contains(flag), "{flag}");
        }
        for flag in ["a", "a:", ":b", "a:b:c:d", "a:b c", "a:b=c"] {
            assert!(error(&["--runtime-config", flag]).contains(flag), "{flag}");
        }
    }
}
