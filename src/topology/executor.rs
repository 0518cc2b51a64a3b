//! The command line of heron-executor, which is what a container runs.
//!
//! What the arguments are called, and which there are, is in [`super::arguments`]. Source of facts:
//! `docs/heron.md#executor-command-line`.

use super::arguments::{Argument, table};
use super::dialect::Release;
use super::file_kind::{self, FileKind, UnknownKind};
use super::layout::{Binary, Classpath, Layout};
use super::shell::encode_jvm_options;

/// What a command line can't carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecutorError {
    /// The executor can't read an empty map.
    #[error("the component RAM map is empty; the executor needs the RAM of every component")]
    NoComponents,
    /// The topology file is of a kind that the executor does not know.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    /// A value that looks like a placeholder.
    #[error("{name} is {value:?}, which is reserved for ports that are not known yet")]
    Reserved {
        /// The argument.
        name: &'static str,
        /// Its value.
        value: String,
    },
}

/// The nine ports of a container, or what stands for them while they are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ports {
    /// As they were taken from an offer, in the order of [`PORT_NAMES`].
    Numbers {
        /// The nine.
        ports: [u16; 9],
        /// Ports for Java debuggers, one for each instance; none mostly.
        debugger: Vec<u16>,
    },
    /// `<server-port>`, `<shell-port>` …
    Placeholders,
}

/// The names of the nine ports, in Heron's order; those of the flags of the newest release.
pub const PORT_NAMES: [&str; 9] = [
    "server-port",
    "tmanager-controller-port",
    "tmanager-stats-port",
    "shell-port",
    "metrics-manager-port",
    "scheduler-port",
    "metricscache-manager-server-port",
    "metricscache-manager-stats-port",
    "checkpoint-manager-port",
];

/// What stands for the number of the container in [`ExecutorCommand::topology_argv`].
const SHARD: &str = "<shard>";

impl Ports {
    /// Nine ports and no debugger.
    #[must_use]
    pub fn numbers(ports: [u16; 9]) -> Self {
        Self::Numbers { ports, debugger: Vec::new() }
    }

    fn text(&self, index: usize) -> String {
        match self {
            Self::Numbers { ports, .. } => ports.get(index).map(u16::to_string).unwrap_or_default(),
            Self::Placeholders => placeholder(index),
        }
    }

    fn debugger(&self) -> Option<String> {
        match self {
            Self::Numbers { debugger, .. } if !debugger.is_empty() => {
                Some(debugger.iter().map(u16::to_string).collect::<Vec<_>>().join(","))
            }
            _ => None,
        }
    }
}

fn placeholder(index: usize) -> String {
    format!("<{}>", PORT_NAMES.get(index).copied().unwrap_or_default())
}

/// Everything that a command line says, apart from the container's number and ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorCommand {
    /// The release that the containers run.
    pub release: Release,
    /// Where Heron's files are.
    pub layout: Layout,
    /// Name of the topology.
    pub topology_name: String,
    /// Its id.
    pub topology_id: String,
    /// Name of the jar, pex, tar, so or dylib in the container's directory.
    pub topology_binary_file: String,
    /// ZooKeeper's endpoints.
    pub state_manager_connection: String,
    /// Root of Heron's tree.
    pub state_manager_root: String,
    /// `topology.worker.childopts`, as the user wrote it.
    pub instance_jvm_options: String,
    /// `topology.component.jvmopts`, the JSON text that Heron's API makes.
    pub component_jvm_options: String,
    /// `topology.additional.classpath`, or empty.
    pub additional_classpath: String,
    /// The least RAM in bytes of an instance of each component, in the order in which it is to be written.
    pub component_ram: Vec<(String, u64)>,
    /// Where Java is on the agents. May begin with `${JAVA_HOME}`, which is then the agent's.
    pub java_home: String,
    /// Whether instances log garbage collections in detail (0.20.4 on).
    pub verbose_gc: bool,
    /// Name of the cluster.
    pub cluster: String,
    /// Role.
    pub role: String,
    /// Environment.
    pub environ: String,
    /// `disabled`, or `cluster`.
    pub metricscache_mode: String,
    /// `disabled`, or `cluster`.
    pub healthmgr_mode: String,
    /// Whether `topology.reliability.mode` is `EFFECTIVELY_ONCE`.
    pub is_stateful: bool,
    /// Class path of the user's own storage for checkpoints, or empty.
    pub stateful_storage_classpath: String,
    /// Bytes for the checkpoint manager.
    pub checkpoint_manager_ram: u64,
    /// `component:instance:index` lists, which only 0.14.0 to 0.14.2 read, 0.14.3 takes and ignores.
    pub instance_distribution: String,
}

impl ExecutorCommand {
    /// The command line of one container.
    pub fn argv(&self, shard: u32, ports: &Ports) -> Result<Vec<String>, ExecutorError> {
        self.build(&shard.to_string(), ports)
    }

    /// The command line that all containers have in common: `<shard>` and `<server-port>` … stand for what differs.
    ///
    /// A journal holds this once; the numbers are put in when a container is launched.
    pub fn topology_argv(&self) -> Result<Vec<String>, ExecutorError> {
        self.build(SHARD, &Ports::Placeholders)
    }

