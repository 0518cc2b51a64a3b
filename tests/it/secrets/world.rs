//! Where the secrets are planted: a cluster that asks for them, servers that keep what they get, and everything that is
//! seen of a command.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use heron_cli::net::zookeeper::{Credentials, Scheme};
use heron_cli::state::Zk;

use super::planted::{Group, Peer, TABLE, text};
use super::processes::Processes;
use super::wire::Wire;
use crate::documents::assert_document;
use crate::environment::{Ran, TestEnv, TestOptions, http, zookeeper};
use crate::shelf::Shelf;
use crate::zookeeper_access::{SERVER, as_somebody};

/// Everything that a test of secrets needs.
pub struct World {
    pub env: TestEnv,
    /// What holds secrets on purpose.
    pub planted: tempfile::TempDir,
    pub shelf: Shelf,
    pub store: Wire,
    election: Wire,
    state: Wire,
    elsewhere: Wire,
    scheme: Scheme,
    temporary: PathBuf,
    /// What was seen where.
    seen: RefCell<Vec<(String, String)>>,
    /// Secrets in whose place no other one is taken.
    wanted: RefCell<BTreeSet<&'static str>>,
}

impl World {
    /// A cluster that wants a principal's secret, and a state that is shown the user in this way.
    pub fn new(scheme: Scheme) -> Self {
        let planted = tempfile::tempdir().unwrap();
        let secret = secret_file(planted.path(), "mesos", &text("mesos-secret"));
        let mut options = TestOptions::default();
        let wants = ["--principal", "heron-cli", "--secret-file", &secret];
        options.cluster.extend(wants.map(str::to_owned));
        let env = TestEnv::with(&options);
        let temporary = env.directory.path().join("tmp");
        std::fs::create_dir(&temporary).unwrap();
        let shelf = Shelf::start();
        let core = std::fs::read(env.core.trim_start_matches("file://")).unwrap();
        shelf.put(CORE, core);
        let (store, elsewhere) = (Wire::to(&shelf.address), Wire::to(&shelf.address));
        let signed = text("redirect-query");
        let moved_to =
            format!("http://{}/files/planted.defn?X-Amz-Signature={signed}&x=1", elsewhere.address);
        shelf.move_to(&moved_to);
        let mut world = Self {
            election: Wire::to(&zookeeper()),
            state: Wire::to(SERVER.connection()),
            seen: RefCell::default(),
            wanted: RefCell::default(),
            env,
            planted,
            shelf,
            store,
            elsewhere,
            scheme,
            temporary,
        };
        let lines = world.lines();
        world.env.write_config(&lines);
        world
    }

    /// The configuration of everything but the package store.
    fn lines(&self) -> Vec<String> {
        let (name, way) = match self.scheme {
            Scheme::Digest => ("zookeeper-digest", "digest"),
            Scheme::Sasl => ("zookeeper-sasl", "sasl"),
        };
        let user = self.secret("zookeeper", &format!("heron:{}", text(name)));
        let secret = self.secret("mesos", &text("mesos-secret"));
        let election = self.env.root.trim_start_matches("/it/");
        vec![
            format!("zk.connection.string: {}", SERVER.connection()),
            format!("heron.statemgr.client.connection.string: {}", self.state.address),
            format!("heron.statemgr.zookeeper.auth.scheme: {way}"),
            format!("heron.statemgr.zookeeper.auth.file: {user}"),
            format!(
                "heron.mesos.master.uri: zk://mesos:{}@{}/it-mesos/{election}",
                text("election-password"),
                self.election.address
            ),
            "heron.mesos.principal: heron-cli".to_owned(),
            format!("heron.mesos.secret.file: {secret}"),
            format!(
                "heron.core.release.uri: http://{}/files/{CORE}?X-Amz-Signature={}",
                self.store.address,
                text("core-query")
            ),
        ]
    }

    /// A file with a secret in it; its path.
    pub fn secret(&self, name: &str, text: &str) -> String {
        secret_file(self.planted.path(), name, text)
    }

    pub fn wire(&self, peer: Peer) -> &Wire {
        match peer {
            Peer::Election => &self.election,
            Peer::State => &self.state,
            Peer::Store => &self.store,
            Peer::Elsewhere => &self.elsewhere,
        }
    }

    /// Runs the binary, and keeps all that is seen of it.
    pub fn run(&self, words: &[&str], variables: &[(&str, &str)]) -> Ran {
        let line = words.join(" ");
        let mut command: Command = self.env.command(words);
        command.env("TMPDIR", &self.temporary).envs(variables.iter().copied());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let processes = Processes::watch();
        let child = command.spawn().unwrap();
        let own = child.id();
        let ran = Ran::from(child.wait_with_output().unwrap());
        for (id, process) in processes.seen() {
            // What was typed is seen there; what it runs is not to show more.
            if id != own {
                self.keep("the process list", process);
            }
        }
        // The one command whose answer is the file that it was given; a document is only about it.
        let converts = words.windows(2).any(|two| two == ["config", "convert"]);
        if !converts || words.contains(&"-ojson") || ran.code != 0 {
            self.keep(&format!("stdout of {line}"), ran.stdout.clone());
        }
        self.keep(&format!("stderr of {line}"), ran.stderr.clone());
        let left: Vec<_> = std::fs::read_dir(&self.temporary).unwrap().flatten().collect();
        assert!(left.is_empty(), "{line} left {left:?}");
        assert!(!ran.stderr.contains("panicked"), "{line}: {}", ran.stderr);
        assert_document(words, &ran.stdout);
        if ran.code == 3 {
            self.keep("refused", format!("{}{}", ran.stdout, ran.stderr));
        }
        ran
    }

