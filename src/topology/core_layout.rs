//! What must be where in a container's directory once the packages of a release are unpacked.
//!
//! Made from the same table as the executor's command line: what that names must be there. Source of facts:
//! `docs/heron.md#topology-package` and `docs/heron.md#core-package`.

use super::arguments::{Argument, table};
use super::dialect::Release;
use super::layout::{Binary, Classpath, Layout};

/// Something that a container needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Its path; relative to the container's directory, unless the configuration says otherwise.
    pub path: String,
    /// What it must be.
    pub kind: NeedKind,
}

/// What a path must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedKind {
    /// A program that may be run.
    Program,
    /// A directory.
    Directory,
    /// A file.
    File,
}

impl NeedKind {
    /// What to call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Directory => "directory",
            Self::File => "file",
        }
    }
}

fn need(kind: NeedKind, path: &str) -> Need {
    Need { path: path.strip_prefix("./").unwrap_or(path).to_owned(), kind }
}

/// What the core package of a release must hold.
///
/// The programs for instances in Python and C++ are left out: only such topologies need them. So are class paths that the
/// configuration gives: they may name jars that the topology brings.
#[must_use]
pub fn of_core(release: &Release, layout: &Layout) -> Vec<Need> {
    let program = |which| need(NeedKind::Program, &layout.binary(which, release));
    let library =
        |which: &Classpath| Some(need(NeedKind::Directory, &layout.library_directory(*which)?));
    let mut needs = vec![program(Binary::Executor)];
    for (argument, ..) in table(release) {
        match argument {
            Argument::TManagerBinary => needs.push(program(Binary::TManager)),
            Argument::StmgrBinary => needs.push(program(Binary::Stmgr)),
            Argument::ShellBinary => needs.push(program(Binary::Shell)),
            other => needs.extend(libraries(*other).iter().filter_map(library)),
        }
    }
    needs
}

/// The class paths that an argument is made of.
fn libraries(argument: Argument) -> &'static [Classpath] {
    match argument {
        Argument::MetricsManagerClasspath => &[Classpath::MetricsManager],
        Argument::InstanceClasspath => &[Classpath::Instance],
        Argument::SchedulerClasspath => {
            &[Classpath::Scheduler, Classpath::Packing, Classpath::StateManager]
        }
        Argument::MetricsCacheClasspath => &[Classpath::MetricsCacheManager],
        Argument::CheckpointClasspath => {
            &[Classpath::CheckpointManager, Classpath::StatefulStorage]
        }
        Argument::HealthClasspath => &[Classpath::HealthManager],
        _ => &[],
    }
}

/// What the package of a topology must hold for a release, besides the topology itself.
#[must_use]
pub fn of_topology(release: &Release, layout: &Layout) -> Vec<Need> {
    let name = |argument: &Argument| match argument {
        Argument::StateConfig => Some("statemgr.yaml"),
        Argument::InternalsConfig => Some("heron_internals.yaml"),
        Argument::SinksConfig => Some("metrics_sinks.yaml"),
        Argument::OverrideConfig => Some("override.yaml"),
        Argument::StatefulConfig => Some("stateful.yaml"),
        _ => None,
    };
    table(release)
        .filter_map(|(argument, ..)| name(argument))
        .map(|name| need(NeedKind::File, &layout.file(name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(needs: &[Need]) -> Vec<&str> {
        needs.iter().map(|need| need.path.as_str()).collect()
    }

    #[test]
    fn a_core_holds_what_its_command_line_names() {
        let of = |release: &str| of_core(&Release::parse(release).unwrap(), &Layout::default());
        assert_eq!(
            paths(&of("0.20.5")),
            [
                "heron-core/bin/heron-executor",
                "heron-core/bin/heron-tmanager",
                "heron-core/bin/heron-stmgr",
                "heron-core/lib/metricsmgr",
                "heron-core/bin/heron-shell",
                "heron-core/lib/instance",
                "heron-core/lib/scheduler",
                "heron-core/lib/packing",
                "heron-core/lib/statemgr",
                "heron-core/lib/metricscachemgr",
                "heron-core/lib/ckptmgr",
                "heron-core/lib/statefulstorage",
                "heron-core/lib/healthmgr",
            ]
        );
        let old = of("0.14.0");
        assert!(paths(&old).contains(&"heron-core/bin/heron-tmaster"));
        assert!(!paths(&old).contains(&"heron-core/lib/metricscachemgr"));
        assert_eq!(old.len(), 9);
        assert_eq!(of("0.14.7").len(), 10);
        assert_eq!(of("0.14.8").len(), 12);
        assert_eq!(of("0.16.3").len(), 13);
    }

    #[test]
    fn a_topology_brings_its_configuration() {
        let of = |release: &str| {
            of_topology(&Release::parse(release).unwrap(), &Layout::default()).len()
        };
        assert_eq!((of("0.14.0"), of("0.14.8"), of("0.16.3"), of("0.20.5")), (2, 3, 4, 5));
    }
}
