//! Where the state tree is.

use super::kind::{INT, Kind};
use super::spec::{KeySpec, keys};
use crate::config::units::TimeUnit;

keys! {
STATE_CONNECTION = "heron.statemgr.connection.string", Kind::Connection,
    "The ZooKeeper servers that keep the state of all topologies, as the cluster's machines reach them; `LOCALMODE` keeps it in files of one machine.",
    aliases(&["zk.connection.string"]);
STATE_CLIENT_CONNECTION = "heron.statemgr.client.connection.string", Kind::Connection,
    "The same servers as this machine reaches them, where that differs: through a tunnel, for example.",
    default_note("`heron.statemgr.connection.string`");
STATE_ROOT = "heron.statemgr.root.path", Kind::Root,
    "The path below which Heron keeps its state.",
    aliases(&["state.root.address"]);
STATE_MANAGER = "heron.class.state.manager", Kind::Class,
    "The state manager; its last component chooses ZooKeeper (`CuratorStateManager`) or files (`LocalFileSystemStateManager`).",
    aliases(&["state.manager.class"]), default_note("ZooKeeper, unless the connection is `LOCALMODE`");
STATE_CONNECTION_TIMEOUT = "heron.statemgr.zookeeper.connection.timeout.ms", Kind::Duration(TimeUnit::Milliseconds),
    "How long to try to reach ZooKeeper.",
    aliases(&["zk.connection.timeout.ms"]), default("30000");
STATE_SESSION_TIMEOUT = "heron.statemgr.zookeeper.session.timeout.ms", Kind::Duration(TimeUnit::Milliseconds),
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
TUNNEL_HOST = "heron.statemgr.tunnel.host", Kind::Text,
    "A host to reach ZooKeeper through.",
    aliases(&["tunnel", "tunnel.<cluster>"]),
    unused("No tunnel is opened; open one with `ssh -L` and set `heron.statemgr.client.connection.string`.");
TUNNEL_NEEDED = "heron.statemgr.is.tunnel.needed", Kind::Bool,
    "Whether Heron opens tunnels.",
    unused("No tunnel is opened; open one with `ssh -L` and set `heron.statemgr.client.connection.string`.");
STATE_RETRY_COUNT = "heron.statemgr.zookeeper.retry.count", Kind::Integer { min: 0, max: INT },
    "How often Curator retried.",
    unused("heron-cli retries what is safe to retry until its own `--timeout`.");
STATE_RETRY_INTERVAL = "heron.statemgr.zookeeper.retry.interval.ms", Kind::Duration(TimeUnit::Milliseconds),
    "How long Curator waited between retries.",
    unused("heron-cli retries what is safe to retry until its own `--timeout`.");
STATE_INITIALIZE = "heron.statemgr.localfs.is.initialize.file.tree", Kind::Bool,
    "Whether missing directories of a state in files are created.",
    aliases(&["is.initialize.file.tree"]),
    unused("Missing directories are always created.");
}
