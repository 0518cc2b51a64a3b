//! The TManager (TMaster in the older dialect): location, physical plan, controller, and the ways in which it dies.
//!
//! It exits without closing its ZooKeeper session, as the real one does: its location lives on for the session timeout.
//! Source of facts: `docs/heron.md#tmanager-restart`, `docs/heron.md#physical-plan`, `docs/heron.md#hazards`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use heron_cli::proto::api::Topology;
use heron_cli::proto::ckptmgr::{StatefulConsistentCheckpoint, StatefulConsistentCheckpoints};
use heron_cli::proto::system::{PackingPlan, PhysicalPlan, StMgr};
use heron_cli::proto::tmanager::TManagerLocation;
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use zookeeper_client::{Client, CreateMode, EventType};

use crate::conf::Settings;
use crate::controller::{Outcome, answer, is_stateful};
use crate::dialect::Dialect;
use crate::flags::Flags;
use crate::http::{self, Response};
use crate::log;
use crate::plan;
use crate::registration::{Line, Register};
use crate::zk;

const FLAGS: [&str; 13] = [
    "--topology_name",
    "--topology_id",
    "--zkhostportlist",
    "--zkroot",
    "--myhost",
    "--server_port",
    "--controller_port",
    "--stats_port",
    "--config_file",
    "--override_config_file",
    "--metrics_sinks_yaml",
    "--metricsmgr_port",
    "--ckptmgr_port",
];

struct TManager {
    client: Client,
    dialect: Dialect,
    topology: Topology,
    packing: PackingPlan,
    plan_path: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    plan: Option<PhysicalPlan>,
    registered: BTreeMap<String, StMgr>,
}

