//! The way from processes to ZooKeeper, Mesos and each TManager: slow, and with bad luck it loses messages, or their answers.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http;
use futures_util::future::BoxFuture;
use futures_util::stream;
use rand::Rng;
use reqwest::{Body, Request, Response};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::sleep;
use zookeeper_client::{
    Acl, Acls, CreateMode, Error, MultiWriteError, MultiWriteResult, SessionState, Stat,
};

use super::operator::MASTERS;
use super::world::{Ends, Fall, Shared, World};
use super::zookeeper::{Kind, creation};
use crate::mesos::call::{Body as CallBody, Call, Operation};
use crate::net::tests::simulated::Network;
use crate::net::zookeeper::session::{Found, Read, Session, States, Told, Waiting, Write};
use crate::net::zookeeper::{ConnectError, Options};

thread_local! {
    static PROCESS: Cell<u32> = const { Cell::new(0) };
}

/// Does something as a process.
pub(super) fn as_process<T>(pid: u32, work: impl FnOnce() -> T) -> T {
    let before = PROCESS.replace(pid);
    let done = work();
    PROCESS.set(before);
    done
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Arrives,
    /// It doesn't arrive.
    Lost,
    /// It does, and its answer doesn't.
    Unanswered,
}

/// Its sender dies.
struct Dead;

impl World {
    fn latency(&mut self) -> Duration {
        let slow = self.weather.is_some() && self.rng.random_ratio(1, 50);
        Duration::from_millis(self.rng.random_range(1..if slow { 2_000 } else { 10 }))
    }

    /// A process sends a message: what becomes of it; what ends when it has arrived.
    fn send(&mut self, pid: u32) -> Result<(Fate, Option<Ends>), Dead> {
        if self.is_dead(pid) {
            return Err(Dead);
        }
        let process = self.processes.get_mut(&pid).unwrap();
        process.messages += 1;
        let messages = process.messages;
        let mut fall = process.fall.take_if(|fall| fall.message <= messages);
        if let Some(Fall { what, .. }) = fall.take_if(|fall| !fall.arrives) {
            self.fall(pid, what);
            if what == Ends::Process {
                return Err(Dead);
            }
        }
        let goes_wrong = self.strikes(|weather| weather.message);
        let fate = match (goes_wrong, goes_wrong && self.rng.random_bool(0.5)) {
            (false, _) => Fate::Arrives,
            (true, true) => Fate::Lost,
            (true, false) => Fate::Unanswered,
        };
        Ok((fate, fall.map(|fall| fall.what)))
    }
}

impl Shared {
    async fn travel(&self) {
        let latency = self.lock().latency();
        sleep(latency).await;
    }

    /// Brings a message to where something is done with it. None: it is lost, or its answer is.
    async fn exchange<T>(&self, pid: u32, act: impl FnOnce(&mut World) -> T) -> Option<T> {
        self.travel().await;
        // What was done may only be dropped when the world is free again.
        let done = {
            let mut world = self.lock();
            match world.send(pid) {
                Err(Dead) => None,
                Ok((Fate::Lost, _)) => Some((None, Fate::Lost)),
                Ok((fate, ends)) => {
                    let done = act(&mut world);
                    if let Some(what) = ends {
                        world.fall(pid, what);
                    }
                    Some((Some(done), fate))
                }
            }
        };
        self.tell_watches();
        let Some((done, fate)) = done else { return std::future::pending().await };
        self.travel().await;
        if self.lock().is_dead(pid) {
            return std::future::pending().await;
        }
        done.filter(|_| fate == Fate::Arrives)
    }
}

/// A session of a process.
struct OpenSession {
    world: Shared,
    pid: u32,
    id: i64,
    states: watch::Receiver<SessionState>,
}

impl fmt::Debug for OpenSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session {}", self.id)
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        let mut world = self.world.lock();
        if !world.is_dead(self.pid) {
            world.zk.end(self.id, SessionState::Closed);
        }
    }
}

impl OpenSession {
    async fn ask<T>(&self, act: impl FnOnce(&mut World) -> Result<T, Error>) -> Result<T, Error> {
        let id = self.id;
        let asked = self.world.exchange(self.pid, |world| {
            if !world.zk.lives(id) {
                return Err(Error::SessionExpired);
            }
            let done = act(world);
            // With a connection, a session is lost now and then.
            if world.strikes(|weather| weather.message * 3) {
                world.lose_session(id);
                return Err(Error::SessionExpired);
            }
            done
        });
        let answered = asked.await.unwrap_or(Err(Error::ConnectionLoss));
        // The answer to what is asked last in a session that ends may be lost with it.
        if self.world.lock().zk.lives(id) { answered } else { Err(Error::SessionExpired) }
    }
}

impl States for watch::Receiver<SessionState> {
    fn now(&self) -> SessionState {
        *self.borrow()
    }

    fn ended(&self) -> BoxFuture<'static, SessionState> {
        let mut states = self.clone();
        Box::pin(async move {
            states
                .wait_for(|state| state.is_terminated())
                .await
                .map_or(SessionState::Closed, |state| *state)
        })
    }
}

