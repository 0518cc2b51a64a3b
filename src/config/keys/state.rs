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
STATE_AUTH_SCHEME = "heron.statemgr.zookeeper.auth.scheme", Kind::Choice(&["digest", "sasl"]),
    "How the user of `heron.statemgr.zookeeper.auth.file` is shown to ZooKeeper: `digest`, which every server knows, or `sasl` (DIGEST-MD5), for servers that know their users.",
    default("digest");
STATE_AUTH_FILE = "heron.statemgr.zookeeper.auth.file", Kind::Path,
    "A file that holds `user:password` for ZooKeeper and that nobody else can read. With it, the journals belong to this user alone: nobody else can read or change them. Heron's own nodes stay open, as its daemons need. It counts for the masters' election too, where that is in the same ensemble and `zk://` names no user.";
STATE_CA = "heron.statemgr.zookeeper.tls.ca.file", Kind::Path,
    "A PEM file with the certificates of the authorities that signed the ZooKeeper servers' certificates; with it, TLS is spoken with them, and their names are verified.",
    default_note("no TLS");
STATE_CLIENT_CERTIFICATE = "heron.statemgr.zookeeper.tls.client.certificate.file", Kind::Path,
    "A PEM file with this client's certificate and its key, for ZooKeeper servers that ask for one.";
STATE_INITIALIZE_TREE = "heron.statemgr.zookeeper.is.initialize.tree", Kind::Bool,
    "Whether missing directories of the state are created; if not, they are an error.",
    aliases(&["is.initialize.tree"]), default("true");
STATE_MAX_BUFFER = "heron.statemgr.zookeeper.jute.maxbuffer", Kind::Bytes,
    "The servers' `jute.maxbuffer`, where it differs from ZooKeeper's own: how long a request to them may be, and so how large a topology's definition and plan.",
    aliases(&["jute.maxbuffer"]), default("1048575");
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
