//! How to reach Mesos and what to tell it.

use super::kind::Kind;
use super::spec::{KeySpec, keys};
use crate::config::units::TimeUnit;
use crate::names::Named;

keys! {
MESOS_MASTER = "heron.mesos.master.uri", Kind::Master,
    "The Mesos master: `zk://host:port[,host:port…]/path` to find the leader, or the masters' own addresses. The name with cluster and environ counts only for these two.",
    aliases(&["mesos.master.uri", "mesos.master.uri.<cluster>.<environ>"]);
MESOS_SCHEME = "heron.mesos.scheme", Kind::Choice(&["auto", "http", "https"]),
    "How to speak with a master that is given or found without `http://` or `https://`; `auto` is https exactly if `heron.mesos.tls.ca.file` is set.",
    default("auto");
MESOS_CA = "heron.mesos.tls.ca.file", Kind::Path,
    "A PEM file with the certificates of the authorities that signed the master's certificate.",
    default_note("the system's authorities");
MESOS_CLIENT_CERTIFICATE = "heron.mesos.tls.client.certificate.file", Kind::Path,
    "A PEM file with this client's certificate and its key, for masters that ask for one.";
MESOS_PRINCIPAL = "heron.mesos.principal", Kind::Line,
    "The principal to authenticate as.";
MESOS_SECRET = "heron.mesos.secret.file", Kind::Path,
    "A file that holds the principal's secret and that nobody else can read. The secret is never shown.";
MESOS_ROLE = "heron.mesos.role", Kind::List,
    "The Mesos roles to take resources of, separated by commas.",
    aliases(&["heron.mesos.roles"]), default("*");
MESOS_TASK_USER = "heron.mesos.task.user", Kind::Name(Named::User),
    "The user the containers run as.", default_note("the Heron role");
MESOS_FRAMEWORK_ROOT = "heron.mesos.framework.zookeeper.root", Kind::Root,
    "The path in ZooKeeper below which heron-cli keeps its journal, one child for each topology.",
    default_note("`<state root>/frameworks`");
MESOS_FRAMEWORK_ENDPOINT = "heron.mesos.framework.zookeeper.endpoint", Kind::Connection,
    "The ZooKeeper servers that kept the framework's state in 2015. The journal always lives with the topology's state; a different ensemble is warned about.";
MESOS_FAILOVER = "heron.mesos.framework.failover.timeout.seconds", Kind::Duration(TimeUnit::Seconds),
    "How long Mesos keeps the containers running while no heron-cli is connected. Less than a week is raised to the default: Mesos would kill the topology soon after `submit` has ended.",
    default("315360000");
MESOS_KILL_GRACE = "heron.mesos.kill.grace.seconds", Kind::Duration(TimeUnit::Seconds),
    "How long a container may take to stop its processes before it is killed; the TManager's has 2 s at most.",
    default("10");
MESOS_MAINTENANCE_LEAD = "heron.mesos.maintenance.lead.seconds", Kind::Duration(TimeUnit::Seconds),
    "How long before the planned maintenance of an agent no container is launched there any more.",
    default("3600");
MESOS_UNREACHABLE = "heron.mesos.unreachable.seconds", Kind::Duration(TimeUnit::Seconds),
    "How long `supervise` waits for an agent that can't be reached before it launches its containers elsewhere; should they come back, the old ones are killed. An explicit `restart` doesn't wait.",
    default("30");
MESOS_CONSTRAINTS = "heron.mesos.constraints", Kind::Constraints,
    "Which agents a topology's containers may run on, as `field:rule:value` separated by `;`: the field is `host` or an attribute of agents, the rule `in`, `like`, `unlike`, `unique`, `max_per`, `cluster` or `spread`. They hold for a topology as they were when it was submitted.";
MESOS_AVOID = "heron.mesos.avoid", Kind::List,
    "Names or ids of agents that get containers only where there is room on no other.";
MESOS_RELAUNCH_TMANAGER = "heron.mesos.update.relaunch.tmanager", Kind::Bool,
    "Whether `update` ends the TManager's container before it changes the packing plan and launches it anew after that, which makes the pause shorter; if not, the old one starts its TManager again.",
    default("true");
}