fn waiting(told: tokio::sync::oneshot::Receiver<Told>) -> Waiting {
    Box::pin(async move {
        match told.await {
            Ok(told) => told,
            Err(_) => std::future::pending().await,
        }
    })
}

fn read(world: &World, read: Read<'_>) -> Result<Found, Error> {
    world.zk.read(read.path(), matches!(read, Read::Children(_)))
}

impl Session for OpenSession {
    fn id(&self) -> i64 {
        self.id
    }

    fn states(&self) -> Box<dyn States> {
        Box::new(self.states.clone())
    }

    fn read_together<'a>(
        &'a self,
        reads: &'a [Read<'a>],
    ) -> BoxFuture<'a, Result<Vec<Result<Found, Error>>, Error>> {
        Box::pin(self.ask(move |world| Ok(reads.iter().map(|one| read(world, *one)).collect())))
    }

    fn read<'a>(&'a self, one: Read<'a>) -> BoxFuture<'a, Result<Found, Error>> {
        Box::pin(self.ask(move |world| read(world, one)))
    }

    fn watch<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(Option<Stat>, Waiting), Error>> {
        Box::pin(self.ask(move |world| {
            let stat = world.zk.stat(path);
            Ok((stat, waiting(world.zk.watch(path, Kind::Node, self.id))))
        }))
    }

    fn watch_children<'a>(
        &'a self,
        path: &'a str,
    ) -> BoxFuture<'a, Result<(Vec<String>, Waiting), Error>> {
        Box::pin(self.ask(move |world| {
            world.zk.stat(path).ok_or(Error::NoNode)?;
            let names = world.zk.children(path);
            Ok((names, waiting(world.zk.watch(path, Kind::Children, self.id))))
        }))
    }

    fn write<'a>(
        &'a self,
        writes: &'a [Write<'a>],
    ) -> BoxFuture<'a, Result<Vec<MultiWriteResult>, MultiWriteError>> {
        Box::pin(async move {
            let plans = |write: &Write<'_>| matches!(write, Write::Set { path, .. } if path.starts_with("/heron/packingplans/"));
            let plans = writes.iter().any(plans);
            let write = |world: &mut World| {
                // Read before, and checked if it comes about.
                let may_be = if plans { world.check_plan() } else { Ok(()) };
                let done = world.zk.write(writes, self.id);
                if done.is_ok() {
                    may_be.unwrap();
                }
                Ok(done)
            };
            self.ask(write).await?
        })
    }

    fn create<'a>(&'a self, path: &'a str, _: Acls<'static>) -> BoxFuture<'a, Result<(), Error>> {
        let path = path.to_owned();
        Box::pin(self.ask(move |world| {
            let create = creation(path, &[], CreateMode::Persistent);
            world.zk.write(&[create], self.id).map(drop).map_err(Error::from)
        }))
    }

    fn delete_and_forget(&self, path: &str) {
        let (world, pid, id) = (self.world.clone(), self.pid, self.id);
        let delete = Write::Delete { path: path.to_owned(), version: None };
        let mut world = world.lock();
        if !world.is_dead(pid) && world.zk.lives(id) {
            let _ = world.zk.write(&[delete], id);
        }
    }

    fn sync<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.ask(|_| Ok(())))
    }

    fn acl<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<Acl>, Error>> {
        unreachable!("no session has credentials here")
    }

    fn keep<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        unreachable!("no session has credentials here")
    }
}

/// A stream of events on its way; its end is the end of the subscription.
struct Events {
    world: Shared,
    framework: String,
    stream: String,
    told: UnboundedReceiver<Vec<u8>>,
}

impl Drop for Events {
    fn drop(&mut self) {
        self.world.lock().mesos.disconnect(&self.framework, &self.stream);
    }
}

/// What a server answers.
enum Answer {
    Text {
        status: u16,
        location: Option<String>,
        text: String,
    },
    Stream(String, Events),
    /// Nothing listens there.
    Refused,
}

fn text(status: u16, text: impl Into<String>) -> Answer {
    Answer::Text { status, location: None, text: text.into() }
}

impl World {
    /// Answers a request.
    fn serve(&mut self, pid: u32, request: &Request, world: &Shared) -> Answer {
        let url = request.url();
        let (host, port) = (url.host_str().unwrap(), url.port_or_known_default().unwrap());
        let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let query = url.query().unwrap_or_default();
        let now = self.now();
        let Some(master) = MASTERS.iter().position(|master| *master == host) else {
            if self.listens(host, u64::from(port)) {
                let (status, page) = self.ask_tmanager(url.path(), query);
                return text(status, page);
            }
            return Answer::Refused;
        };
        if self.strikes(|weather| weather.message) {
            return match self.rng.random_range(0..4) {
                0 => text(429, "too many"),
                1 => text(500, "in trouble"),
                2 => text(503, "not now"),
                _ => text(404, ""),
            };
        }
        let is_call = url.path() == "/api/v1/scheduler";
        if !is_call || master != self.mesos.leader || !self.mesos.leads(now) {
            let body = String::from_utf8_lossy(body);
            let method = request.method().as_str();
            let (status, location, text) =
                self.mesos.ask(master, method, url.path(), query, &body, now);
            return Answer::Text { status, location, text };
        }
        let call: Call = serde_json::from_slice(body).unwrap();
        if let CallBody::Subscribe { subscribe } = &call.body {
            let (stream, events) = self.mesos.subscribe(subscribe, now);
            let framework = call.framework_id.unwrap().0;
            let process = self.processes.get_mut(&pid).unwrap();
            process.streams.push((framework.clone(), stream.clone()));
            let name = process.name.clone();
            self.note(format!("{name} subscribes"));
            let events =
                Events { world: world.clone(), framework, stream: stream.clone(), told: events };
            return Answer::Stream(stream, events);
        }
        self.take(pid, &call, request.headers()["Mesos-Stream-Id"].to_str().unwrap())
    }

