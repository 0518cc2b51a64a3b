//! The control interface: what tests look at, and the faults that they cause. README.md beside this file
//! lists it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::boot::Boot;
use crate::cluster::{Cluster, Effect, Timer};
use crate::faults::{Fault, Rule};
use crate::http::{Answer, Handler, Request, Response};
use crate::master::stream::Split;
use crate::master::{Framework, Master, Phase};
use crate::view;
use crate::wire;

/// The handler of the control interface.
pub fn handler(boot: Arc<Boot>) -> Handler {
    Arc::new(move |request| {
        let boot = Arc::clone(&boot);
        Box::pin(async move {
            match answer(&boot, &request).await {
                Ok(value) => Answer::Full(Response::json(value.to_string().into_bytes())),
                Err(text) => Answer::Full(Response::text(400, text)),
            }
        })
    })
}

async fn answer(boot: &Arc<Boot>, request: &Request) -> Result<Value, String> {
    if request.method == "GET" {
        return view::get(boot, request);
    }
    let body: Value = if request.body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(&request.body).map_err(|error| format!("not JSON: {error}"))?
    };
    command(boot, &request.path, &body).await
}

/// Does one thing.
pub async fn command(boot: &Arc<Boot>, path: &str, body: &Value) -> Result<Value, String> {
    match path {
        "/lose-agent" => lose_agent(boot, body),
        "/return-agent" => {
            let index = boot.find_agent(&body["agent"]).ok_or("no such agent")?;
            boot.start_agent(index).await.map_err(|error| error.to_string())?;
            Ok(json!({}))
        }
        "/fail-over" => fail_over(boot, body).await,
        "/maintenance" => maintenance(boot, body),
        "/stop-master" | "/expire-session" => {
            let clean = path == "/stop-master" && body["clean"] != false;
            let index = master_index(boot, body)?;
            boot.sim.with(|cluster| cluster.stop_master(index, clean));
            boot.elect_without_zookeeper();
            Ok(json!({ "master": index }))
        }
        "/start-master" => {
            let index = master_index(boot, body)?;
            if boot.sim.with(|c| c.masters.get(index).is_some_and(|seat| seat.alive)) {
                return Err("it runs".to_owned());
            }
            boot.start_master(index).await.map_err(|error| error.to_string())?;
            boot.elect_without_zookeeper();
            Ok(json!({ "master": index }))
        }
        path => boot.sim.with(|cluster| simple(cluster, path, body)),
    }
}

