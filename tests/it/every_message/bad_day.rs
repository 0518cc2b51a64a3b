//! What breaks beside the command that dies.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::audit::settled;
use super::{LONG, Verb};
use crate::environment::{Ran, TestEnv, http};
use crate::fault_proxy::wait_for;

/// Calls that may get lost though the master has taken them, on their way to an agent.
const FORWARDED: [&str; 3] = ["KILL", "ACKNOWLEDGE", "TEARDOWN"];

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadDay {
    /// A host that has a container dies, and doesn't come back.
    AgentLost,
    /// The TManager dies, or its container does.
    TManagerDead,
    /// The master fails over, and is away for so long.
    MasterAway(Duration),
    /// Calls are answered so for a while.
    Refused(u16),
    /// Calls are carried out, and not answered.
    AnswersLost,
    /// Calls are answered, and not carried out.
    CallsLost,
}

impl BadDay {
    /// The name of its test.
    pub fn test(self) -> String {
        match self {
            Self::AgentLost => "an_agent_is_lost_for_good".to_owned(),
            Self::TManagerDead => "the_tmanager_is_dead".to_owned(),
            Self::MasterAway(LONG) => "the_master_is_away_for_half_a_minute".to_owned(),
            Self::MasterAway(_) => "the_master_fails_over".to_owned(),
            Self::Refused(status) => format!("calls_are_refused_with_{status}"),
            Self::AnswersLost => "answers_are_lost".to_owned(),
            Self::CallsLost => "calls_are_lost".to_owned(),
        }
    }

    /// The commands that meet it.
    pub fn verbs(self, chance: &mut StdRng) -> Vec<Verb> {
        match self {
            Self::MasterAway(LONG) => Verb::ALL.choose(chance).copied().into_iter().collect(),
            _ => Verb::ALL.to_vec(),
        }
    }

    /// Settings of the stand-in.
    pub fn standin(self) -> Vec<String> {
        // An executor that waits to start its TManager again heeds nothing meanwhile.
        let delay = if self == Self::TManagerDead { 2500 } else { 500 };
        let rest = "replan_delay_ms=100 session_timeout_ms=2000 reconnect_ms=200 location_retry_ms=200 packing_retry_ms=200";
        let delay = std::iter::once(format!("restart_delay_ms={delay}"));
        delay.chain(rest.split_whitespace().map(str::to_owned)).collect()
    }

    /// What has the bad day begin. Nothing happens where there is nothing yet to break.
    pub fn strike(
        self,
        env: &TestEnv,
        topology: &str,
        chance: &mut StdRng,
    ) -> Box<dyn FnOnce() + Send> {
        let control = env.cluster.control.clone();
        let post = move |path: &str, body: &Value| {
            http("POST", &format!("{control}{path}"), &body.to_string());
        };
        let control = env.cluster.control.clone();
        let topology = topology.to_owned();
        let number: u64 = chance.random();
        let which = move |count: usize| usize::try_from(number % count as u64).unwrap();
        match self {
            Self::AgentLost => Box::new(move || {
                let tasks = tasks(&control);
                if !tasks.is_empty() {
                    let agent = &tasks[which(tasks.len())]["agent"];
                    post("/lose-agent", &json!({ "agent": agent, "tasks": "kill" }));
                }
            }),
            Self::TManagerDead => Box::new(move || {
                let tasks = tasks(&control);
                let is_first =
                    |id: &Value| id.as_str().unwrap().starts_with(&format!("{topology}-0-"));
                let Some(task) = tasks.iter().find(|task| is_first(&task["task_id"])) else {
                    return;
                };
                if which(2) == 0 {
                    post("/kill-task", &json!({ "task": task["task_id"] }));
                    return;
                }
                let sandbox = Path::new(task["sandbox"].as_str().unwrap());
                let Ok(pid) = std::fs::read_to_string(sandbox.join("heron-tmanager.pid")) else {
                    return;
                };
                let _ = kill(Pid::from_raw(pid.trim().parse().unwrap()), Signal::SIGKILL);
            }),
            Self::MasterAway(away) => Box::new(move || {
                post("/stop-master", &json!({}));
                std::thread::spawn(move || {
                    std::thread::sleep(away);
                    post("/start-master", &json!({ "master": 0 }));
                });
            }),
            Self::Refused(status) => Box::new(move || {
                let headers = if status == 429 { json!({ "Retry-After": "1" }) } else { json!({}) };
                let count = 1 + which(4);
                let refusal = json!({ "status": status, "headers": headers, "count": count });
                post("/refuse", &refusal);
            }),
            Self::AnswersLost => Box::new(move || {
                post("/hang-up", &json!({ "after": true, "count": 1 + which(4) }));
            }),
            Self::CallsLost => Box::new(move || {
                post("/ignore", &json!({ "calls": FORWARDED, "count": 1 + which(2) }));
            }),
        }
    }

    /// Whether a command that did not die may have ended like that.
    pub fn explains(self, ran: &Ran) -> bool {
        ran.code == 0 || (self == Self::Refused(403) && ran.code == 8)
    }

    /// Whether what is broken may stay so until a restart, though the command that came next was done.
    pub fn lasts(self) -> bool {
        matches!(self, Self::AgentLost | Self::TManagerDead)
    }

    /// What has to be so before another command may succeed.
    pub fn before_next(self, env: &TestEnv) {
        if self == Self::Refused(403) {
            env.cluster.control("/clear-faults", &Value::Null);
        }
    }
}

/// Tasks that have not come to their end on agents that are there.
fn tasks(control: &str) -> Vec<Value> {
    let state: Value = serde_json::from_str(&http("GET", &format!("{control}/state"), "")).unwrap();
    let up = |index: &Value| {
        let mut agents = state["agents"].as_array().unwrap().iter();
        agents.any(|agent| agent["index"] == *index && agent["up"] == true)
    };
    let all = state["tasks"].as_array().unwrap().iter();
    all.filter(|task| task["active"] == true && task["pid"] != Value::Null && up(&task["agent"]))
        .cloned()
        .collect()
}

/// Ends the bad day: whoever is away comes back, as somebody new.
pub fn heal(env: &TestEnv) {
    env.cluster.control("/clear-faults", &Value::Null);
    wait_for("the master", || env.cluster.state()["leader"] != Value::Null);
    env.cluster.return_agents();
    wait_for("the agents", || {
        let state = env.cluster.state();
        state["agents"].as_array().unwrap().iter().all(|agent| agent["linked"] == true)
    });
    settled(env);
}
