//! Kills a client after a number of messages, has something else happen then, or holds up what it sends.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::environment::{Ran, TestEnv, TestOptions, zookeeper};

/// Counts what a client sends through it, and has something happen after so many messages; or holds everything up.
pub struct FaultProxy {
    pub frozen: AtomicBool,
    sent: AtomicUsize,
    /// After how many messages everything is held up.
    silence: AtomicUsize,
    /// What happens when.
    strikes: Mutex<Vec<Strike>>,
}

/// Something that happens once a client has sent so many messages. The next ones wait for it.
pub struct Strike {
    pub after: usize,
    pub what: Box<dyn FnOnce() + Send>,
}

impl FaultProxy {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            frozen: AtomicBool::new(false),
            sent: AtomicUsize::new(0),
            silence: AtomicUsize::new(usize::MAX),
            strikes: Mutex::default(),
        })
    }

    /// Counts from now on, for these strikes and none that are left from before.
    pub fn arm(&self, strikes: Vec<Strike>) {
        let mut armed = self.strikes.lock().unwrap();
        *armed = strikes;
        self.sent.store(0, Ordering::SeqCst);
    }

    /// Holds everything up after so many messages from now on.
    pub fn freeze_after(&self, messages: usize) {
        self.sent.store(0, Ordering::SeqCst);
        self.silence.store(messages, Ordering::SeqCst);
    }

    /// Holds nothing up any more; whether it did.
    pub fn thaw(&self) -> bool {
        self.silence.store(usize::MAX, Ordering::SeqCst);
        self.frozen.swap(false, Ordering::SeqCst)
    }

    /// Holds a message up while the network is frozen.
    fn wait(&self) {
        while self.frozen.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Called for each message that has been passed on.
    fn sent(&self) {
        let count = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
        if count == self.silence.load(Ordering::SeqCst) {
            self.frozen.store(true, Ordering::SeqCst);
        }
        let mut armed = self.strikes.lock().unwrap();
        let (due, later) = armed.drain(..).partition(|strike: &Strike| strike.after <= count);
        *armed = later;
        for Strike { what, .. } in due {
            what();
        }
    }
}

/// Passes connections on to a server, telling the fault proxy of each message of the client.
fn proxy(to: &str, fault_proxy: &Arc<FaultProxy>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let to = to.to_owned();
    let fault_proxy = fault_proxy.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&to) else { continue };
            let (from_client, to_server) =
                (client.try_clone().unwrap(), server.try_clone().unwrap());
            let fault_proxy = fault_proxy.clone();
            let gate = fault_proxy.clone();
            std::thread::spawn(move || {
                pass(from_client, to_server, |_| fault_proxy.wait(), || fault_proxy.sent());
            });
            std::thread::spawn(move || pass(server, client, |_| gate.wait(), || {}));
        }
    });
    address
}

/// Passes bytes on until one end closes; `before` sees them before they are on their way.
pub fn pass(mut from: TcpStream, mut to: TcpStream, before: impl Fn(&[u8]), then: impl Fn()) {
    let mut buffer = vec![0; 65536];
    while let Ok(count) = from.read(&mut buffer) {
        before(&buffer[..count]);
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            break;
        }
        then();
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

/// A test environment whose clients reach ZooKeeper and Mesos through a fault proxy.
pub struct Killing {
    pub env: TestEnv,
    pub fault_proxy: Arc<FaultProxy>,
    pub properties: [String; 2],
}

impl Killing {
    pub fn new() -> Self {
        Self::with(&TestOptions::default())
    }

    pub fn with(options: &TestOptions) -> Self {
        let env = TestEnv::with(options);
        let fault_proxy = FaultProxy::new();
        let zk = proxy(&zookeeper(), &fault_proxy);
        let master = proxy(&env.cluster.masters[0], &fault_proxy);
        // What runs in the containers reaches ZooKeeper itself; only the client goes through the proxy.
        let properties = [
            format!("heron.statemgr.client.connection.string={zk}"),
            format!("heron.mesos.master.uri={master}"),
        ];
        Self { env, fault_proxy, properties }
    }

    /// Runs a command that is killed after so many messages; whether it was.
    pub fn killed(&self, words: &[&str], limit: usize) -> bool {
        let mut command = self.env.command(words);
        for property in &self.properties {
            command.args(["--config-property", property]);
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.fault_proxy.arm(vec![death(&child, limit)]);
        !child.wait().unwrap().success()
    }
}

/// The death of a client by SIGKILL.
pub fn death(client: &Child, after: usize) -> Strike {
    let client = Pid::from_raw(i32::try_from(client.id()).unwrap());
    let what = move || {
        let _ = kill(client, Signal::SIGKILL);
    };
    Strike { after, what: Box::new(what) }
}

/// Runs a command again while the lock of a dead client is in its way: a busy ZooKeeper may be late to end a session.
pub fn when_free(run: impl Fn() -> Ran) -> Ran {
    for _ in 0..5 {
        let ran = run();
        if !ran.stderr.contains("is held by") {
            return ran;
        }
    }
    run()
}

/// Steps at which the client is killed: all of the first, then some; a whole submission has some fifty.
pub fn steps() -> impl Iterator<Item = usize> {
    (1..).map(|index| if index < 24 { index } else { 24 + (index - 24) * 3 })
}

/// Waits until something has come about.
pub fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_mins(1), "{what} did not come about");
        std::thread::sleep(Duration::from_millis(50));
    }
}
