//! The list of planted secrets: what each is, who must have got it, and who may know it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::world::World;
use super::{signatures, stores};
use crate::zookeeper_access::PASSWORD;

/// Where a secret is planted, and so which test must see it used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// In every configuration.
    Cluster,
    /// In the address of a topology file, and in where that is redirected to.
    Topology,
    /// In the settings of a package store, or beside them.
    Store,
    /// Where none belongs.
    Refused,
}

/// What shows that a secret was used.
#[derive(Clone, Copy, Debug)]
pub enum Used {
    /// The server has got it as it is.
    Sent(Peer),
    /// The server has got it in the form of HTTP's basic authentication, from this user.
    Basic(&'static str),
    /// The server has let us in, and nobody with another one.
    LetsIn,
    /// A request was signed with it.
    Signs(Service),
    /// A program was run with it.
    Runs,
    /// The setting that holds it was refused by its name.
    Names(&'static str),
}

/// Who gets what we send.
#[derive(Clone, Copy, Debug)]
pub enum Peer {
    /// The `ZooKeeper` of the masters.
    Election,
    /// The `ZooKeeper` of the state.
    State,
    /// The web server that packages are put on.
    Store,
    /// Where that one redirects to.
    Elsewhere,
}

/// Whose signature.
#[derive(Clone, Copy, Debug)]
pub enum Service {
    Amazon,
    Google,
    Microsoft,
}

/// Who may know a secret besides the server that it is for, and ourselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nobody.
    Nobody,
    /// Agents, who fetch by it, and so Mesos and the journal, which is nobody else's.
    Agents,
    /// Whoever sees the list of processes: it is written in a command that is to be run.
    Processes,
}

/// A planted secret.
pub struct Planted {
    pub name: &'static str,
    pub group: Group,
    pub used: Used,
    pub known: Known,
}

const fn secret(name: &'static str, group: Group, used: Used) -> Planted {
    Planted { name, group, used, known: Known::Nobody }
}

const fn known(known: Known, name: &'static str, group: Group, used: Used) -> Planted {
    Planted { name, group, used, known }
}

use Group::{Cluster, Refused, Store, Topology};
use Used::{Basic, LetsIn, Names, Runs, Sent, Signs};

/// All of them.
pub const TABLE: [Planted; 33] = [
    secret("election-password", Cluster, Sent(Peer::Election)),
    secret("mesos-secret", Cluster, LetsIn),
    secret("zookeeper-digest", Cluster, Sent(Peer::State)),
    secret("zookeeper-sasl", Cluster, LetsIn),
    known(Known::Agents, "core-query", Cluster, Sent(Peer::Store)),
    secret("topology-password", Topology, Basic("me")),
    secret("topology-query", Topology, Sent(Peer::Store)),
    secret("redirect-query", Topology, Sent(Peer::Elsewhere)),
    secret("http-password", Store, Basic("store")),
    secret("http-authorization", Store, Sent(Peer::Store)),
    secret("s3-access", Store, Sent(Peer::Store)),
    secret("s3-key", Store, Signs(Service::Amazon)),
    secret("s3-profile-key", Store, Signs(Service::Amazon)),
    secret("s3-profile-session", Store, Sent(Peer::Store)),
    secret("s3-variable-key", Store, Signs(Service::Amazon)),
    secret("s3-variable-session", Store, Sent(Peer::Store)),
    secret("s3-context-key", Store, Signs(Service::Amazon)),
    secret("s3-directory-key", Store, Signs(Service::Amazon)),
    secret("s3-proxy-password", Store, Basic("proxy")),
    secret("google-key", Store, Signs(Service::Google)),
    secret("azure-key", Store, Signs(Service::Microsoft)),
    secret("azure-token", Store, Sent(Peer::Store)),
    secret("azure-variable-token", Store, Sent(Peer::Store)),
    secret("webhdfs-token", Store, Sent(Peer::Store)),
    secret("variable-proxy-password", Store, Basic("through")),
    known(Known::Agents, "package-query", Store, Sent(Peer::Store)),
    known(Known::Processes, "command-word", Store, Runs),
    secret("state-password", Refused, Names("zk.connection.string")),
    secret("master-password", Refused, Names("heron.mesos.master.uri")),
    secret("core-password", Refused, Names("heron.core.release.uri")),
    secret("package-password", Refused, Names("heron.package.topology.uri")),
    secret("hadoop-password", Refused, Names("heron.uploader.hdfs.topologies.directory.uri")),
    secret("endpoint-password", Refused, Names("heron.uploader.s3.uri")),
];

/// The text of a secret. It stands nowhere else, not even in another test, and is not what it is called.
pub fn text(name: &str) -> String {
    let row = TABLE.iter().position(|planted| planted.name == name);
    let row = row.unwrap_or_else(|| panic!("{name} is not in the table"));
    // Each test is a thread of its own.
    let test = format!("{:?}", std::thread::current().id());
    let test: String = test.chars().filter(char::is_ascii_digit).collect();
    let text = format!("pl4nted{row:02}q{}x{test}z", std::process::id());
    match name {
        "zookeeper-sasl" => PASSWORD.to_owned(),
        "azure-key" => BASE64_STANDARD.encode(text),
        "google-key" => stores::GOOGLE.private.clone(),
        _ => text,
    }
}

impl Planted {
    /// Every form in which it could be seen.
    pub fn forms(&self) -> Vec<String> {
        let text = text(self.name);
        if let Used::Signs(Service::Google) = self.used {
            // A key of many lines: none of them. The last may be short.
            return text.lines().filter(|line| line.len() == 64).map(str::to_owned).collect();
        }
        let mut forms = vec![BASE64_STANDARD.encode(&text), text.clone()];
        let users = ["me", "store", "proxy", "through", "heron", "heron-cli", "mesos", "anybody"];
        forms.extend(users.map(|user| basic(user, &text)));
        forms
    }

    /// Whether it was used, and what would have shown that.
    pub fn was_used(&self, world: &World) -> bool {
        let text = text(self.name);
        let requests = || world.store.requests();
        match self.used {
            Sent(peer) => world.wire(peer).carried(&text),
            Basic(user) => world.store.carried(&format!("Basic {}", basic(user, &text))),
            LetsIn => world.refuses_others_than(self.name),
            Runs => world.saw("the process list", &text),
            Names(key) => world.saw("refused", key),
            Signs(Service::Amazon) => {
                requests().iter().any(|request| signatures::by_amazons_key(request, &text))
            }
            Signs(Service::Microsoft) => requests()
                .iter()
                .any(|request| signatures::by_microsofts_key(request, stores::ACCOUNT, &text)),
            Signs(Service::Google) => requests().iter().any(|request| {
                signatures::by_googles_key(request, world.planted.path(), &stores::GOOGLE.public)
            }),
        }
    }

    /// Whether it may stand there.
    pub fn may_be_in(&self, place: &str) -> bool {
        match self.known {
            Known::Nobody => false,
            Known::Agents => {
                ["agents", "the journal"].iter().any(|place_of| place.starts_with(place_of))
            }
            Known::Processes => place.starts_with("the process list"),
        }
    }
}

/// What follows `Basic` in a header.
fn basic(user: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{user}:{password}"))
}
