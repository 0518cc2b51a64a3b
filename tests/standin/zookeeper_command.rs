//! `zookeeper`: runs a ZooKeeper for the demo until our stdin ends or a signal comes.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::flags::Flags;
use crate::zookeeper::ZooKeeper;

/// Prints `{"connection":"127.0.0.1:PORT","pid":PID}` when the server serves.
pub async fn run(arguments: &[String]) -> Result<u8> {
    let flags = Flags::parse(arguments, &["--data", "--port"], &["--ignore-stdin"])?;
    let port = flags.get("--port").map(|text| text.parse().context("bad --port")).transpose()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let data = std::path::absolute(Path::new(flags.need("--data")?))?;
    let mut server = ZooKeeper::start(&data, port)?;
    println!("{}", json!({ "connection": server.connection(), "pid": server.pid() }));
    let (sender, mut stdin_ended) = tokio::sync::mpsc::unbounded_channel();
    if flags.get("--ignore-stdin").is_none() {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            let _ = sender.send(());
        });
    }
    tokio::select! {
        _ = stdin_ended.recv() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    server.stop();
    drop(sender);
    Ok(0)
}