/// What needs nothing but the locked cluster.
fn simple(cluster: &mut Cluster, path: &str, body: &Value) -> Result<Value, String> {
    match path {
        "/drop-stream" => on_streams(cluster, body, |_, stream| {
            match body["keep"].as_u64().and_then(|n| usize::try_from(n).ok()) {
                Some(keep) => stream.cut_within(br#"{"type":"HEARTBEAT"}"#, keep),
                None => stream.cut(),
            }
        }),
        "/half-open" => on_streams(cluster, body, |_, stream| stream.silent = true),
        "/event" => on_streams(cluster, body, |_, stream| match body["raw"].as_str() {
            Some(raw) => stream.record(raw.as_bytes()),
            None => stream.record(body["event"].to_string().as_bytes()),
        }),
        "/split" => {
            let split = match (&body["bytes"], &body["merge"]) {
                (Value::Number(n), _) => {
                    Split::Bytes(n.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(1))
                }
                (_, Value::Bool(true)) => Split::Merge,
                _ => Split::None,
            };
            cluster.masters.iter_mut().for_each(|seat| seat.master.split = split);
            if split == Split::Merge {
                return Ok(json!({}));
            }
            on_streams(cluster, body, |_, stream| stream.split = split)
        }
        "/rescind-all" => {
            let agent = body["agent"].as_str().map(str::to_owned);
            Ok(json!({ "rescinded": leader(cluster)?.rescind_all(agent.as_deref()) }))
        }
        "/hold-offers" | "/resume-offers" => {
            let hold = path == "/hold-offers";
            for seat in &mut cluster.masters {
                seat.master.hold_offers = hold;
                seat.master.allocate_soon |= !hold;
            }
            Ok(json!({}))
        }
        "/remove-framework" => {
            let id = wire::text(body, "framework");
            Ok(json!({ "removed": leader(cluster)?.remove_framework(&id) }))
        }
        "/mark-agent-gone" => {
            let id = wire::text(body, "agent");
            leader(cluster)?.agent_gone(&id);
            Ok(json!({}))
        }
        "/phase" => phase(cluster, body),
        "/kill-task" | "/finish-task" => end_task(cluster, path, body),
        "/hold-updates" | "/resume-updates" | "/deaf" | "/hear" => agents(cluster, path, body),
        "/refuse" | "/hang-up" | "/silence" | "/ignore" | "/delay" => {
            let (fault, count) = fault(path, body);
            cluster.faults.rules.push(Rule::read(body, fault, count));
            Ok(json!({}))
        }
        "/clear-faults" => {
            cluster.faults.rules.clear();
            Ok(json!({}))
        }
        "/clear-calls" => {
            cluster.log.clear();
            Ok(json!({}))
        }
        _ => Err(format!("no such thing: {path}")),
    }
}

/// Plans an agent's maintenance, as `/maintenance/schedule` does for machines.
fn maintenance(boot: &Boot, body: &Value) -> Result<Value, String> {
    let index = boot.find_agent(&body["agent"]).ok_or("no such agent")?;
    let nanoseconds = |ms: i64| json!({ "nanoseconds": ms.saturating_mul(1_000_000) });
    let unavailability = (body["cancel"] != true).then(|| {
        let start = wire::now_nanos() / 1_000_000 + body["in_ms"].as_i64().unwrap_or(0);
        let mut planned = json!({ "start": nanoseconds(start) });
        if let Some(length) = body["for_ms"].as_i64() {
            planned["duration"] = nanoseconds(length);
        }
        planned
    });
    boot.sim.with(|cluster| {
        let id = cluster.agents.get(index).and_then(|agent| agent.id.clone());
        let id = id.ok_or("it is not registered")?;
        for seat in &mut cluster.masters {
            seat.master.plan_maintenance(&id, unavailability.clone());
        }
        Ok(json!({}))
    })
}

fn leader(cluster: &mut Cluster) -> Result<&mut Master, String> {
    cluster.leader().ok_or_else(|| "no master leads".to_owned())
}

/// Does something with the streams of one framework, or of all.
fn on_streams(
    cluster: &mut Cluster,
    body: &Value,
    mut act: impl FnMut(&str, &mut crate::master::stream::Stream),
) -> Result<Value, String> {
    let only = body["framework"].as_str();
    let mut streams = 0;
    let wanted = |f: &&mut Framework| only.is_none_or(|id| id == f.id);
    for framework in leader(cluster)?.frameworks.values_mut().filter(wanted) {
        if let Some(stream) = &mut framework.stream {
            act(&framework.id, stream);
            streams += 1;
        }
    }
    Ok(json!({ "streams": streams }))
}

fn fault(path: &str, body: &Value) -> (Fault, Option<u64>) {
    match path {
        "/refuse" => {
            let status = body["status"].as_u64().and_then(|n| u16::try_from(n).ok()).unwrap_or(503);
            let headers = body["headers"].as_object().into_iter().flatten();
            let headers = headers
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or("").to_owned()))
                .collect();
            (Fault::Answer { status, text: wire::text(body, "text"), headers }, Some(1))
        }
        "/hang-up" if body["after"] == true => (Fault::HangupAfter, Some(1)),
        "/hang-up" => (Fault::Hangup, Some(1)),
        "/silence" => (Fault::Silence, Some(1)),
        "/ignore" => (Fault::Ignore, Some(1)),
        _ => (Fault::Delay(Duration::from_millis(body["ms"].as_u64().unwrap_or(0))), None),
    }
}

fn phase(cluster: &mut Cluster, body: &Value) -> Result<Value, String> {
    let phase = match body["phase"].as_str() {
        Some("starting") => Phase::Starting,
        Some("recovering") => Phase::Recovering,
        Some("ready") => Phase::Ready,
        _ => return Err("phase: starting, recovering or ready".to_owned()),
    };
    let only = body["master"].as_u64().and_then(|n| usize::try_from(n).ok());
    for seat in &mut cluster.masters {
        if only.is_none_or(|index| index == seat.master.index) {
            seat.master.phase = phase;
            seat.master.allocate_soon |= phase == Phase::Ready;
        }
    }
    Ok(json!({}))
}