/// Runs until something ends it.
pub async fn run(arguments: &[String]) -> Result<u8> {
    let flags = Flags::parse(arguments, &FLAGS, &[])?;
    let settings = Settings::load()?;
    let (name, root) = (flags.need("--topology_name")?, flags.need("--zkroot")?);
    let client = zk::connect(flags.need("--zkhostportlist")?, settings.session_timeout()).await?;
    watch_session(client.clone());
    establish(&client, &flags, &settings).await?;
    let topology = read_topology(&client, root, name, flags.need("--topology_id")?).await?;
    let packing_path = format!("{root}/packingplans/{name}");
    let packing_bytes = wait_for_packing(&client, &packing_path, settings.packing_retry_ms).await?;
    let packing =
        PackingPlan::decode(packing_bytes.as_slice()).context("the packing plan can't be read")?;
    let plan_path = format!("{root}/pplans/{name}");
    let plan = match zk::get(&client, &plan_path).await? {
        Some(bytes) => Some(
            PhysicalPlan::decode(bytes.as_slice()).context("the physical plan can't be read")?,
        ),
        None => None,
    };
    start_checkpoints(&client, &format!("{root}/statefulcheckpoints/{name}"), &topology, &packing)
        .await?;
    let server = listen(&flags, "--server_port").await?;
    let controller = listen(&flags, "--controller_port").await?;
    let stats = listen(&flags, "--stats_port").await?;
    tokio::spawn(watch_packing(client.clone(), packing_path, packing_bytes, plan_path.clone()));
    let state = Mutex::new(State { plan, ..State::default() });
    let manager = Arc::new(TManager {
        client,
        dialect: settings.dialect(),
        topology,
        packing,
        plan_path,
        state,
    });
    log::line("the TManager serves");
    loop {
        tokio::select! {
            Ok((stream, _)) = server.accept() => { tokio::spawn(serve_stmgr(Arc::clone(&manager), stream)); }
            Ok((stream, _)) = controller.accept() => { tokio::spawn(serve_http(Arc::clone(&manager), stream, true)); }
            Ok((stream, _)) = stats.accept() => { tokio::spawn(serve_http(Arc::clone(&manager), stream, false)); }
            else => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Ends the process; the session is left to time out.
fn die(why: &str) -> ! {
    log::line(&format!("the TManager exits: {why}"));
    std::process::exit(1)
}

fn watch_session(client: Client) {
    tokio::spawn(async move {
        zk::ended(&client).await;
        die("the ZooKeeper session is over");
    });
}

/// Writes the location; while an older one is there, tries again, and exits when that one vanishes
/// (`docs/heron.md#tmanager-restart`).
async fn establish(client: &Client, flags: &Flags, settings: &Settings) -> Result<()> {
    let (name, root) = (flags.need("--topology_name")?, flags.need("--zkroot")?);
    let path = format!("{root}/{}/{name}", settings.dialect().location_directory());
    let location = TManagerLocation {
        topology_name: name.to_owned(),
        topology_id: flags.need("--topology_id")?.to_owned(),
        host: flags.need("--myhost")?.to_owned(),
        controller_port: i32::from(flags.port("--controller_port")?),
        server_port: i32::from(flags.port("--server_port")?),
        stats_port: Some(i32::from(flags.port("--stats_port")?)),
    };
    let bytes = location.encode_to_vec();
    watch_location(client, &path).await?;
    for _ in 0..settings.location_retries.max(1) {
        if zk::create(client, &path, &bytes, CreateMode::Ephemeral).await? {
            return watch_location(client, &path).await;
        }
        log::line(&format!("{path} exists already"));
        tokio::time::sleep(Duration::from_millis(settings.location_retry_ms)).await;
    }
    bail!("{path} belongs to another TManager")
}

/// Exits when the location is deleted, whoever's it is (`docs/heron.md#tmanager-restart`,
/// `docs/heron.md#a-deleted-location`).
async fn watch_location(client: &Client, path: &str) -> Result<()> {
    let stat = client.check_stat(path).await?;
    if stat.is_none() {
        return Ok(());
    }
    let (client, path) = (client.clone(), path.to_owned());
    tokio::spawn(async move {
        loop {
            match client.check_and_watch_stat(&path).await {
                Ok((Some(_), watcher)) => {
                    if watcher.changed().await.event_type == EventType::NodeDeleted {
                        die("its location was deleted");
                    }
                }
                Ok((None, _)) => die("its location was deleted"),
                Err(error) => die(&format!("failed to watch {path}: {error}")),
            }
        }
    });
    Ok(())
}

async fn read_topology(client: &Client, root: &str, name: &str, id: &str) -> Result<Topology> {
    let path = format!("{root}/topologies/{name}");
    let bytes = zk::get(client, &path).await?.with_context(|| format!("{path} does not exist"))?;
    let topology =
        Topology::decode(bytes.as_slice()).with_context(|| format!("{path} can't be read"))?;
    ensure!(topology.name == name, "{path} holds another topology: {}", topology.name);
    ensure!(topology.id == id, "{path} holds another id: {}, not {id}", topology.id);
    Ok(topology)
}

async fn wait_for_packing(client: &Client, path: &str, retry_ms: u64) -> Result<Vec<u8>> {
    loop {
        if let Some(bytes) = zk::get(client, path).await? {
            return Ok(bytes);
        }
        log::line(&format!("{path} does not exist yet"));
        tokio::time::sleep(Duration::from_millis(retry_ms)).await;
    }
}

/// A changed packing plan deletes the physical plan and ends the TManager
/// (`docs/heron.md#a-changed-packing-plan-and-a-paused-topology`); a deleted one changes nothing.
async fn watch_packing(client: Client, path: String, first: Vec<u8>, plan_path: String) {
    loop {
        match client.check_and_watch_stat(&path).await {
            Ok((stat, watcher)) => {
                let now = if stat.is_some() {
                    zk::get(&client, &path).await.ok().flatten()
                } else {
                    None
                };
                if now.is_some_and(|bytes| bytes != first) {
                    if let Err(error) = zk::delete(&client, &plan_path).await {
                        log::line(&format!("{error:#}"));
                    }
                    die("the packing plan has changed");
                }
                watcher.changed().await;
            }
            Err(error) => die(&format!("failed to watch {path}: {error}")),
        }
    }
}

/// A stateful topology gets its first, empty checkpoint.
async fn start_checkpoints(
    client: &Client,
    path: &str,
    topology: &Topology,
    packing: &PackingPlan,
) -> Result<()> {
    let plan =
        PhysicalPlan { topology: topology.clone(), stmgrs: Vec::new(), instances: Vec::new() };
    if is_stateful(&plan) {
        let first = StatefulConsistentCheckpoint {
            checkpoint_id: String::new(),
            packing_plan_id: packing.id.clone(),
        };
        let record = StatefulConsistentCheckpoints { consistent_checkpoints: vec![first] };
        zk::create(client, path, &record.encode_to_vec(), CreateMode::Persistent).await?;
    }
    Ok(())
}

async fn listen(flags: &Flags, flag: &str) -> Result<TcpListener> {
    let port = flags.port(flag)?;
    TcpListener::bind(("0.0.0.0", port))
        .await
        .with_context(|| format!("failed to listen on port {port} ({flag})"))
}

async fn serve_stmgr(manager: Arc<TManager>, stream: TcpStream) {
    let mut line = Line::new(stream);
    let register: Register = match line.receive().await {
        Ok(register) => register,
        Err(error) => return log::line(&format!("bad registration: {error:#}")),
    };
    let refusal = manager.register(&register).await.err().map(|error| format!("{error:#}"));
    log::line(&format!("{} registers: {}", register.id, refusal.as_deref().unwrap_or("accepted")));
    if line.send(&refusal).await.is_ok() && refusal.is_none() {
        line.closed().await;
        log::line(&format!("{} is gone", register.id));
        manager.forget(&register).await;
    }
}

impl TManager {
    async fn register(&self, register: &Register) -> Result<()> {
        ensure!(register.topology_id == self.topology.id, "it belongs to {}", register.topology_id);
        let container =
            self.packing.container_plans.iter().find(|one| plan::stmgr_id(one.id) == register.id);
        let container =
            container.with_context(|| format!("{} is not in the packing plan", register.id))?;
        ensure!(
            plan::instance_ids(&self.packing, container.id) == register.instances,
            "its instances are others"
        );
        let mut state = self.state.lock().await;
        state.registered.insert(register.id.clone(), register.record());
        let topology = state.plan.as_ref().map_or(&self.topology, |plan| &plan.topology);
        if let Some(plan) = plan::physical(topology, &self.packing, &state.registered) {
            zk::put(&self.client, &self.plan_path, &plan.encode_to_vec()).await?;
            log::line("the physical plan is written");
            state.plan = Some(plan);
        }
        Ok(())
    }

    async fn forget(&self, register: &Register) {
        let mut state = self.state.lock().await;
        if state.registered.get(&register.id) == Some(&register.record()) {
            state.registered.remove(&register.id);
        }
    }

    async fn respond(&self, request: &http::Request) -> Response {
        let mut state = self.state.lock().await;
        match answer(request, state.plan.as_ref(), self.dialect) {
            Outcome::Reply(response) => response,
            Outcome::Store(plan, response) => {
                match self.client.set_data(&self.plan_path, &plan.encode_to_vec(), None).await {
                    Ok(_) => {
                        state.plan = Some(*plan);
                        response
                    }
                    Err(error) => {
                        log::line(&format!("failed to write {}: {error}", self.plan_path));
                        Response::failure(500, "")
                    }
                }
            }
            Outcome::Crash => {
                log::line(&format!(
                    "*** the TManager dies on {}, as the real one does",
                    request.path
                ));
                std::process::abort()
            }
        }
    }
}

async fn serve_http(manager: Arc<TManager>, mut stream: TcpStream, controller: bool) {
    let mut buffer = Vec::new();
    while let Ok(Some(request)) = http::read(&mut stream, &mut buffer).await {
        let response = if controller {
            manager.respond(&request).await
        } else {
            Response::failure(404, "Not Supported")
        };
        if !http::write(&mut stream, &request, &response).await.unwrap_or(false) {
            return;
        }
    }
}
