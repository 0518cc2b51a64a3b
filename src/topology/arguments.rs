//! The arguments of heron-executor, one table per style, with the releases in which each exists.
//!
//! An executor ends at once if an argument is missing or unknown. Source of facts:
//! `docs/heron.md#executor-command-line` and the parsers of the tagged releases: 0.15.1 already has the health
//! manager's arguments, 0.15.3 the override file, 0.17.0 no debugger ports yet, and `--verbose-gc` came with 0.20.4.

use super::dialect::{Release, Version};

/// One argument, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    Shard,
    TopologyName,
    TopologyId,
    TopologyDefinition,
    InstanceDistribution,
    StateConnection,
    StateRoot,
    StateConfig,
    TManagerBinary,
    StmgrBinary,
    MetricsManagerClasspath,
    InstanceJvmOptions,
    TopologyClasspath,
    InternalsConfig,
    OverrideConfig,
    ComponentRam,
    ComponentJvmOptions,
    PackageType,
    TopologyBinary,
    JavaHome,
    VerboseGc,
    ShellBinary,
    Cluster,
    Role,
    Environ,
    InstanceClasspath,
    SinksConfig,
    SchedulerClasspath,
    PythonBinary,
    CppBinary,
    MetricsCacheClasspath,
    MetricsCacheMode,
    IsStateful,
    CheckpointClasspath,
    StatefulConfig,
    CheckpointRam,
    HealthMode,
    HealthClasspath,
    /// A port, by its place in [`super::executor::PORT_NAMES`].
    Port(usize),
    DebuggerPorts,
}