    /// Runs what must succeed.
    pub fn ok(&self, words: &[&str], variables: &[(&str, &str)]) -> Ran {
        let ran = self.run(words, variables);
        assert_eq!(ran.code, 0, "{words:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// Runs what must not be let in, because it has another secret than this.
    pub fn denied(&self, wanted: &'static str, words: &[&str]) {
        let ran = self.run(words, &[]);
        assert_eq!(ran.code, 8, "{words:?}\n{}\n{}", ran.stdout, ran.stderr);
        self.wanted.borrow_mut().insert(wanted);
    }

    pub fn refuses_others_than(&self, wanted: &str) -> bool {
        self.wanted.borrow().contains(wanted)
    }

    /// Whether this was seen there.
    pub fn saw(&self, place: &str, text: &str) -> bool {
        let seen = self.seen.borrow();
        seen.iter().any(|(found, what)| found.starts_with(place) && what.contains(text))
    }

    fn keep(&self, place: &str, what: impl AsRef<[u8]>) {
        let what = String::from_utf8_lossy(what.as_ref()).into_owned();
        self.seen.borrow_mut().push((place.to_owned(), what));
    }

    /// Looks at what commands leave: znodes, packages, files, what masters and agents were told.
    pub fn look_around(&self) {
        let user = match self.scheme {
            Scheme::Digest => format!("heron:{}", text("zookeeper-digest")),
            Scheme::Sasl => format!("heron:{}", text("zookeeper-sasl")),
        };
        let credentials = Credentials::parse(self.scheme, &user.into()).unwrap();
        let nodes = as_somebody(Some(credentials), async |zk| tree(zk, &self.env.root).await);
        for (path, data) in nodes {
            let journal = path.starts_with(&format!("{}/frameworks", self.env.root));
            let place = if journal { "the journal" } else { "znode" };
            self.keep(&format!("{place} {path}"), data);
        }
        for (name, content) in self.shelf.files().iter().filter(|(name, _)| *name != CORE) {
            let mut unpacked = Vec::new();
            let read = flate2::read::GzDecoder::new(&**content).read_to_end(&mut unpacked);
            self.keep(&format!("package {name}"), read.map_or(content.to_vec(), |_| unpacked));
        }
        let calls = http("GET", &format!("{}/calls", self.env.cluster.control), "");
        assert!(calls.contains("ACCEPT"), "masters were told nothing: {calls}");
        self.keep("agents and masters were told", calls);
        self.keep_files(self.env.directory.path());
    }

    fn keep_files(&self, directory: &Path) {
        let agents = self.env.directory.path().join("agents");
        for entry in std::fs::read_dir(directory).unwrap().flatten() {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() {
                self.keep_files(&path);
            } else if kind.is_file() && path != self.env.config && is_read(&path) {
                let place = if path.starts_with(&agents) { "agents' file" } else { "file" };
                // A task may end, and its files with it.
                let content = std::fs::read(&path).unwrap_or_default();
                self.keep(&format!("{place} {}", path.display()), content);
            }
        }
    }

    /// Asserts that every secret of these groups was used, and none of all was seen where it may not be.
    pub fn assert_kept(&self, groups: &[Group]) {
        let other = match self.scheme {
            Scheme::Digest => "zookeeper-sasl",
            Scheme::Sasl => "zookeeper-digest",
        };
        let mut wrong = BTreeSet::new();
        for planted in &TABLE {
            let used = planted.name == other || planted.was_used(self);
            if groups.contains(&planted.group) && !used {
                wrong.insert(format!("nothing used {}: {:?}", planted.name, planted.used));
            }
            for form in planted.forms() {
                for (place, what) in self.seen.borrow().iter() {
                    if let Some(at) = what.find(&form).filter(|_| !planted.may_be_in(place)) {
                        let from = what[..at].char_indices().rev().nth(60).map_or(0, |(at, _)| at);
                        let around: String = what[from..].chars().take(200).collect();
                        wrong.insert(format!("{} in {place}:\n    {around}", planted.name));
                    }
                }
            }
        }
        // What is sent as it is must not go to anybody else.
        let carried = self.elsewhere.requests();
        let carried = carried.iter().any(|request| !request.header("authorization").is_empty());
        assert!(!carried, "credentials went to where a redirect leads");
        assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    }
}

/// The core package, as the web server has it.
const CORE: &str = "core-0.20.5.tar.gz";

/// Files of more are programs.
fn is_read(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() < 4 << 20)
}

fn secret_file(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, format!("{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// All nodes below a path.
async fn tree(zk: &Zk, root: &str) -> Vec<(String, Vec<u8>)> {
    let (mut nodes, mut paths) = (Vec::new(), vec![root.to_owned()]);
    while let Some(path) = paths.pop() {
        let children = zk.children(&path).await.unwrap().unwrap_or_default();
        paths.extend(children.iter().map(|name| format!("{path}/{name}")));
        if let Some(node) = zk.get(&path).await.unwrap() {
            nodes.push((path, node.data));
        }
    }
    nodes
}
