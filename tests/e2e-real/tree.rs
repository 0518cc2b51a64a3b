//! The state root in ZooKeeper, seen past heron-cli.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use zookeeper_client::{Client, Error};

/// A root in ZooKeeper.
pub struct Tree {
    connection: String,
    root: String,
}

/// Measures how long a topology had no physical plan.
pub struct Pause {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Duration>,
}

impl Tree {
    pub fn new(connection: &str, root: &str) -> Self {
        Self { connection: connection.to_owned(), root: root.to_owned() }
    }

    /// Znodes whose path names a topology.
    pub fn about(&self, topology: &str) -> Vec<String> {
        let mut paths = self.all();
        let below = self.root.len();
        paths.retain(|path| path[below..].contains(topology));
        paths
    }

    /// The names in one directory of the tree.
    pub fn children(&self, directory: &str) -> Vec<String> {
        let path = format!("{}/{directory}", self.root);
        self.with_client(async move |client| client.list_children(&path).await.unwrap_or_default())
    }

    /// Removes all of it.
    pub fn remove(&self) {
        let mut paths = self.all();
        // The longest first: children before their parents.
        paths.sort_by_key(|path| std::cmp::Reverse(path.len()));
        self.with_client(async move |client| {
            for path in paths {
                match client.delete(&path, None).await {
                    Ok(()) | Err(Error::NoNode) => {}
                    Err(error) => panic!("{path} can't be deleted: {error}"),
                }
            }
        });
    }

    /// Starts to measure.
    pub fn watch_pause(&self, topology: &str) -> Pause {
        let stop = Arc::new(AtomicBool::new(false));
        let (connection, path) =
            (self.connection.clone(), format!("{}/pplans/{topology}", self.root));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            block_on(async {
                let client = Client::connect(&connection).await.unwrap();
                let (mut longest, mut since) = (Duration::ZERO, None);
                while !stopped.load(Ordering::Relaxed) {
                    if client.check_stat(&path).await.unwrap().is_some() {
                        longest = longest.max(
                            since.take().map_or(Duration::ZERO, |since: Instant| since.elapsed()),
                        );
                    } else {
                        since = since.or(Some(Instant::now()));
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                longest
            })
        });
        Pause { stop, thread }
    }

    fn all(&self) -> Vec<String> {
        let root = self.root.clone();
        self.with_client(async move |client| {
            let (mut open, mut paths) = (vec![root], Vec::new());
            while let Some(path) = open.pop() {
                if let Ok(children) = client.list_children(&path).await {
                    open.extend(children.iter().map(|child| format!("{path}/{child}")));
                    paths.push(path);
                }
            }
            paths
        })
    }

    fn with_client<T>(&self, work: impl AsyncFnOnce(Client) -> T) -> T {
        block_on(async {
            let client = Client::connect(&self.connection).await.unwrap();
            work(client).await
        })
    }
}

impl Pause {
    /// The longest time that was seen without a plan.
    pub fn end(self) -> Duration {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
