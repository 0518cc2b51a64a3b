//! The stream manager: binds its ports, finds the TManager in ZooKeeper, registers, and does so again when it is lost.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use heron_cli::proto::system::PackingPlan;
use heron_cli::proto::tmanager::TManagerLocation;
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use zookeeper_client::Client;

use crate::conf::Settings;
use crate::executor::AFTER_CHANGE;
use crate::flags::Flags;
use crate::log;
use crate::plan;
use crate::registration::{Line, Register};
use crate::zk;

const FLAGS: [&str; 11] = [
    "--stmgr_id",
    "--topology_name",
    "--topology_id",
    "--zkhostportlist",
    "--zkroot",
    "--myhost",
    "--data_port",
    "--local_data_port",
    "--shell_port",
    "--instance_ids",
    "--reconnect_ms",
];

/// Runs until its session or its process ends.
pub async fn run(arguments: &[String]) -> Result<u8> {
    let flags = Flags::parse(arguments, &FLAGS, &["--wait_for_instances"])?;
    let settings = Settings::load()?;
    let register = describe(&flags)?;
    let reconnect_ms = flags.need("--reconnect_ms")?.parse()?;
    let (name, root) = (flags.need("--topology_name")?, flags.need("--zkroot")?);
    let data = listen(register.data_port).await?;
    let local = listen(register.local_data_port).await?;
    let client = zk::connect(flags.need("--zkhostportlist")?, settings.session_timeout()).await?;
    check_instances(&client, &format!("{root}/packingplans/{name}"), &register).await?;
    if settings.never_register.contains(&register.id) {
        log::line("told never to register");
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(Duration::from_millis(settings.register_delay_ms)).await;
    let location = format!("{root}/{}/{name}", settings.dialect().location_directory());
    let awaited = flags.get("--wait_for_instances").map(|_| register.instances.clone());
    let (all, mut all_there) = watch::channel(awaited.is_none());
    let registered = async {
        let _ = all_there.wait_for(|all| *all).await;
        stay_registered(&client, &location, &register, reconnect_ms).await;
    };
    tokio::select! {
        () = zk::ended(&client) => log::line("the ZooKeeper session is over"),
        () = accept_and_drop(&data) => {}
        () = take_instances(&local, awaited.unwrap_or_default(), &all) => {}
        () = registered => {}
    }
    Ok(1)
}

/// Keeps the connections of instances, and tells when all that are awaited have connected: a stream manager registers
/// only then.
async fn take_instances(
    listener: &TcpListener,
    mut awaited: Vec<String>,
    all: &watch::Sender<bool>,
) {
    let mut connected = Vec::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let mut line = Line::new(stream);
        // One that says nothing, such as a probe of the port, is let go.
        let id = tokio::time::timeout(Duration::from_secs(2), line.receive::<String>()).await;
        let Ok(Ok(id)) = id else { continue };
        log::line(&format!("instance {id} has connected"));
        awaited.retain(|one| *one != id);
        connected.push(line);
        if awaited.is_empty() {
            all.send_replace(true);
        }
    }
}

fn describe(flags: &Flags) -> Result<Register> {
    let instances = flags.need("--instance_ids")?;
    Ok(Register {
        id: flags.need("--stmgr_id")?.to_owned(),
        topology_id: flags.need("--topology_id")?.to_owned(),
        host: flags.need("--myhost")?.to_owned(),
        data_port: flags.port("--data_port")?,
        local_data_port: flags.port("--local_data_port")?,
        shell_port: flags.port("--shell_port")?,
        cwd: std::env::current_dir()?.display().to_string(),
        pid: std::process::id(),
        instances: instances.split(',').map(str::to_owned).collect(),
    })
}

/// Listens; the stream manager in whose place this one was started may take a moment to end.
async fn listen(port: u16) -> Result<TcpListener> {
    let mut tries = 0;
    loop {
        match TcpListener::bind(("0.0.0.0", port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if tries >= 20 => {
                return Err(error).with_context(|| format!("failed to listen on port {port}"));
            }
            Err(_) => tries += 1,
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn accept_and_drop(listener: &TcpListener) {
    loop {
        if listener.accept().await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// What the executor said must be what the packing plan says.
async fn check_instances(client: &Client, path: &str, register: &Register) -> Result<()> {
    let bytes = zk::get(client, path).await?.with_context(|| format!("{path} does not exist"))?;
    let packing =
        PackingPlan::decode(bytes.as_slice()).with_context(|| format!("{path} can't be read"))?;
    let container =
        packing.container_plans.iter().find(|one| plan::stmgr_id(one.id) == register.id);
    let container = container.with_context(|| format!("{path} has no {}", register.id))?;
    let planned = plan::instance_ids(&packing, container.id);
    ensure!(
        planned == register.instances,
        "{} was started for {:?}, not {planned:?}",
        register.id,
        register.instances
    );
    Ok(())
}

async fn stay_registered(client: &Client, location: &str, register: &Register, reconnect_ms: u64) {
    let reconnects = std::env::var(AFTER_CHANGE).is_ok_and(|value| value == "1");
    let mut pause = Duration::from_millis(if reconnects { reconnect_ms } else { 0 });
    loop {
        if let Err(error) = register_once(client, location, register, pause).await {
            log::line(&format!("{error:#}"));
        }
        pause = Duration::from_millis(reconnect_ms);
    }
}

/// Waits for a location, and a while longer, registers there, and returns when the TManager is gone.
async fn register_once(
    client: &Client,
    location: &str,
    register: &Register,
    pause: Duration,
) -> Result<()> {
    loop {
        let (stat, watcher) = client.check_and_watch_stat(location).await?;
        if stat.is_some() {
            break;
        }
        log::line(&format!("waiting for {location}"));
        watcher.changed().await;
    }
    tokio::time::sleep(pause).await;
    let bytes = zk::get(client, location).await?.context("the location is gone again")?;
    let found = TManagerLocation::decode(bytes.as_slice()).context("the location can't be read")?;
    let port = u16::try_from(found.server_port).context("the location has no port")?;
    let stream = connect(&found.host, port).await?;
    let mut line = Line::new(stream);
    line.send(register).await?;
    let refusal: Option<String> = line.receive().await?;
    ensure!(refusal.is_none(), "the TManager refused: {}", refusal.unwrap_or_default());
    log::line(&format!("registered with the TManager at {}:{port}", found.host));
    line.closed().await;
    log::line("the TManager is gone");
    Ok(())
}

/// Connects; a TManager registers its location a moment before it listens.
async fn connect(host: &str, port: u16) -> Result<TcpStream> {
    let mut tries = 0;
    loop {
        match TcpStream::connect((host, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) if tries >= 5 => {
                return Err(error)
                    .with_context(|| format!("failed to reach the TManager at {host}:{port}"));
            }
            Err(_) => tries += 1,
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
