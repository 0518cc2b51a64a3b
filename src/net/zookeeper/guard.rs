//! The client library's way to the servers: a port on loopback, from which each connection is passed on to one of them.
//!
//! What that is for:
//! * a frame that claims to be longer than any answer to us can be ends the connection, before memory is given to it;
//! * TLS is ours: what is wrong with a certificate is known, and the same holds for plain connections that fail;
//! * a server that is silent or slow does not hide its neighbours.
//!
//! Anybody on this machine can connect to the port. So each connection must prove that it is the library's: with the first
//! thing after its request for a session (and SASL, which proves itself), a number that only this process knows. It travels
//! as an `auth` packet that is answered here and never passed on.

mod handshake;

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::address::Endpoint;
use super::dial::{Dialer, Stream};
use super::frames::{Lengths, TooLong};
use super::health::{EndpointReport, Health};
pub(super) use handshake::PROOF_SCHEME;
use handshake::{Broken, Handshake, quick};

/// Before the next server is dialled beside one that takes its time.
const STAGGER: Duration = Duration::from_millis(250);
/// How long a server may take to give a session where others have not been tried.
const ANSWER: Duration = Duration::from_secs(2);
/// What is read at once.
const CHUNK: usize = 64 * 1024;
/// Before connections are accepted again after a failure, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The way to an ensemble. It ends where this is dropped.
#[derive(Debug)]
pub struct Guard {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    dialer: Dialer,
    servers: Mutex<Vec<Server>>,
    /// What proves that a connection is ours.
    secret: [u8; 16],
    /// The longest frame of a session.
    frame_limit: usize,
}

#[derive(Debug)]
struct Server {
    endpoint: Endpoint,
    /// How the last attempt failed.
    failed: Option<Health>,
}

