//! A model of ZooKeeper: nodes with versions, ephemeral and sequential ones, transactions, watches and sessions that expire.

use std::collections::BTreeMap;

use tokio::sync::{oneshot, watch};
use zookeeper_client::{
    Acls, CreateMode, Error, MultiWriteError, MultiWriteResult, SessionState, Stat,
};

use crate::net::zookeeper::session::{Found, Told, Write};

#[derive(Clone, Debug)]
struct Znode {
    data: Vec<u8>,
    stat: Stat,
}

/// What a watch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Node,
    Children,
}

#[derive(Debug)]
struct Watch {
    path: String,
    kind: Kind,
    session: i64,
    tell: oneshot::Sender<Told>,
}

#[derive(Debug)]
struct Session {
    state: watch::Sender<SessionState>,
    /// Milliseconds after which it ends that nobody is heard of.
    timeout: u64,
    /// When nobody is heard of any more.
    silent_since: Option<u64>,
}

/// The ensemble.
#[derive(Debug, Default)]
pub(super) struct ZooKeeper {
    nodes: BTreeMap<String, Znode>,
    sessions: BTreeMap<i64, Session>,
    watches: Vec<Watch>,
    /// What has changed, and no watch has been told yet.
    changes: Vec<(String, Kind)>,
    zxid: i64,
    last_session: i64,
    /// Watches that have come true and are on their way.
    pub told: Vec<(oneshot::Sender<Told>, Told)>,
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The creation of a node that is open to all.
pub(super) fn creation(path: String, data: &[u8], mode: CreateMode) -> Write<'_> {
    Write::Create { path, data, mode, acls: Acls::anyone_all() }
}

fn is_sequential(mode: CreateMode) -> bool {
    matches!(mode, CreateMode::PersistentSequential | CreateMode::EphemeralSequential)
}

impl ZooKeeper {
    /// Puts a node there with all its parents.
    pub fn plant(&mut self, path: &str, data: Vec<u8>) {
        for (at, _) in path.match_indices('/').skip(1) {
            let above = &path[..at];
            if !self.nodes.contains_key(above) {
                self.create(above.to_owned(), Vec::new(), 0);
            }
        }
        self.create(path.to_owned(), data, 0);
        self.tell_changes();
    }

    pub fn open(&mut self, timeout: u64) -> (i64, watch::Receiver<SessionState>) {
        self.last_session += 1;
        let (state, states) = watch::channel(SessionState::SyncConnected);
        self.sessions.insert(self.last_session, Session { state, timeout, silent_since: None });
        (self.last_session, states)
    }

    /// Whether a session lives.
    pub fn lives(&self, session: i64) -> bool {
        self.sessions.contains_key(&session)
    }

