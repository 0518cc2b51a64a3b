//! How a stand-in stream manager registers with a stand-in TManager: one line of JSON each way, then an open connection.
//!
//! Heron's own protocol between them is not spoken; no client can see it.

use anyhow::{Context as _, Result, bail};
use heron_cli::proto::system::StMgr;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// What a stream manager says about itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Register {
    /// `stmgr-<container>`
    pub id: String,
    /// The topology that it belongs to.
    pub topology_id: String,
    /// Its host.
    pub host: String,
    /// Its data port.
    pub data_port: u16,
    /// Its port for instances.
    pub local_data_port: u16,
    /// The port of its container's heron-shell.
    pub shell_port: u16,
    /// Its working directory.
    pub cwd: String,
    /// Its process id.
    pub pid: u32,
    /// Its instances.
    pub instances: Vec<String>,
}

impl Register {
    /// As the physical plan shows it.
    pub fn record(&self) -> StMgr {
        StMgr {
            id: self.id.clone(),
            host_name: self.host.clone(),
            data_port: i32::from(self.data_port),
            local_endpoint: "/unused".to_owned(),
            cwd: Some(self.cwd.clone()),
            pid: i32::try_from(self.pid).ok(),
            shell_port: Some(i32::from(self.shell_port)),
            local_data_port: Some(i32::from(self.local_data_port)),
        }
    }
}

/// A connection on which lines of JSON go both ways.
#[derive(Debug)]
pub struct Line(BufReader<TcpStream>);

impl Line {
    /// Takes over a connection.
    pub fn new(stream: TcpStream) -> Self {
        Self(BufReader::new(stream))
    }

    /// Sends one message.
    pub async fn send(&mut self, message: &impl Serialize) -> Result<()> {
        let mut text = serde_json::to_string(message)?;
        text.push('\n');
        self.0.get_mut().write_all(text.as_bytes()).await?;
        Ok(())
    }

    /// Receives one message.
    pub async fn receive<T: for<'a> Deserialize<'a>>(&mut self) -> Result<T> {
        let mut text = String::new();
        if self.0.read_line(&mut text).await? == 0 {
            bail!("the connection was closed");
        }
        serde_json::from_str(&text).with_context(|| format!("not understood: {text}"))
    }

    /// Returns when the other side is gone.
    pub async fn closed(&mut self) {
        let mut text = String::new();
        while self.0.read_line(&mut text).await.unwrap_or(0) > 0 {
            text.clear();
        }
    }
}
