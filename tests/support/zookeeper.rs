//! A real ZooKeeper for tests and the demo: Debian's package, run as a process of ours on a free loopback port.
//!
//! It is not a simulation; it is what clusters run. Ticks are short, so that short session timeouts are possible. The
//! server dies with the process that started it, however that ends: a small shell in between waits on a pipe from us.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

/// Where Debian's package `zookeeper` puts the server; its manifest names the jars that it needs.
const JAR: &str = "/usr/share/java/zookeeper.jar";
/// Makes the server's log readable when Debian's `libslf4j-java` is there.
const LOG_JAR: &str = "/usr/share/java/slf4j-simple.jar";
/// What the manifest forgets: without it, there is no TLS.
const CODEC_JAR: &str = "/usr/share/java/netty-codec.jar";
const MAIN: &str = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
/// How long a start may take on a busy machine.
const START_DEADLINE: Duration = Duration::from_mins(1);
/// Runs the server until our end of the pipe is closed, then kills it.
const KEEPER: &str = r#""$@" </dev/null >&2 & p=$!; echo "$p"; read -r _; kill -9 "$p" 2>/dev/null; wait "$p" 2>/dev/null"#;

/// How a server is beyond the ordinary.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Lines of its configuration.
    pub config: Vec<String>,
    /// Arguments for Java.
    pub java: Vec<String>,
}

/// A server: one that we started, or one that somebody gave us.
#[derive(Debug)]
pub struct ZooKeeper {
    connection: String,
    port: u16,
    data: PathBuf,
    extras: Extras,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    keeper: Child,
    pipe: Option<ChildStdin>,
    server: u32,
}

impl ZooKeeper {
    /// Starts a server with its data below `data`, on `port` or on a free one.
    pub fn start(data: &Path, port: Option<u16>) -> Result<Self> {
        Self::start_with(data, port, &Extras::default())
    }

    /// Starts a server that is more than the ordinary.
    pub fn start_with(data: &Path, port: Option<u16>, extras: &Extras) -> Result<Self> {
        let mut failures = Vec::new();
        // Another process may take the free port between our look and the server's bind.
        for _ in 0..4 {
            let chosen = match port {
                Some(port) => port,
                None => free_port()?,
            };
            let mut server = Self {
                connection: format!("127.0.0.1:{chosen}"),
                port: chosen,
                data: data.to_owned(),
                extras: extras.clone(),
                running: None,
            };
            match server.resume() {
                Ok(()) => return Ok(server),
                Err(error) if port.is_some() => return Err(error),
                Err(error) => failures.push(format!("{error:#}")),
            }
            if !Path::new(JAR).exists() {
                break;
            }
        }
        bail!("failed to start ZooKeeper: {}", failures.join("; "))
    }

    /// The connect string, `host:port`.
    pub fn connection(&self) -> &str {
        &self.connection
    }

    /// The server's process, when we started it.
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.server)
    }

    /// Stops the server at once, as a crash would; its data stay.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            drop(running.pipe.take());
            let _ = running.keeper.wait();
        }
    }

    /// Starts the server again on the same port with the same data.
    pub fn resume(&mut self) -> Result<()> {
        if self.running.is_none() {
            self.running = Some(launch(&self.data, self.port, &self.extras)?);
            if let Err(error) = self.wait_until_ready() {
                self.stop();
                return Err(error);
            }
        }
        Ok(())
    }

    fn wait_until_ready(&self) -> Result<()> {
        let began = Instant::now();
        let log = log_file(&self.data);
        loop {
            // `srvr` answers with a mode only when requests are served; `ruok` already before.
            if four_letter(self.port, "srvr").is_ok_and(|text| text.contains("Mode:")) {
                return Ok(());
            }
            let alive = self.pid().is_some_and(|pid| Path::new(&format!("/proc/{pid}")).exists());
            if !alive {
                bail!("ZooKeeper ended on port {}; its last words:\n{}", self.port, tail(&log));
            }
            if began.elapsed() > START_DEADLINE {
                let last = tail(&log);
                bail!(
                    "ZooKeeper does not answer on port {} after {START_DEADLINE:?}:\n{last}",
                    self.port
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for ZooKeeper {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Sends one of ZooKeeper's four-letter commands to a server on loopback and returns its answer.
pub fn four_letter(port: u16, command: &str) -> Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(command.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn launch(data: &Path, port: u16, extras: &Extras) -> Result<Running> {
    ensure!(
        Path::new(JAR).exists(),
        "there is no {JAR}: install Debian's package `zookeeper` (apt-get install -y zookeeper)"
    );
    let config = write_config(data, port, &extras.config)?;
    let log = File::create(log_file(data)).context("failed to create zookeeper.log")?;
    let mut keeper = Command::new("sh")
        .args([
            "-c",
            KEEPER,
            "zookeeper",
            "java",
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
        ])
        .args(&extras.java)
        .args(["-Dzookeeper.forceSync=no", "-cp", &format!("{JAR}:{LOG_JAR}:{CODEC_JAR}"), MAIN])
        .arg(&config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .context("failed to run sh and java: install Debian's package `default-jre-headless`")?;
    let pipe = keeper.stdin.take();
    let mut line = String::new();
    if let Some(stdout) = keeper.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    let server = line.trim().parse().with_context(|| format!("no process id, but {line:?}"))?;
    Ok(Running { keeper, pipe, server })
}

fn write_config(data: &Path, port: u16, more: &[String]) -> Result<PathBuf> {
    let store = data.join("version-store");
    std::fs::create_dir_all(&store)
        .with_context(|| format!("failed to create {}", store.display()))?;
    let path = data.join("zoo.cfg");
    let mut text = format!(
        "tickTime=200\nminSessionTimeout=400\nmaxSessionTimeout=120000\ninitLimit=10\nsyncLimit=5\ndataDir={}\n\
         clientPort={port}\nclientPortAddress=127.0.0.1\nmaxClientCnxns=0\nadmin.enableServer=false\n\
         4lw.commands.whitelist=*\nautopurge.purgeInterval=0\n",
        store.display()
    );
    text.extend(more.iter().map(|line| format!("{line}\n")));
    std::fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
    Ok(path)
}

fn log_file(data: &Path) -> PathBuf {
    data.join("zookeeper.log")
}

/// A port that is free now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn tail(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.len().saturating_sub(15);
    lines.get(start..).unwrap_or_default().join("\n")
}
