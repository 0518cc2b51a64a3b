//! Keys that are handed on: to the topology's own configuration and to Heron's processes.

use super::kind::{INT, Kind};
use super::spec::{KeySpec, keys};

keys! {
TOPOLOGY_STMGRS = "topology.stmgrs", Kind::Integer { min: 0, max: INT },
    "The number of containers, without container 0.";
TOPOLOGY_CONTAINER_CPU = "topology.container.cpu", Kind::Number { min: 0.0 },
    "The cores of each container.";
TOPOLOGY_CONTAINER_RAM = "topology.container.ram", Kind::Bytes,
    "The memory of each container.";
TOPOLOGY_CONTAINER_DISK = "topology.container.disk", Kind::Bytes,
    "The disk space of each container.";
TOPOLOGY_RAM_PADDING = "topology.container.ram.padding", Kind::Bytes,
    "The memory of each container that is not for instances.";
TOPOLOGY_CPU_PADDING = "topology.container.cpu.padding", Kind::Number { min: 0.0 },
    "The cores of each container that are not for instances.";
TOPOLOGY_PADDING = "topology.container.padding.percentage", Kind::Integer { min: 0, max: INT },
    "The share of each container that is not for instances.";
TOPOLOGY_MAX_INSTANCES = "topology.container.max.instances", Kind::Integer { min: 1, max: INT },
    "The largest number of instances in a container.";
TOPOLOGY_RAM_MAP = "topology.component.rammap", Kind::Text,
    "The memory of components' instances: `component:bytes,component:bytes`.";
TOPOLOGY_CPU_MAP = "topology.component.cpumap", Kind::Text,
    "The cores of components' instances: `component:cores,component:cores`.";
TOPOLOGY_DISK_MAP = "topology.component.diskmap", Kind::Text,
    "The disk space of components' instances: `component:bytes,component:bytes`.";
TOPOLOGY_STMGR_RAM = "topology.stmgr.ram", Kind::Bytes,
    "The memory of the stream manager in each container.",
    aliases(&["stmgr.ram.default"]);
TOPOLOGY_METRICSMGR_RAM = "topology.metricsmgr.ram", Kind::Bytes,
    "The memory of the metrics manager in each container.";
TOPOLOGY_CKPTMGR_RAM = "topology.stateful.checkpointmanager.ram", Kind::Bytes,
    "The memory of the checkpoint manager in each container.";
TOPOLOGY_RELIABILITY = "topology.reliability.mode",
    Kind::Choice(&["ATMOST_ONCE", "ATLEAST_ONCE", "EFFECTIVELY_ONCE"]),
    "Which guarantee the topology gives for its tuples.";
TOPOLOGY_DEBUG = "topology.debug", Kind::Bool,
    "Whether the topology logs every tuple.";
TOPOLOGY_SPOUT_PENDING = "topology.max.spout.pending", Kind::Integer { min: 1, max: INT },
    "How many tuples of a spout may be on their way.";
TOPOLOGY_MESSAGE_TIMEOUT = "topology.message.timeout.secs", Kind::Integer { min: 1, max: INT },
    "After how many seconds a tuple has failed.";
TOPOLOGY_CHILDOPTS = "topology.worker.childopts", Kind::Text,
    "Java options of every instance.";
TOPOLOGY_CLASSPATH = "topology.additional.classpath", Kind::Text,
    "More entries of the instances' classpath.";
TOPOLOGY_DEACTIVATE_WAIT = "topology.update.deactivate.wait.secs", Kind::Integer { min: 0, max: INT },
    "How long `update` waits after it has deactivated the topology.";
TOPOLOGY_REACTIVATE_WAIT = "topology.update.reactivate.wait.secs", Kind::Integer { min: 0, max: INT },
    "How long `update` may take, unless `--timeout` says otherwise; 600 by default.";
TOPOLOGY_ANY = "topology.<name>", Kind::Text,
    "Every other key of this form is handed to the topology's own configuration.";
INTERNALS_STREAMMGR = "heron.streammgr.<name>", Kind::Text,
    "The stream manager's tuning, as in `heron_internals.yaml`; handed to the containers.";
INTERNALS_TMANAGER = "heron.tmanager.<name>", Kind::Text,
    "The topology manager's tuning; handed to the containers.",
    aliases(&["heron.tmaster.<name>", "heron.check.<name>"]);
INTERNALS_INSTANCE = "heron.instance.<name>", Kind::Text,
    "The instances' tuning; handed to the containers.";
INTERNALS_METRICS = "heron.metrics.<name>", Kind::Text,
    "What is measured and exported; handed to the containers.",
    aliases(&["heron.metricsmgr.<name>", "heron.metricscachemgr.<name>"]);
INTERNALS_CKPTMGR = "heron.ckptmgr.<name>", Kind::Text,
    "The checkpoint manager's tuning; handed to the containers.";
INTERNALS_LOGGING = "heron.logging.<name>", Kind::Text,
    "Sizes and numbers of log files; handed to the containers.";
INTERNALS_HEALTHMGR = "heron.healthmgr.<name>", Kind::Text,
    "The health manager's tuning; handed to the containers.";
}

/// The groups that go into the containers' `override.yaml`.
#[must_use]
pub fn internals() -> [&'static KeySpec; 7] {
    [
        &INTERNALS_STREAMMGR,
        &INTERNALS_TMANAGER,
        &INTERNALS_INSTANCE,
        &INTERNALS_METRICS,
        &INTERNALS_CKPTMGR,
        &INTERNALS_LOGGING,
        &INTERNALS_HEALTHMGR,
    ]
}