    /// Nobody is heard of in a session from now on.
    pub fn fall_silent(&mut self, session: i64, now: u64) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.silent_since.get_or_insert(now);
        }
    }

    /// Ends sessions of whom nothing was heard for too long.
    pub fn expire(&mut self, now: u64) {
        let over = |session: &Session| {
            session.silent_since.is_some_and(|since| now >= since + session.timeout)
        };
        let over: Vec<i64> =
            self.sessions.iter().filter(|(_, session)| over(session)).map(|(id, _)| *id).collect();
        for session in over {
            self.end(session, SessionState::Expired);
        }
    }

    /// Ends a session, with its ephemeral nodes.
    pub fn end(&mut self, session: i64, state: SessionState) {
        let Some(ended) = self.sessions.remove(&session) else { return };
        let _ = ended.state.send(state);
        let (own, others) = std::mem::take(&mut self.watches)
            .into_iter()
            .partition::<Vec<_>, _>(|watch| watch.session == session);
        self.watches = others;
        self.told.extend(own.into_iter().map(|watch| (watch.tell, Told::Ended(state))));
        let owned = |(_, node): &(&String, &Znode)| node.stat.ephemeral_owner == session;
        let owned: Vec<String> =
            self.nodes.iter().filter(owned).map(|(path, _)| path.clone()).collect();
        for path in owned {
            self.remove(&path);
        }
        self.tell_changes();
    }

    pub fn data(&self, path: &str) -> Option<&[u8]> {
        self.nodes.get(path).map(|node| node.data.as_slice())
    }

    pub fn stat(&self, path: &str) -> Option<Stat> {
        self.nodes.get(path).map(|node| node.stat)
    }

    pub fn children(&self, path: &str) -> Vec<String> {
        let below = format!("{path}/");
        let names = self.nodes.range(below.clone()..).map(|(path, _)| path);
        let names = names.take_while(|path| path.starts_with(&below));
        names
            .filter_map(|path| path.strip_prefix(&below))
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect()
    }

    pub fn read(&self, path: &str, children: bool) -> Result<Found, Error> {
        let node = self.nodes.get(path).ok_or(Error::NoNode)?;
        if children {
            return Ok(Found::Children(self.children(path)));
        }
        Ok(Found::Data(node.data.clone(), node.stat))
    }

    pub fn watch(&mut self, path: &str, kind: Kind, session: i64) -> oneshot::Receiver<Told> {
        let (tell, told) = oneshot::channel();
        self.watches.push(Watch { path: path.to_owned(), kind, session, tell });
        told
    }

    fn changed(&mut self, path: &str, kinds: &[Kind]) {
        self.changes.extend(kinds.iter().map(|kind| (path.to_owned(), *kind)));
    }

    /// Each watch hears of the first change that is for it.
    fn tell_changes(&mut self) {
        for (path, kind) in std::mem::take(&mut self.changes) {
            let (hit, rest) = std::mem::take(&mut self.watches)
                .into_iter()
                .partition::<Vec<_>, _>(|watch| watch.path == path && watch.kind == kind);
            self.watches = rest;
            self.told.extend(hit.into_iter().map(|watch| (watch.tell, Told::Changed)));
        }
    }

    fn create(&mut self, path: String, data: Vec<u8>, owner: i64) {
        self.zxid += 1;
        let length = i32::try_from(data.len()).unwrap();
        let stat = Stat {
            czxid: self.zxid,
            mzxid: self.zxid,
            pzxid: self.zxid,
            ctime: 0,
            mtime: 0,
            version: 0,
            cversion: 0,
            aversion: 0,
            ephemeral_owner: owner,
            data_length: length,
            num_children: 0,
        };
        if let Some(parent) = self.nodes.get_mut(parent(&path)) {
            parent.stat.cversion += 1;
        }
        self.changed(&path, &[Kind::Node]);
        self.changed(parent(&path), &[Kind::Children]);
        self.nodes.insert(path, Znode { data, stat });
    }

    fn set(&mut self, path: &str, data: Vec<u8>) -> Stat {
        self.zxid += 1;
        let zxid = self.zxid;
        let node = self.nodes.get_mut(path).unwrap();
        node.data = data;
        node.stat.version += 1;
        node.stat.mzxid = zxid;
        let stat = node.stat;
        self.changed(path, &[Kind::Node]);
        stat
    }

    fn remove(&mut self, path: &str) {
        self.zxid += 1;
        self.nodes.remove(path);
        self.changed(path, &[Kind::Node, Kind::Children]);
        self.changed(parent(path), &[Kind::Children]);
    }

    /// Whether a write can be done as things are.
    fn check(&self, write: &Write<'_>) -> Result<(), Error> {
        let fits = |path: &str, version: Option<i32>| {
            let node = self.nodes.get(path).ok_or(Error::NoNode)?;
            match version {
                Some(version) if version != -1 && version != node.stat.version => {
                    Err(Error::BadVersion)
                }
                _ => Ok(()),
            }
        };
        match write {
            Write::Create { path, mode, .. } => {
                if self.nodes.contains_key(path) && !is_sequential(*mode) {
                    return Err(Error::NodeExists);
                }
                let above = parent(path);
                match self.nodes.get(above) {
                    _ if above.is_empty() => Ok(()),
                    None => Err(Error::NoNode),
                    Some(node) if node.stat.ephemeral_owner != 0 => {
                        Err(Error::NoChildrenForEphemerals)
                    }
                    Some(_) => Ok(()),
                }
            }
            Write::Set { path, version, .. } | Write::Check { path, version } => {
                fits(path, *version)
            }
            Write::Delete { path, version } => {
                fits(path, *version)?;
                if self.children(path).is_empty() { Ok(()) } else { Err(Error::NotEmpty) }
            }
        }
    }

    fn apply(&mut self, write: &Write<'_>, session: i64) -> MultiWriteResult {
        match write {
            Write::Create { path, data, mode, .. } => {
                let mut path = path.clone();
                if is_sequential(*mode) {
                    let number = self.stat(parent(&path)).map_or(0, |stat| stat.cversion);
                    path = format!("{path}{number:010}");
                }
                let ephemeral =
                    matches!(mode, CreateMode::Ephemeral | CreateMode::EphemeralSequential);
                self.create(path.clone(), data.to_vec(), if ephemeral { session } else { 0 });
                let stat = self.stat(&path).unwrap();
                MultiWriteResult::Create { path, stat }
            }
            Write::Set { path, data, .. } => {
                MultiWriteResult::SetData { stat: self.set(path, data.to_vec()) }
            }
            Write::Delete { path, .. } => {
                self.remove(path);
                MultiWriteResult::Delete
            }
            Write::Check { .. } => MultiWriteResult::Check,
        }
    }

    /// Writes everything or nothing.
    pub fn write(
        &mut self,
        writes: &[Write<'_>],
        session: i64,
    ) -> Result<Vec<MultiWriteResult>, MultiWriteError> {
        let (nodes, zxid) = (self.nodes.clone(), self.zxid);
        let mut done = Vec::new();
        for (index, write) in writes.iter().enumerate() {
            if let Err(source) = self.check(write) {
                (self.nodes, self.zxid) = (nodes, zxid);
                self.changes.clear();
                return Err(MultiWriteError::OperationFailed { index, source });
            }
            done.push(self.apply(write, session));
        }
        self.tell_changes();
        Ok(done)
    }
}
