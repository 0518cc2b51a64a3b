//! How much of what a container gets, and who decides.

use super::kind::Kind;
use super::spec::{KeySpec, keys};

keys! {
INSTANCE_CPU = "heron.resources.instance.cpu", Kind::Number { min: 0.0 },
    "The cores of an instance that asks for none.",
    aliases(&["instance.cpu.default"]), default("1.0");
INSTANCE_RAM = "heron.resources.instance.ram", Kind::Bytes,
    "The memory of an instance that asks for none.",
    aliases(&["instance.ram.default"]), default("1073741824");
INSTANCE_DISK = "heron.resources.instance.disk", Kind::Bytes,
    "The disk space of an instance that asks for none.",
    aliases(&["instance.disk.default"]), default("1073741824");
CKPTMGR_RAM = "heron.resources.ckptmgr.ram", Kind::Bytes,
    "The memory of the checkpoint manager in each container of a stateful topology.",
    default("1073741824");
TMANAGER_CPU = "heron.mesos.tmanager.container.cpu", Kind::Number { min: 0.01 },
    "The cores of container 0, which runs the topology's manager.", default("1.0");
TMANAGER_RAM = "heron.mesos.tmanager.container.ram", Kind::Bytes,
    "The memory of container 0.", default("1073741824");
TMANAGER_DISK = "heron.mesos.tmanager.container.disk", Kind::Bytes,
    "The disk space of container 0.", default("1073741824");
PACKING = "heron.class.packing.algorithm", Kind::Class,
    "The packing algorithm, by its last component: `RoundRobinPacking`, `RoundRobinPackingV2`, `ResourceCompliantRRPacking` or `FirstFitDecreasingPacking`. `com.twitter.heron.scheduler.util.RoundRobinPacking` packs as in 2015: `topology.container.*` count as they stand.",
    aliases(&["packing.algorithm.class"]),
    default("org.apache.heron.packing.roundrobin.RoundRobinPacking");
REPACKING = "heron.class.repacking.algorithm", Kind::Class,
    "The algorithm that packs again when a topology is scaled.",
    default_note("the packing algorithm");
}
