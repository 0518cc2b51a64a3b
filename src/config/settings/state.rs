//! Where the state is: ZooKeeper, an Aurora cluster file's host, or files of this machine.

use super::model::{Backend, State, ZooKeeperAccess};
use super::work::Work;
use crate::config::engine::{Engine, class_name};
use crate::config::keys;
use crate::config::problem::{Problem, ProblemKind};

impl Work<'_> {
    pub(super) fn state(&mut self, engine: Engine, place: &str) -> State {
        let backend = self.backend(engine);
        let class = self.reader.text(&keys::STATE_MANAGER);
        let aurora = class_name(&class) == "AuroraStateManager";
        let cluster_root = self.reader.root(&keys::ZK_ROOT);
        let own_root = self.reader.root(&keys::STATE_ROOT);
        let root = if aurora { cluster_root.or(own_root) } else { own_root.or(cluster_root) };
        let root = root.unwrap_or_else(|| self.root_without_key(engine, &backend, place));
        let journal_root = self.reader.root(&keys::MESOS_FRAMEWORK_ROOT);
        State {
            journal_root: journal_root.unwrap_or_else(|| format!("{root}/frameworks")),
            root,
            backend,
            session_timeout: self.reader.duration(&keys::STATE_SESSION_TIMEOUT),
            connection_timeout: self.reader.duration(&keys::STATE_CONNECTION_TIMEOUT),
            access: self.access(),
            initialize_tree: self.reader.flag(&keys::STATE_INITIALIZE_TREE),
            max_buffer: self.reader.bytes(&keys::STATE_MAX_BUFFER),
        }
    }

    fn access(&mut self) -> ZooKeeperAccess {
        let access = ZooKeeperAccess {
            sasl: self.reader.text(&keys::STATE_AUTH_SCHEME).eq_ignore_ascii_case("sasl"),
            auth_file: self.reader.path(&keys::STATE_AUTH_FILE),
            ca_file: self.reader.path(&keys::STATE_CA),
            client_certificate_file: self.reader.path(&keys::STATE_CLIENT_CERTIFICATE),
        };
        if access.ca_file.is_none()
            && let Some(setting) = self.reader.setting(&keys::STATE_CLIENT_CERTIFICATE)
        {
            let reason =
                "this is used with TLS only, which heron.statemgr.zookeeper.tls.ca.file turns on";
            self.problems.push(Problem::with(setting, ProblemKind::Unsupported, reason));
        }
        access
    }

    /// The local engine knows a place for its state; everybody else must name one.
    fn root_without_key(&mut self, engine: Engine, backend: &Backend, place: &str) -> String {
        if *backend == Backend::LocalFiles && engine == Engine::Local {
            let cluster = place.split('/').next().unwrap_or_default();
            return format!("{}/.herondata/repository/state/{cluster}", self.facts.home);
        }
        if self.reader.setting(&keys::STATE_ROOT).is_none() {
            let text = "write the path of Heron's state, such as /heron; \
                        state.root.address is the same setting";
            self.missing(&keys::STATE_ROOT, text);
        }
        String::new()
    }

    fn backend(&mut self, engine: Engine) -> Backend {
        let class = self.reader.text(&keys::STATE_MANAGER);
        let class = class_name(&class);
        let connection = self.connection(class == "AuroraStateManager");
        let known_zookeeper = matches!(
            class,
            "" | "CuratorStateManager" | "AuroraStateManager" | "ZooKeeperStateManager"
        );
        let files = matches!(class, "LocalFileSystemStateManager" | "LocalFileStateManager");
        if !known_zookeeper
            && !files
            && let Some(setting) = self.reader.setting(&keys::STATE_MANAGER)
        {
            let reason = "unknown state manager; known are CuratorStateManager and \
                          LocalFileSystemStateManager";
            self.problems.push(Problem::with(setting, ProblemKind::Unsupported, reason));
        }
        let local_mode = connection.as_deref() == Some("LOCALMODE");
        let nothing_said = class.is_empty() && connection.is_none();
        if files || local_mode || (nothing_said && engine == Engine::Local) {
            return Backend::LocalFiles;
        }
        let malformed = self.reader.setting(&keys::STATE_CONNECTION).is_some();
        let connection = connection.unwrap_or_else(|| {
            if !malformed {
                let text = "write the ZooKeeper servers, such as zk1:2181,zk2:2181; \
                            zk.connection.string is the same setting";
                self.missing(&keys::STATE_CONNECTION, text);
            }
            String::new()
        });
        let client = self.reader.optional(&keys::STATE_CLIENT_CONNECTION);
        Backend::ZooKeeper {
            client_connection: client.unwrap_or_else(|| connection.clone()),
            connection,
        }
    }

    /// The connection string, or host and port of an Aurora cluster file.
    pub(super) fn connection(&self, aurora: bool) -> Option<String> {
        let port = self.reader.optional(&keys::ZK_PORT).unwrap_or_else(|| "2181".to_owned());
        let host = self.reader.optional(&keys::ZK_HOST);
        let of_cluster =
            host.map(|host| if host.contains(':') { host } else { format!("{host}:{port}") });
        let own = self.reader.optional(&keys::STATE_CONNECTION);
        if aurora { of_cluster.or(own) } else { own.or(of_cluster) }
    }
}