    fn build(&self, shard: &str, ports: &Ports) -> Result<Vec<String>, ExecutorError> {
        if self.component_ram.is_empty() {
            return Err(ExecutorError::NoComponents);
        }
        let kind = FileKind::of(&self.topology_binary_file)?;
        let mut argv = vec![self.layout.binary(Binary::Executor, &self.release)];
        for (argument, flag, _, _) in table(&self.release) {
            let value = match argument {
                Argument::Shard => shard.to_owned(),
                Argument::Port(index) => ports.text(*index),
                Argument::PackageType => kind.package_type().to_owned(),
                Argument::VerboseGc => {
                    if self.verbose_gc {
                        argv.push((*flag).to_owned());
                    }
                    continue;
                }
                Argument::DebuggerPorts => match ports.debugger() {
                    Some(list) => list,
                    None => continue,
                },
                other => self.checked(*other, flag)?,
            };
            argv.push(if flag.is_empty() { value } else { format!("{flag}={value}") });
        }
        Ok(argv)
    }

    /// A value of the topology's; must not look like a placeholder, or it would be taken for one.
    fn checked(&self, argument: Argument, flag: &'static str) -> Result<String, ExecutorError> {
        let value = self.value(argument);
        if value == SHARD || (0..PORT_NAMES.len()).any(|index| value == placeholder(index)) {
            let name = if flag.is_empty() { "a value of the topology" } else { flag };
            return Err(ExecutorError::Reserved { name, value });
        }
        Ok(value)
    }

    fn value(&self, argument: Argument) -> String {
        let layout = &self.layout;
        match argument {
            Argument::TopologyName => self.topology_name.clone(),
            Argument::TopologyId => self.topology_id.clone(),
            Argument::TopologyDefinition => format!("{}.defn", self.topology_name),
            Argument::InstanceDistribution => self.instance_distribution.clone(),
            Argument::StateConnection => self.state_manager_connection.clone(),
            Argument::StateRoot => self.state_manager_root.clone(),
            Argument::StateConfig => layout.file("statemgr.yaml"),
            Argument::TManagerBinary => layout.binary(Binary::TManager, &self.release),
            Argument::StmgrBinary => layout.binary(Binary::Stmgr, &self.release),
            Argument::MetricsManagerClasspath => layout.classpath(Classpath::MetricsManager),
            Argument::InstanceJvmOptions => {
                encode_jvm_options(&self.instance_jvm_options, &self.release)
            }
            Argument::TopologyClasspath => {
                let own = file_kind::classpath(&self.topology_binary_file);
                let additional = self.additional_classpath.as_str();
                if additional.is_empty() { own } else { format!("{own}:{additional}") }
            }
            Argument::InternalsConfig => layout.file("heron_internals.yaml"),
            Argument::OverrideConfig => layout.file("override.yaml"),
            Argument::ComponentRam => self.component_ram_map(),
            Argument::ComponentJvmOptions => {
                encode_jvm_options(&self.component_jvm_options, &self.release)
            }
            Argument::TopologyBinary => self.topology_binary_file.clone(),
            Argument::JavaHome => self.java_home.clone(),
            Argument::ShellBinary => layout.binary(Binary::Shell, &self.release),
            Argument::Cluster => self.cluster.clone(),
            Argument::Role => self.role.clone(),
            Argument::Environ => self.environ.clone(),
            Argument::InstanceClasspath => layout.classpath(Classpath::Instance),
            Argument::SinksConfig => layout.file("metrics_sinks.yaml"),
            Argument::SchedulerClasspath => [
                layout.classpath(Classpath::Scheduler),
                layout.classpath(Classpath::Packing),
                layout.classpath(Classpath::StateManager),
            ]
            .join(":"),
            Argument::PythonBinary => layout.binary(Binary::PythonInstance, &self.release),
            Argument::CppBinary => layout.binary(Binary::CppInstance, &self.release),
            Argument::MetricsCacheClasspath => layout.classpath(Classpath::MetricsCacheManager),
            Argument::MetricsCacheMode => self.metricscache_mode.clone(),
            Argument::IsStateful => self.is_stateful.to_string(),
            // Ends with a colon when there is no own storage, as Heron's does.
            Argument::CheckpointClasspath => [
                layout.classpath(Classpath::CheckpointManager),
                layout.classpath(Classpath::StatefulStorage),
                self.stateful_storage_classpath.clone(),
            ]
            .join(":"),
            Argument::StatefulConfig => layout.file("stateful.yaml"),
            Argument::CheckpointRam => self.checkpoint_manager_ram.to_string(),
            Argument::HealthMode => self.healthmgr_mode.clone(),
            Argument::HealthClasspath => layout.classpath(Classpath::HealthManager),
            // `build` writes these itself.
            Argument::Shard
            | Argument::PackageType
            | Argument::VerboseGc
            | Argument::Port(_)
            | Argument::DebuggerPorts => String::new(),
        }
    }

    /// `component:bytes,component:bytes`.
    #[must_use]
    pub fn component_ram_map(&self) -> String {
        let entries = self.component_ram.iter().map(|(name, bytes)| format!("{name}:{bytes}"));
        entries.collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
pub(crate) mod tests;