impl Guard {
    /// Listens for the client library. No server is dialled before it connects.
    pub async fn start(
        endpoints: &[Endpoint],
        dialer: Dialer,
        frame_limit: usize,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let server = |endpoint: &Endpoint| Server { endpoint: endpoint.clone(), failed: None };
        let servers = Mutex::new(endpoints.iter().map(server).collect());
        let secret = Uuid::new_v4().into_bytes();
        let shared = Arc::new(Shared { dialer, servers, secret, frame_limit });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { port, shared, task })
    }

    /// Where the client library connects to.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// What the client library sends as `auth` under [`PROOF_SCHEME`].
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        &self.shared.secret
    }

    /// How the last attempt at each server failed; absent for those that weren't tried, or gave a session.
    #[must_use]
    pub fn failures(&self) -> Vec<(Endpoint, Option<Health>)> {
        let servers = self.shared.lock();
        servers.iter().map(|server| (server.endpoint.clone(), server.failed.clone())).collect()
    }

    /// The same for people, once it is given up: what was under way has timed out.
    #[must_use]
    pub fn reports(&self) -> Vec<EndpointReport> {
        let reports = self.failures().into_iter().map(|(endpoint, failed)| EndpointReport {
            endpoint,
            health: failed.unwrap_or(Health::TimedOut),
        });
        reports.collect()
    }

    /// Corrects what is known of a server.
    pub fn set(&self, endpoint: &Endpoint, health: &Health) {
        for server in self.shared.lock().iter_mut() {
            if server.endpoint == *endpoint {
                server.failed = Some(health.clone());
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Server>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, at: usize, failed: Option<Health>) {
        if let Some(server) = self.lock().get_mut(at) {
            server.failed = failed;
        }
    }

    /// The servers that are to be tried, in an order of chance: those that have not failed, or all if all have.
    fn candidates(&self) -> Vec<(usize, Endpoint)> {
        let mut servers = self.lock();
        if servers.iter().all(|server| server.failed.is_some()) {
            for server in servers.iter_mut() {
                server.failed = None;
            }
        }
        let untried = servers.iter().enumerate().filter(|(_, server)| server.failed.is_none());
        let mut candidates: Vec<_> =
            untried.map(|(at, server)| (at, server.endpoint.clone())).collect();
        candidates.sort_by_cached_key(|_| Uuid::new_v4());
        candidates
    }

    fn untried(&self) -> usize {
        self.lock().iter().filter(|server| server.failed.is_none()).count()
    }

    /// Connects to one of the servers: the next one is dialled when one has failed or takes long.
    async fn dial(&self) -> Option<(usize, Box<dyn Stream>)> {
        let mut waiting = self.candidates().into_iter();
        let mut dialling = FuturesUnordered::new();
        loop {
            if let Some((at, endpoint)) = waiting.next() {
                dialling.push(async move { (at, self.dialer.dial(&endpoint).await) });
            }
            tokio::select! {
                dialled = dialling.next() => match dialled {
                    Some((at, Ok(stream))) => return Some((at, stream)),
                    Some((at, Err(health))) => self.note(at, Some(health)),
                    None => return None,
                },
                () = sleep(STAGGER), if waiting.len() > 0 => {}
            }
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    connections.spawn(serve(client, Arc::clone(&shared)));
                }
                Err(error) => {
                    tracing::warn!("failed to accept a connection on loopback: {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection of the client library, until either side ends it.
async fn serve(mut client: TcpStream, shared: Arc<Shared>) {
    // Small answers are not to wait for each other; if that can't be had, they do.
    let _ = client.set_nodelay(true);
    let Some((at, mut server)) = shared.dial().await else { return };
    let handshake = Handshake::new(&shared.secret);
    let shaking = handshake.run(&mut client, server.as_mut());
    let others = shared.untried() > 1;
    let shaken = if others { timeout(ANSWER, shaking).await } else { Ok(shaking.await) };
    let (from_client, from_server) = match shaken {
        Ok(Ok(rests)) => rests,
        Ok(Err(Broken::Stranger)) => {
            tracing::warn!("refused a connection to a port of this process that is not its own");
            return;
        }
        Ok(Err(Broken::Server(health))) => return shared.note(at, Some(health)),
        Ok(Err(Broken::Client)) | Err(_) => return shared.note(at, Some(Health::TimedOut)),
    };
    shared.note(at, None);
    let passed = pass_on(client, server, from_client, from_server, shared.frame_limit).await;
    if let Err(TooLong(bytes)) = passed {
        tracing::warn!("a ZooKeeper server announced an answer of {bytes} bytes");
        shared.note(at, Some(Health::of_length(bytes)));
    }
}

/// Passes everything on, until either side ends or the server announces too much.
async fn pass_on(
    mut client: TcpStream,
    server: Box<dyn Stream>,
    from_client: Bytes,
    from_server: Bytes,
    frame_limit: usize,
) -> Result<(), TooLong> {
    let (client_in, mut client_out) = client.split();
    let (mut server_in, mut server_out) = tokio::io::split(server);
    let requests = async {
        let mut client_in = client_in;
        server_out.write_all(&from_client).await?;
        server_out.flush().await?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let part = read(&mut client_in, &mut chunk).await?;
            quick(client_in.as_ref());
            server_out.write_all(part).await?;
            server_out.flush().await?;
        }
    };
    let answers = async {
        let mut lengths = Lengths::new(frame_limit);
        let mut chunk = vec![0; CHUNK];
        let mut part = &from_server[..];
        loop {
            if let Err(too_long) = lengths.follow(part) {
                return Ok(too_long);
            }
            client_out.write_all(part).await?;
            part = read(&mut server_in, &mut chunk).await?;
        }
    };
    // A connection that breaks is no news here: both sides are told by its end.
    let (requests, answers): (_, _) = (requests, answers);
    tokio::select! {
        ended = requests => { let _: io::Result<()> = ended; Ok(()) }
        ended = answers => match ended {
            Ok(too_long) => Err(too_long),
            Err(error) => { let _: io::Error = error; Ok(()) }
        }
    }
}

/// Reads what there is; the end is an error.
async fn read<'a>(
    stream: &mut (impl AsyncRead + Unpin),
    chunk: &'a mut [u8],
) -> io::Result<&'a [u8]> {
    match stream.read(chunk).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => Ok(chunk.get(..length).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
