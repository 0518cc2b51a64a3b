//! Takes a topology's package out of its store, once nothing of the topology runs any more.

use super::lease::Lease;
use crate::context::{CommandError, Context, StateTree};
use crate::net::deadline::{Stopped, UNDO};
use crate::outcome::change::PackageEnd;
use crate::scheduler::journal::decode_desired;
use crate::scheduler::package::StoredPackage;
use crate::scheduler::record::{Desired, Launch};
use crate::state::StateError;
use crate::upload::{self, Store, in_uri};

/// Hexadecimal digits of a hash in the name of a package.
const DIGITS: usize = 12;

/// A package that may be removed.
#[derive(Debug, PartialEq, Eq)]
struct Found<'a> {
    name: &'a str,
    uri: &'a str,
    /// Whether its name says that it belongs to this topology alone.
    own: bool,
}

/// What became of a topology's packages.
#[derive(Clone, Debug, Default)]
pub struct Withdrawn {
    /// That of what runs, or ran last.
    pub package: Option<PackageEnd>,
    /// Those of its other revisions.
    pub other_packages: Vec<PackageEnd>,
}

/// Removes the packages of a topology whose lock is held, unless they are to stay. Where that can't be done it is warned of, and
/// told in the answer: the end of the topology doesn't wait for it.
///
/// # Errors
/// The user wants to leave, or the state can't be read.
pub async fn withdraw(
    context: &Context<'_>,
    lease: &Lease,
    topology: &str,
    desired: Option<&Desired>,
    kept: Option<&str>,
) -> anyhow::Result<Withdrawn> {
    let Some(desired) = desired else { return Ok(Withdrawn::default()) };
    let found = find(topology, &desired.launch);
    let mut withdrawn = Withdrawn::default();
    if let Some(Found { name, uri, own }) = &found {
        let kept = match kept {
            None if !own => user(&lease.state, topology, uri).await?,
            kept => kept.map(str::to_owned),
        };
        withdrawn.package = Some(end_of(context, topology, (name, uri), kept).await?);
    }
    let is_other =
        |package: &&StoredPackage| found.as_ref().is_none_or(|running| running.uri != package.uri);
    let packages = desired.revisions.kept.iter().filter_map(|one| one.package.as_deref());
    for package in packages.filter(is_other) {
        let StoredPackage { name, uri, .. } = package;
        if withdrawn.other_packages.iter().all(|one| one.uri != *uri) {
            let kept = kept.map(str::to_owned);
            withdrawn.other_packages.push(end_of(context, topology, (name, uri), kept).await?);
        }
    }
    Ok(withdrawn)
}

/// Removes a package, unless it is to stay, for a reason.
pub(super) async fn end_of(
    context: &Context<'_>,
    topology: &str,
    (name, uri): (&str, &str),
    kept: Option<String>,
) -> anyhow::Result<PackageEnd> {
    let end =
        |why: Option<String>| Ok(PackageEnd { uri: uri.to_owned(), removed: why.is_none(), why });
    if kept.is_some() {
        return end(kept);
    }
    context.reporter.step("removing the package from its store");
    let why = match removed(context, topology, name, uri).await {
        Ok(Ok(())) => return end(None),
        Ok(Err(error)) => error.to_string(),
        Err(Stopped::TimedOut) => "the store does not answer".to_owned(),
        Err(Stopped::Signal(signal)) => {
            let doing = "removing the package from its store".to_owned();
            return Err(CommandError::Interrupted { signal, doing, next: Vec::new() }.into());
        }
    };
    context.reporter.warn(&format!("the package stays at {uri}: {why}"));
    end(Some(why))
}

async fn removed(
    context: &Context<'_>,
    topology: &str,
    name: &str,
    uri: &str,
) -> Result<anyhow::Result<()>, Stopped> {
    let made = || -> anyhow::Result<Box<dyn Store>> {
        Ok(upload::store_for(&context.store_config(topology)?)?)
    };
    let store = match made() {
        Ok(store) => store,
        Err(error) => return Ok(Err(error)),
    };
    let bound = UNDO.as_secs();
    let what = || format!("the {} store, for at most {bound} s", store.kind());
    let removed = context.whole.run_saying(UNDO, what, store.remove(uri, name)).await?;
    Ok(removed.map_err(Into::into))
}