/// An argument, its flag, the first release that has it and the first that has it no more.
pub(super) type Row = (Argument, &'static str, Version, Version);

const ALWAYS: Version = (0, 0, 0);
const NEVER: Version = (u32::MAX, 0, 0);
const RENAMED: Version = (0, 20, 3);

/// The executors of 0.16.4 and later. The order is Heron's own; executors take any.
#[rustfmt::skip]
const FLAGS: &[Row] = &[
    (Argument::TopologyName,            "--topology-name",                    ALWAYS, NEVER),
    (Argument::TopologyId,              "--topology-id",                      ALWAYS, NEVER),
    (Argument::TopologyDefinition,      "--topology-defn-file",               ALWAYS, NEVER),
    (Argument::StateConnection,         "--state-manager-connection",         ALWAYS, NEVER),
    (Argument::StateRoot,               "--state-manager-root",               ALWAYS, NEVER),
    (Argument::StateConfig,             "--state-manager-config-file",        (0, 17, 2), NEVER),
    (Argument::TManagerBinary,          "--tmaster-binary",                   ALWAYS, RENAMED),
    (Argument::TManagerBinary,          "--tmanager-binary",                  RENAMED, NEVER),
    (Argument::StmgrBinary,             "--stmgr-binary",                     ALWAYS, NEVER),
    (Argument::MetricsManagerClasspath, "--metrics-manager-classpath",        ALWAYS, NEVER),
    (Argument::InstanceJvmOptions,      "--instance-jvm-opts",                ALWAYS, NEVER),
    (Argument::TopologyClasspath,       "--classpath",                        ALWAYS, NEVER),
    (Argument::InternalsConfig,         "--heron-internals-config-file",      ALWAYS, NEVER),
    (Argument::OverrideConfig,          "--override-config-file",             ALWAYS, NEVER),
    (Argument::ComponentRam,            "--component-ram-map",                ALWAYS, NEVER),
    (Argument::ComponentJvmOptions,     "--component-jvm-opts",               ALWAYS, NEVER),
    (Argument::PackageType,             "--pkg-type",                         ALWAYS, NEVER),
    (Argument::TopologyBinary,          "--topology-binary-file",             ALWAYS, NEVER),
    (Argument::JavaHome,                "--heron-java-home",                  ALWAYS, NEVER),
    (Argument::VerboseGc,               "--verbose-gc",                       (0, 20, 4), NEVER),
    (Argument::ShellBinary,             "--heron-shell-binary",               ALWAYS, NEVER),
    (Argument::Cluster,                 "--cluster",                          ALWAYS, NEVER),
    (Argument::Role,                    "--role",                             ALWAYS, NEVER),
    (Argument::Environ,                 "--environment",                      ALWAYS, NEVER),
    (Argument::InstanceClasspath,       "--instance-classpath",               ALWAYS, NEVER),
    (Argument::SinksConfig,             "--metrics-sinks-config-file",        ALWAYS, NEVER),
    (Argument::SchedulerClasspath,      "--scheduler-classpath",              ALWAYS, NEVER),
    (Argument::PythonBinary,            "--python-instance-binary",           ALWAYS, NEVER),
    (Argument::CppBinary,               "--cpp-instance-binary",              ALWAYS, NEVER),
    (Argument::MetricsCacheClasspath,   "--metricscache-manager-classpath",   ALWAYS, NEVER),
    (Argument::MetricsCacheMode,        "--metricscache-manager-mode",        (0, 17, 8), NEVER),
    (Argument::IsStateful,              "--is-stateful",                      ALWAYS, NEVER),
    (Argument::CheckpointClasspath,     "--checkpoint-manager-classpath",     ALWAYS, NEVER),
    (Argument::StatefulConfig,          "--stateful-config-file",             ALWAYS, NEVER),
    (Argument::CheckpointRam,           "--checkpoint-manager-ram",           (0, 19, 0), NEVER),
    (Argument::HealthMode,              "--health-manager-mode",              ALWAYS, NEVER),
    (Argument::HealthClasspath,         "--health-manager-classpath",         ALWAYS, NEVER),
    (Argument::Shard,                   "--shard",                            ALWAYS, NEVER),
    (Argument::Port(0),                 "--master-port",                      ALWAYS, RENAMED),
    (Argument::Port(0),                 "--server-port",                      RENAMED, NEVER),
    (Argument::Port(1),                 "--tmaster-controller-port",          ALWAYS, RENAMED),
    (Argument::Port(1),                 "--tmanager-controller-port",         RENAMED, NEVER),
    (Argument::Port(2),                 "--tmaster-stats-port",               ALWAYS, RENAMED),
    (Argument::Port(2),                 "--tmanager-stats-port",              RENAMED, NEVER),
    (Argument::Port(3),                 "--shell-port",                       ALWAYS, NEVER),
    (Argument::Port(4),                 "--metrics-manager-port",             ALWAYS, NEVER),
    (Argument::Port(5),                 "--scheduler-port",                   ALWAYS, NEVER),
    (Argument::Port(6),                 "--metricscache-manager-master-port", ALWAYS, RENAMED),
    (Argument::Port(6),                 "--metricscache-manager-server-port", RENAMED, NEVER),
    (Argument::Port(7),                 "--metricscache-manager-stats-port",  ALWAYS, NEVER),
    (Argument::Port(8),                 "--checkpoint-manager-port",          ALWAYS, NEVER),
    (Argument::DebuggerPorts,           "--jvm-remote-debugger-ports",        (0, 17, 1), NEVER),
];

/// The executors of 0.14.0 to 0.16.3, which count their arguments.
#[rustfmt::skip]
const POSITIONS: &[Row] = &[
    (Argument::Shard,                   "", ALWAYS, NEVER),
    (Argument::TopologyName,            "", ALWAYS, NEVER),
    (Argument::TopologyId,              "", ALWAYS, NEVER),
    (Argument::TopologyDefinition,      "", ALWAYS, NEVER),
    (Argument::InstanceDistribution,    "", ALWAYS, (0, 14, 4)),
    (Argument::StateConnection,         "", ALWAYS, NEVER),
    (Argument::StateRoot,               "", ALWAYS, NEVER),
    (Argument::TManagerBinary,          "", ALWAYS, NEVER),
    (Argument::StmgrBinary,             "", ALWAYS, NEVER),
    (Argument::MetricsManagerClasspath, "", ALWAYS, NEVER),
    (Argument::InstanceJvmOptions,      "", ALWAYS, NEVER),
    (Argument::TopologyClasspath,       "", ALWAYS, NEVER),
    (Argument::Port(0),                 "", ALWAYS, NEVER),
    (Argument::Port(1),                 "", ALWAYS, NEVER),
    (Argument::Port(2),                 "", ALWAYS, NEVER),
    (Argument::InternalsConfig,         "", ALWAYS, NEVER),
    (Argument::OverrideConfig,          "", (0, 15, 3), NEVER),
    (Argument::ComponentRam,            "", ALWAYS, NEVER),
    (Argument::ComponentJvmOptions,     "", ALWAYS, NEVER),
    (Argument::PackageType,             "", ALWAYS, NEVER),
    (Argument::TopologyBinary,          "", ALWAYS, NEVER),
    (Argument::JavaHome,                "", ALWAYS, NEVER),
    (Argument::Port(3),                 "", ALWAYS, NEVER),
    (Argument::ShellBinary,             "", ALWAYS, NEVER),
    (Argument::Port(4),                 "", ALWAYS, NEVER),
    (Argument::Cluster,                 "", ALWAYS, NEVER),
    (Argument::Role,                    "", ALWAYS, NEVER),
    (Argument::Environ,                 "", ALWAYS, NEVER),
    (Argument::InstanceClasspath,       "", ALWAYS, NEVER),
    (Argument::SinksConfig,             "", ALWAYS, NEVER),
    (Argument::SchedulerClasspath,      "", ALWAYS, NEVER),
    (Argument::Port(5),                 "", ALWAYS, NEVER),
    (Argument::PythonBinary,            "", (0, 14, 3), NEVER),
    (Argument::MetricsCacheClasspath,   "", (0, 14, 7), NEVER),
    (Argument::Port(6),                 "", (0, 14, 7), NEVER),
    (Argument::Port(7),                 "", (0, 14, 7), NEVER),
    (Argument::IsStateful,              "", (0, 14, 8), NEVER),
    (Argument::CheckpointClasspath,     "", (0, 14, 8), NEVER),
    (Argument::Port(8),                 "", (0, 14, 8), NEVER),
    (Argument::StatefulConfig,          "", (0, 14, 8), NEVER),
    (Argument::HealthMode,              "", (0, 15, 1), NEVER),
    (Argument::HealthClasspath,         "", (0, 15, 1), NEVER),
];

/// The arguments of a release, in their order.
pub(super) fn table(release: &Release) -> impl Iterator<Item = &'static Row> {
    let rows = if release.has_flags() { FLAGS } else { POSITIONS };
    let version = release.version();
    rows.iter().filter(move |(_, _, since, until)| *since <= version && version < *until)
}

/// Whether an executor of one release takes the command lines of another, and finds what it needs.
#[must_use]
pub fn are_alike(one: &Release, other: &Release) -> bool {
    let form =
        |release| table(release).map(|(argument, flag, ..)| (*argument, *flag)).collect::<Vec<_>>();
    form(one) == form(other)
        && one.location_directory() == other.location_directory()
        && one.java_package() == other.java_package()
        && one.jvm_options_escape() == other.jvm_options_escape()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_that_take_the_same_command_line_are_alike() {
        let alike = |one: &str, other: &str| {
            let (one, other) = (Release::parse(one).unwrap(), Release::parse(other).unwrap());
            assert_eq!(are_alike(&one, &other), are_alike(&other, &one));
            are_alike(&one, &other)
        };
        assert!(alike("0.20.4", "0.20.5-incubating") && alike("0.16.0", "0.16.3"));
        assert!(alike("0.19.0", "0.20.2") && alike("0.14.1", "0.14.0"));
        assert!(!alike("0.20.2", "0.20.3") && !alike("0.17.8", "0.18.0"));
        assert!(
            !alike("0.16.3", "0.16.4") && !alike("0.14.2", "0.14.3") && !alike("0.17.7", "0.17.8")
        );
    }
}
