//! What the control interface shows.

use serde_json::{Value, json};

use crate::agent::{Agent, Executor};
use crate::boot::Boot;
use crate::cluster::{Cluster, Seat};
use crate::http::Request;
use crate::master::{Framework, Phase};
use crate::wire;

/// The GET requests of the control interface.
pub fn get(boot: &Boot, request: &Request) -> Result<Value, String> {
    match request.path.as_str() {
        "/state" => {
            let mut state = boot.sim.with(|cluster| state(cluster, request));
            let zk = boot.zk.as_ref().map(|(servers, path)| format!("{servers}{path}"));
            state["zk"] = json!(zk);
            Ok(state)
        }
        "/calls" => Ok(boot.sim.with(|cluster| calls(cluster, request))),
        "/ready" => Ok(boot.sim.with(ready)),
        other => Err(format!("no such thing: {other}")),
    }
}

/// The first line of standard output, without the control address.
pub fn ready(cluster: &mut Cluster) -> Value {
    let masters: Vec<String> =
        cluster.masters.iter().map(|seat| format!("127.0.0.1:{}", seat.master.port)).collect();
    let agents: Vec<Value> = cluster
        .agents
        .iter()
        .map(|a| {
            json!({
                "index": a.index,
                "id": a.id,
                "address": format!("{}:{}", a.host, a.port),
                "ports": a.total.summary()["ports"],
                "work_dir": a.work_dir,
            })
        })
        .collect();
    let leader = cluster.leader().map(|master| format!("127.0.0.1:{}", master.port));
    json!({ "masters": masters, "agents": agents, "leader": leader })
}

fn calls(cluster: &Cluster, request: &Request) -> Value {
    let after = request.parameter("after").and_then(|text| text.parse().ok()).unwrap_or(0);
    let kind = request.parameter("type");
    let framework = request.parameter("framework");
    json!({ "calls": cluster.log.calls(after, kind.as_deref(), framework.as_deref()) })
}

fn state(cluster: &mut Cluster, request: &Request) -> Value {
    let leader = cluster.leader().map(|master| format!("127.0.0.1:{}", master.port));
    let masters: Vec<Value> = cluster.masters.iter().map(master).collect();
    let mut agents = Vec::new();
    let mut tasks = Vec::new();
    for a in &cluster.agents {
        agents.push(json!({
            "index": a.index,
            "id": a.id,
            "address": format!("{}:{}", a.host, a.port),
            "up": a.up,
            "linked": a.linked,
            "resources": a.total.summary(),
        }));
        for (framework_id, f) in &a.frameworks {
            tasks.extend(f.executors.values().map(|e| task(a, framework_id, e, true)));
            tasks.extend(f.completed.iter().map(|e| task(a, framework_id, e, false)));
        }
    }
    let (mut active, mut completed, mut offers) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(master) = cluster.leader() {
        active.extend(master.frameworks.values().map(framework));
        completed.extend(master.completed.iter().map(framework));
        offers.extend(master.offers.values().map(|offer| {
            json!({
                "id": offer.id, "framework_id": offer.framework_id, "agent_id": offer.agent_id,
                "role": offer.role, "resources": offer.resources.summary(),
            })
        }));
    }
    let mut state = json!({
        "leader": leader,
        "masters": masters,
        "agents": agents,
        "frameworks": active,
        "completed_frameworks": completed,
        "offers": offers,
        "tasks": tasks,
        "counts": cluster.log.counts,
        "requests": cluster.log.requests,
    });
    if request.parameter("calls").is_some() {
        state["calls"] = calls(cluster, request)["calls"].clone();
    }
    state
}

fn master(seat: &Seat) -> Value {
    let master = &seat.master;
    let phase = match master.phase {
        Phase::Starting => "starting",
        Phase::Recovering => "recovering",
        Phase::Ready => "ready",
    };
    json!({
        "index": master.index,
        "address": format!("127.0.0.1:{}", master.port),
        "id": master.id,
        "alive": seat.alive,
        "leads": seat.alive && master.leads(),
        "phase": phase,
    })
}

fn framework(framework: &Framework) -> Value {
    let mut tasks: Vec<Value> = Vec::new();
    for task in framework.tasks.values().chain(framework.unreachable.values()) {
        tasks.push(json!({ "task_id": task.id, "state": task.state, "agent_id": task.agent_id }));
    }
    json!({
        "id": framework.id,
        "info": framework.info,
        "active": framework.active,
        "connected": framework.connected(),
        "recovered": framework.recovered,
        "stream_id": framework.stream.as_ref().map(|stream| stream.id.clone()),
        "suppressed": framework.suppressed,
        "tasks": tasks,
    })
}

fn task(agent: &Agent, framework_id: &str, executor: &Executor, active: bool) -> Value {
    let states: Vec<Value> = executor.sent.iter().map(|status| status["state"].clone()).collect();
    json!({
        "task_id": wire::id_of(&executor.task, "task_id"),
        "framework_id": framework_id,
        "agent": agent.index,
        "agent_id": agent.id,
        "state": executor.state,
        "states": states,
        "message": executor.sent.last().map(|status| status["message"].clone()),
        "unacknowledged": executor.queue.len(),
        "pid": executor.pid,
        "container": executor.container,
        "sandbox": executor.directory,
        "resources": executor.resources.summary(),
        "active": active,
        "info": executor.task,
    })
}