/// The package of a topology, if heron-cli has brought it into a store: as its record says, or in one of version 0.1.0, which
/// doesn't, by a name that heron-cli gives.
fn find<'a>(topology: &str, launch: &'a Launch) -> Option<Found<'a>> {
    if let Some(package) = &launch.package {
        return Some(Found { name: &package.name, uri: &package.uri, own: true });
    }
    let uri = &launch.uris.first()?.value;
    let name = own_name(topology, uri)?;
    Some(Found { name, uri, own: false })
}

/// Whether a URI is that of a package that heron-cli has named.
#[must_use]
pub fn names_own_package(topology: &str, uri: &str) -> bool {
    let path = uri.split_once('?').map_or(uri, |(path, _)| path);
    own_name(topology, path).is_some()
}

/// The last part of a URI, if it is a name that heron-cli gives.
fn own_name<'a>(topology: &str, uri: &'a str) -> Option<&'a str> {
    let (_, name) = uri.rsplit_once('/')?;
    let digits =
        name.strip_prefix(&in_uri(topology))?.strip_prefix('-')?.strip_suffix(".tar.gz")?;
    let is_ours = digits.len() == DIGITS && digits.chars().all(|c| c.is_ascii_hexdigit());
    is_ours.then_some(name)
}

/// Who else may need a package whose name tells its content alone. Whoever can't be asked may.
async fn user(state: &StateTree, topology: &str, uri: &str) -> Result<Option<String>, StateError> {
    let names = state.zk.children(&state.journal_root).await?.unwrap_or_default();
    let others: Vec<String> = names.into_iter().filter(|name| name != topology).collect();
    let paths: Vec<String> = others.iter().map(|name| state.journal(name).record).collect();
    let records = state.zk.read_many(&paths).await?;
    for ((other, path), record) in others.iter().zip(&paths).zip(records) {
        // Gone meanwhile.
        let Some(record) = record else { continue };
        match decode_desired(path, &record.data) {
            Ok(Some(desired)) if desired.launch.uris.iter().all(|one| one.value != uri) => {}
            Ok(Some(_)) => return Ok(Some(format!("topology {other} has the same"))),
            Ok(None) | Err(_) => {
                return Ok(Some(format!("whether topology {other} has the same can't be read")));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn launch(package: Option<Value>, uri: &str) -> Launch {
        let fetched = |value: &str| json!({"value": value, "extract": true, "cache": false});
        let mut launch = json!({"command": [], "ports": 9, "kill_grace_ms": 1,
                                "uris": [fetched(uri), fetched("http://h/core.tar.gz")]});
        if let Some(package) = package {
            launch["package"] = package;
        }
        serde_json::from_value(launch).unwrap()
    }

    #[test]
    fn the_record_says_which_package_is_the_topologys_own() {
        let package = json!({"name": "p", "uri": "http://h/p?x"});
        let launch = launch(Some(package), "http://h/t-0123456789ab.tar.gz");
        let own = Found { name: "p", uri: "http://h/p?x", own: true };
        assert_eq!(find("t", &launch), Some(own));
    }

    #[test]
    fn an_old_record_says_so_by_the_name_that_heron_cli_gives() {
        let found = |uri: &str| {
            let launch = launch(None, uri);
            find("a b", &launch).map(|found| (found.name.to_owned(), found.own))
        };
        let name = "a_b-0123456789ab.tar.gz";
        assert_eq!(found(&format!("http://h/{name}")), Some((name.to_owned(), false)));
        for other in [
            "http://h/topology.tar.gz",
            "http://h/a_b-0123.tar.gz",
            "http://h/c-0123456789ab.tar.gz",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
