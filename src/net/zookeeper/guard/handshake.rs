//! The beginning of a connection: until the server has answered to the request for a session, and the client library has
//! proved that it is the one of this process.
//!
//! The library pings the server before it makes its first request, to learn whether its credentials are wanted, and waits for the
//! answer. The first request learns that as well, so that this answer is given here, and costs no round trip.

use bytes::{BufMut, Bytes};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::super::dial::Stream;
use super::super::frames::Reader;
use super::super::health::Health;

/// The scheme of the packet that proves whose connection it is.
pub(in crate::net::zookeeper) const PROOF_SCHEME: &str = "heron-cli";
/// The longest frame until a session stands: sessions, SASL tokens.
const HANDSHAKE_FRAME: usize = 64 * 1024;

/// The codes of `ping`, `auth` and `sasl` in ZooKeeper's protocol (its `ZooDefs.OpCode`).
pub(super) const PING: i32 = 11;
pub(super) const AUTH: i32 = 100;
pub(super) const SASL: i32 = 102;

/// Why no session came about.
pub(super) enum Broken {
    /// Somebody else has connected to our port.
    Stranger,
    /// The client library gave up.
    Client,
    /// The server.
    Server(Health),
}

/// The part of a connection in which each frame is looked at: until the server has answered to the request for a session,
/// and the client has proved who it is and gone on to what it wants.
pub(super) struct Handshake {
    /// The packet's content that proves it.
    proof: Vec<u8>,
    answered: bool,
    proved: bool,
    /// Whether the client says anything else than who it is.
    begun: bool,
    /// The answers that are given here, until they can be sent.
    replies: Vec<u8>,
}

impl Handshake {
    pub fn new(secret: &[u8]) -> Self {
        Self {
            proof: proof(secret),
            answered: false,
            proved: false,
            begun: false,
            replies: Vec::new(),
        }
    }

    /// Returns what was read of either side beyond the handshake.
    pub async fn run(
        mut self,
        client: &mut TcpStream,
        server: &mut dyn Stream,
    ) -> Result<(Bytes, Bytes), Broken> {
        let mut requests = Reader::new(HANDSHAKE_FRAME);
        let mut answers = Reader::new(HANDSHAKE_FRAME);
        let mut asked = false;
        while !(self.answered && self.proved && self.begun) {
            tokio::select! {
                request = requests.next(client) => {
                    quick(client);
                    let request = request.map_err(|_| Broken::Client)?;
                    // The first frame asks for a session and has no header.
                    if !asked || self.passes(&request)? {
                        let sent = async { server.write_all(&request).await?; server.flush().await };
                        sent.await.map_err(|error| Broken::Server(Health::of_io(&error)))?;
                    }
                    asked = true;
                }
                answer = answers.next(server) => {
                    let answer = answer.map_err(|error| Broken::Server(Health::of_frame(&error)))?;
                    client.write_all(&answer).await.map_err(|_| Broken::Client)?;
                    self.answered = true;
                }
            }
            self.reply(client).await?;
        }
        Ok((requests.rest(), answers.rest()))
    }

    /// Whether a frame of the client goes on to the server; the proof and the first ping don't.
    fn passes(&mut self, frame: &[u8]) -> Result<bool, Broken> {
        let int = |at: usize| frame.get(at..at + 4)?.try_into().ok().map(i32::from_be_bytes);
        let (Some(xid), Some(code)) = (int(4), int(8)) else { return Err(Broken::Stranger) };
        match code {
            SASL => Ok(true),
            AUTH if !self.proved && frame.get(12..) == Some(&self.proof) => {
                self.proved = true;
                self.replies.extend(reply(xid));
                Ok(false)
            }
            _ if !self.proved => Err(Broken::Stranger),
            AUTH => Ok(true),
            PING => {
                self.begun = true;
                self.replies.extend(reply(xid));
                Ok(false)
            }
            _ => {
                self.begun = true;
                Ok(true)
            }
        }
    }

    /// Sends the answers that are given here as soon as the client expects any: after its session stands.
    async fn reply(&mut self, client: &mut TcpStream) -> Result<(), Broken> {
        if self.answered && !self.replies.is_empty() {
            let replies = std::mem::take(&mut self.replies);
            client.write_all(&replies).await.map_err(|_| Broken::Client)?;
        }
        Ok(())
    }
}

/// The content of the packet that proves whose connection it is: type, scheme, secret.
pub(super) fn proof(secret: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    packet.put_i32(0);
    for part in [PROOF_SCHEME.as_bytes(), secret] {
        // A scheme and a secret of some bytes.
        packet.put_u32(u32::try_from(part.len()).unwrap_or(u32::MAX));
        packet.put_slice(part);
    }
    packet
}

/// An answer without content: length, number of the request, transaction, error.
pub(super) fn reply(xid: i32) -> [u8; 20] {
    let mut reply = [0; 20];
    let mut fields = reply.as_mut_slice();
    fields.put_i32(16);
    fields.put_i32(xid);
    reply
}

/// Acknowledges at once: the client library leaves Nagle's algorithm on, which holds a small request back until the one
/// before is acknowledged.
pub(super) fn quick(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    let _ = stream.set_quickack(true);
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}