fn end_task(cluster: &mut Cluster, path: &str, body: &Value) -> Result<Value, String> {
    let task = wire::text(body, "task");
    let framework = body["framework"].as_str();
    for agent in &mut cluster.agents {
        let found = agent.frameworks.iter().find(|(id, f)| {
            framework.is_none_or(|name| name == *id) && f.executors.contains_key(&task)
        });
        let Some((id, _)) = found else { continue };
        let key = (id.clone(), task.clone());
        if path == "/finish-task" {
            let state = body["state"].as_str().unwrap_or("TASK_FINISHED");
            let message = body["message"].as_str().unwrap_or("Command exited with status 0");
            agent.executor_status(&key, state, Some(message));
            return Ok(json!({}));
        }
        let number = signal_number(&body["signal"])?;
        let Some(pid) = agent.executor(&key).and_then(|executor| executor.pid) else {
            return Err(format!("task {task} has no process"));
        };
        agent.effects.push(Effect::Signal(pid, number));
        return Ok(json!({ "pid": pid }));
    }
    Err(format!("no such task: {task}"))
}

/// A signal by number or name; SIGKILL by default.
fn signal_number(value: &Value) -> Result<i32, String> {
    match value {
        Value::Null => Ok(9),
        Value::String(name) => {
            let name = if name.starts_with("SIG") { name.clone() } else { format!("SIG{name}") };
            let signal: Result<nix::sys::signal::Signal, _> = name.parse();
            signal.map(|signal| signal as i32).map_err(|_| format!("no such signal: {name}"))
        }
        other => wire::integer(other)
            .and_then(|n| i32::try_from(n).ok())
            .ok_or_else(|| "signal: a number or a name".to_owned()),
    }
}

fn agents(cluster: &mut Cluster, path: &str, body: &Value) -> Result<Value, String> {
    let only = body["agent"].as_u64().and_then(|n| usize::try_from(n).ok());
    if only.is_none() && !body["agent"].is_null() {
        return Err("agent: an index".to_owned());
    }
    for agent in cluster.agents.iter_mut().filter(|a| only.is_none_or(|index| index == a.index)) {
        match path {
            "/hold-updates" => agent.hold_updates = true,
            "/resume-updates" => agent.release_updates(),
            _ => agent.deaf = path == "/deaf",
        }
    }
    Ok(json!({}))
}

/// An agent goes away: its link breaks, its server is closed, and after the ping timeout it is unreachable.
pub fn lose_agent(boot: &Boot, body: &Value) -> Result<Value, String> {
    let index = boot.find_agent(&body["agent"]).ok_or("no such agent")?;
    let kill = body["tasks"] == "kill";
    let forget = body["forget"] == true;
    let silent = body["link"] == "silent";
    let wait = body["unreachable_ms"].as_u64().map(Duration::from_millis);
    boot.sim.with(|cluster| {
        let wait = wait.unwrap_or(cluster.settings.ping_timeout);
        let Some(agent) = cluster.agents.get_mut(index) else { return Err("no such agent".into()) };
        if !agent.up {
            return Err("it is away already".to_owned());
        }
        agent.up = false;
        agent.linked = false;
        if kill {
            agent.kill_executors(9);
        }
        if let Some(server) = agent.server.take() {
            server.abort();
        }
        let (id, generation) = (agent.id.clone().unwrap_or_default(), agent.generation);
        if forget {
            // A new host under the same address: nothing of the old agent is left.
            agent.id = None;
            agent.frameworks.clear();
        }
        if let Some(master) = cluster.leader() {
            if !silent {
                master.agent_disconnected(&id);
            }
            master.after(wait, Timer::Unreachable { agent_id: id, generation });
        }
        Ok(json!({}))
    })
}

fn master_index(boot: &Boot, body: &Value) -> Result<usize, String> {
    boot.sim.with(|cluster| match body["master"].as_u64() {
        Some(n) => usize::try_from(n)
            .ok()
            .filter(|index| *index < cluster.masters.len())
            .ok_or_else(|| "no such master".to_owned()),
        None => leader(cluster).map(|master| master.index),
    })
}

/// The leader goes away. When no other master runs, it comes back as a new one.
async fn fail_over(boot: &Arc<Boot>, body: &Value) -> Result<Value, String> {
    let index = master_index(boot, body)?;
    let others = boot.sim.with(|cluster| {
        cluster.stop_master(index, body["clean"] != false);
        cluster.masters.iter().any(|seat| seat.alive)
    });
    boot.elect_without_zookeeper();
    let wait = body["restart_ms"].as_u64().or((!others).then_some(100));
    if let Some(wait) = wait {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        boot.start_master(index).await.map_err(|error| error.to_string())?;
        boot.elect_without_zookeeper();
    }
    Ok(json!({ "master": index }))
}