    /// Takes a call.
    fn take(&mut self, pid: u32, call: &Call, stream: &str) -> Answer {
        let now = self.now();
        let name = self.processes[&pid].name.clone();
        let kind = serde_json::to_value(call).unwrap();
        let what = match &call.body {
            CallBody::Accept { accept } => {
                let tasks = accept
                    .operations
                    .iter()
                    .flat_map(|Operation::Launch { launch }| &launch.task_infos);
                tasks.map(|task| task.task_id.0.as_str()).collect::<Vec<_>>().join(", ")
            }
            CallBody::Kill { kill } => kill.task_id.0.clone(),
            CallBody::Acknowledge { acknowledge } => acknowledge.task_id.0.clone(),
            _ => String::new(),
        };
        self.note(format!("{name}: {} {what}", kind["type"].as_str().unwrap()));
        // What the calls have to do with is looked up in the state before they are taken.
        let doubled = !matches!(call.body, CallBody::Accept { .. })
            && self.strikes(|weather| weather.message);
        let mut mesos = std::mem::take(&mut self.mesos);
        let mut launches = Vec::new();
        let mut acknowledged = Vec::new();
        let (status, said) = mesos.call(
            call,
            stream,
            now,
            &mut |info, ports| launches.push((info.clone(), ports.to_vec())),
            &mut |task, state| acknowledged.push((task.to_owned(), state.to_owned())),
        );
        if doubled {
            mesos.call(call, stream, now, &mut |_, _| {}, &mut |_, _| {});
        }
        self.mesos = mesos;
        for (info, ports) in launches {
            self.check_launch(&info, &ports);
        }
        for (task, state) in acknowledged {
            self.check_acknowledgement(&task, &state);
        }
        text(status, said)
    }
}

impl Network for Shared {
    fn answer(&self, request: Request) -> BoxFuture<'static, reqwest::Result<Response>> {
        let (world, pid) = (self.clone(), PROCESS.get());
        Box::pin(async move {
            let shared = world.clone();
            let served = world.exchange(pid, |world| world.serve(pid, &request, &shared)).await;
            let Some(answer) = served else { return Err(broken().await) };
            match answer {
                Answer::Text { status, location, text } => {
                    let mut response = http::Response::builder().status(status);
                    if let Some(location) = location {
                        response = response.header("Location", location);
                    }
                    if status == 429 {
                        response = response.header("Retry-After", "1");
                    }
                    Ok(Response::from(response.body(text).unwrap()))
                }
                Answer::Stream(id, events) => {
                    let events = stream::unfold(events, |mut events| async move {
                        let event = events.told.recv().await?;
                        Some((Ok::<_, std::io::Error>(event), events))
                    });
                    let response = http::Response::builder().header("Mesos-Stream-Id", id);
                    Ok(Response::from(response.body(Body::wrap_stream(events)).unwrap()))
                }
                Answer::Refused => Err(refused().await),
            }
        })
    }

    fn refuses(&self, host: &str, port: u16) -> bool {
        !self.lock().listens(host, u64::from(port))
    }

    fn open(
        &self,
        options: &Options,
    ) -> BoxFuture<'static, Result<Arc<dyn Session>, ConnectError>> {
        let (world, pid) = (self.clone(), PROCESS.get());
        let timeout = u64::try_from(options.session_timeout.as_millis()).unwrap();
        Box::pin(async move {
            loop {
                let opened = world.exchange(pid, |world| {
                    let (id, states) = world.zk.open(timeout);
                    world.processes.get_mut(&pid).unwrap().sessions.push(id);
                    (id, states)
                });
                if let Some((id, states)) = opened.await {
                    let session: Arc<dyn Session> =
                        Arc::new(OpenSession { world, pid, id, states });
                    return Ok(session);
                }
            }
        })
    }
}

/// The error of a connection that ends before the answer.
async fn broken() -> reqwest::Error {
    let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let body = Body::wrap_stream(stream::iter([Err::<Vec<u8>, _>(error)]));
    Response::from(http::Response::new(body)).bytes().await.unwrap_err()
}

/// The error of a port where nobody listens: of a real one, as no other can be made.
async fn refused() -> reqwest::Error {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap()
        .get("http://127.0.0.1:1/")
        .send()
        .await
        .unwrap_err()
}
