//! Settings from lines, from the files of every era, and every problem at once.

mod files;
mod judgement;
mod kept;
mod uploaders;

use std::path::{Path, PathBuf};

use super::{Need, Resolved, Settings};
use crate::config::load::{Loaded, Sources, load};
use crate::config::problem::{Problem, Problems};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn sources() -> Sources {
    Sources { user: "alice".to_owned(), home: "/home/alice".to_owned(), ..Sources::default() }
}

/// A configuration of overrides alone, one line each.
fn of_lines(lines: &str) -> Loaded {
    let properties = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let properties = properties.map(str::to_owned).collect();
    load(&Sources { properties, ..sources() }).unwrap()
}

const GOOD: &str = "
    zk.connection.string=zk1:2181,zk2:2181
    state.root.address=/heron
    heron.mesos.master.uri=zk://u:pa55@zk1:2181/mesos
    heron.core.release.uri=http://host/heron-core.tar.gz
    heron.topology.pkg.uri=http://host/topology.tar.gz
";

fn with(lines: &str) -> Resolved {
    of_lines(&format!("{GOOD}{lines}")).resolve(Need::Launch)
}

fn good(lines: &str) -> Settings {
    with(lines).settings.unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(resolved: Resolved) -> Vec<Problem> {
    resolved.settings.err().map(|Problems(list)| list).unwrap_or_default()
}
