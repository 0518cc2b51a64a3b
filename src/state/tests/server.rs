//! A ZooKeeper server for unit tests, and a proxy that disturbs the way to it.
//!
//! One server serves all tests of the process; each test gets a chroot of its own. It ends with the process: its standard
//! input is a pipe of ours, and the shell around it kills it when that closes.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use crate::net::deadline::Deadline;
use crate::net::zookeeper::{Ensemble, Options};
use crate::state::{StateError, Zk};

/// Debian's `zookeeper` package and what it needs.
const CLASSPATH: &str = "/usr/share/java/*";

struct Server {
    port: u16,
    _process: Child,
    _directory: tempfile::TempDir,
}

#[allow(clippy::zombie_processes, reason = "it is ended by the end of our process")]
fn start() -> Server {
    let directory = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let configuration = format!(
        "tickTime=500\nminSessionTimeout=500\ndataDir={0}/data\nclientPort={port}\n\
         clientPortAddress=127.0.0.1\nadmin.enableServer=false\nmaxClientCnxns=0\n",
        directory.path().display()
    );
    let file = directory.path().join("zoo.cfg");
    std::fs::write(&file, configuration).unwrap();
    let script = "java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m \
                  -Dznode.container.checkIntervalMs=500 -cp \"$1\" \
                  org.apache.zookeeper.server.quorum.QuorumPeerMain \"$2\" </dev/null & \
                  server=$!; read -r _; kill -9 $server";
    let mut process = Command::new("sh")
        .args(["-c", script, "sh", CLASSPATH])
        .arg(&file)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh");
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Server { port, _process: process, _directory: directory };
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = process.kill();
    panic!("no ZooKeeper server came up: is Debian's package 'zookeeper' installed?");
}

/// The port of the server, which is started when first asked for.
pub fn port() -> u16 {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start).port
}

/// Options for a place of the caller's own.
pub fn options() -> Options {
    static TESTS: AtomicUsize = AtomicUsize::new(0);
    let chroot = format!("/test-{}", TESTS.fetch_add(1, Ordering::Relaxed));
    of(&format!("127.0.0.1:{}{chroot}", port()))
}

/// Options for a connection string.
pub fn of(connection: &str) -> Options {
    let limit = Duration::from_secs(20);
    Options {
        session_timeout: limit,
        connection_timeout: limit,
        ..Options::new(Ensemble::parse(connection).unwrap())
    }
}

/// A session without a deadline.
pub async fn open(options: &Options) -> Result<Zk, StateError> {
    Zk::connect(options, &Deadline::never()).await
}

/// A session in a place of its own, whose chroot exists.
pub async fn connect() -> Zk {
    let zk = open(&options()).await.unwrap();
    zk.ensure_directories(&[""]).await.unwrap();
    zk
}

/// Another session in the same place.
pub async fn connect_beside(zk: &Zk) -> Zk {
    open(&of(&zk.ensemble().to_string())).await.unwrap()
}

/// A proxy to the server.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Connections are refused service.
    down: AtomicBool,
    /// Answers are swallowed; the first swallowed one breaks the connection.
    mute: AtomicBool,
    /// Requests that followed an answer, over all connections, and connections.
    round_trips: AtomicUsize,
    cut: Notify,
}

/// How long the proxy holds back every answer, so that requests sent together are seen to be together.
const DELAY: Duration = Duration::from_millis(30);

impl Proxy {
    pub async fn start() -> Self {
        Self::to(self::port()).await
    }

    pub async fn to(target: u16) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let for_connections = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !for_connections.down.load(Ordering::SeqCst) {
                    tokio::spawn(forward(client, target, Arc::clone(&for_connections)));
                }
            }
        });
        Self { port, shared }
    }

    /// The same place by way of the proxy.
    pub fn options(&self, zk: &Zk) -> Options {
        of(&format!("127.0.0.1:{}{}", self.port, zk.ensemble().chroot))
    }

    /// Breaks all connections.
    pub fn cut(&self) {
        self.shared.cut.notify_waiters();
    }

    pub fn set_down(&self, down: bool) {
        self.shared.down.store(down, Ordering::SeqCst);
        if down {
            self.cut();
        }
    }

    /// Swallows the next answer and breaks the connection with it.
    pub fn swallow_next_answer(&self) {
        self.shared.mute.store(true, Ordering::SeqCst);
    }

    pub fn round_trips(&self) -> usize {
        self.shared.round_trips.load(Ordering::SeqCst)
    }
}

async fn forward(mut client: tokio::net::TcpStream, target: u16, shared: Arc<Shared>) {
    let Ok(mut server) = tokio::net::TcpStream::connect(("127.0.0.1", target)).await else {
        return;
    };
    // Setting up the connection is a round trip of its own.
    shared.round_trips.fetch_add(1, Ordering::SeqCst);
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let answered = AtomicBool::new(true);
    let requests = async {
        let mut buffer = vec![0; 65536];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            if answered.swap(false, Ordering::SeqCst) {
                shared.round_trips.fetch_add(1, Ordering::SeqCst);
            }
            if to_server.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    let answers = async {
        let mut buffer = vec![0; 65536];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            if shared.mute.swap(false, Ordering::SeqCst) {
                return;
            }
            tokio::time::sleep(DELAY).await;
            answered.store(true, Ordering::SeqCst);
            if to_client.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = requests => {}
        () = answers => {}
        () = shared.cut.notified() => {}
    }
}
