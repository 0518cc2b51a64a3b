//! Where the state tree is.

use super::kind::Kind;
use super::spec::{KeySpec, keys};
use crate::config::units::TimeUnit;

keys! {
STATE_CONNECTION = "heron.statemgr.connection.string", Kind::Connection,
    "The ZooKeeper servers that keep the state of all topologies, as the cluster's machines reach them.",
    aliases(&["zk.connection.string"]);
STATE_CLIENT_CONNECTION = "heron.statemgr.client.connection.string", Kind::Connection,
    "The same servers as this machine reaches them, where that differs: through a tunnel, for example.",
    default_note("`heron.statemgr.connection.string`");
STATE_ROOT = "heron.statemgr.root.path", Kind::Root,
    "The path below which Heron keeps its state.",
    aliases(&["state.root.address"]);
STATE_MANAGER = "heron.class.state.manager", Kind::Class,
    "The state manager, by its last component. This version keeps the state in ZooKeeper: `CuratorStateManager`.",
    aliases(&["state.manager.class"]), default_note("ZooKeeper");
STATE_CONNECTION_TIMEOUT = "heron.statemgr.zookeeper.connection.timeout.ms", Kind::Limit(TimeUnit::Milliseconds),
    "How long to try to reach ZooKeeper.",
    aliases(&["zk.connection.timeout.ms"]), default("30000");
STATE_SESSION_TIMEOUT = "heron.statemgr.zookeeper.session.timeout.ms", Kind::Limit(TimeUnit::Milliseconds),
    "After how long ZooKeeper drops a client that is silent.",
    aliases(&["heron.mesos.framework.zookeeper.session.timeout"]), default("30000");
ZK_HOST = "zkhost", Kind::Text,
    "The ZooKeeper host of an Aurora cluster file; with `zkport` it is the connection string.",
    aliases(&["zkhost.<cluster>"]);
ZK_PORT = "zkport", Kind::Integer { min: 1, max: 65535 },
    "The port that belongs to `zkhost`.",
    aliases(&["zkport.<cluster>"]), default_note("2181");
ZK_ROOT = "zkroot", Kind::Root,
    "The state root of an Aurora cluster file.",
    aliases(&["zkroot.<cluster>"]);
}
