//! Servers that accept connections, and say nothing.

use std::io::{ErrorKind, Read as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

use crate::environment::until;

/// A server that never answers.
pub struct Silent {
    listener: TcpListener,
    pub address: String,
    connections: Mutex<Vec<TcpStream>>,
}

impl Silent {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Self { listener, address, connections: Mutex::default() }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    fn accept(&self) {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true).unwrap();
                    self.connections.lock().unwrap().push(stream);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Closes what there is of connections.
    pub fn forget(&self) {
        self.accept();
        self.connections.lock().unwrap().clear();
    }

    /// Waits until somebody has connected and asked something: from then on an answer is waited for.
    pub fn wait_until_asked(&self) {
        until("a question", || {
            self.accept();
            let mut connections = self.connections.lock().unwrap();
            connections.iter_mut().any(|stream| matches!(stream.read(&mut [0; 64]), Ok(1..)))
        });
    }
}
