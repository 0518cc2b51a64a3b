//! Mesos, as its operators see it: what heron-cli says is compared with this.

use reqwest::StatusCode;
use serde_json::Value;

/// States of tasks that may still run.
const LIVE: &[&str] = &["TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING"];

/// A master.
pub struct Mesos {
    address: String,
}

impl Mesos {
    pub fn new(address: &str) -> Self {
        let address =
            if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        Self { address }
    }

    /// The ids of a topology's tasks that run, sorted.
    pub fn live_tasks(&self, topology: &str) -> Vec<String> {
        let tasks = self.get("tasks?limit=1000");
        let live = |task: &&Value| LIVE.contains(&task["state"].as_str().unwrap_or_default());
        let mut ids: Vec<_> = tasks["tasks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(live)
            .map(|task| text(&task["id"]))
            .filter(|id| id.starts_with(&format!("{topology}-")))
            .collect();
        ids.sort();
        ids
    }

    /// The ids of a topology's frameworks that are not completed.
    pub fn frameworks(&self, topology: &str) -> Vec<String> {
        let frameworks = self.get("frameworks");
        let of_topology = |framework: &&Value| text(&framework["name"]).contains(topology);
        frameworks["frameworks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(of_topology)
            .map(|framework| text(&framework["id"]))
            .collect()
    }

    /// An agent's `host:port` by its id.
    pub fn agent(&self, id: &str) -> Option<String> {
        self.agents().into_iter().find(|agent| agent["id"] == id).map(|agent| address(&agent))
    }

    /// Whether the agent at `host:port` is there.
    pub fn is_active(&self, agent: &str) -> bool {
        self.agents().iter().any(|entry| address(entry) == agent && entry["active"] == true)
    }

    fn agents(&self) -> Vec<Value> {
        self.get("slaves")["slaves"].as_array().unwrap().clone()
    }

    fn get(&self, path: &str) -> Value {
        let (status, body) = get(&format!("{}/{path}", self.address));
        assert!(status.is_success(), "{path}: {status}");
        serde_json::from_slice(&body).unwrap()
    }
}

/// Asks a web server.
pub fn get(url: &str) -> (StatusCode, Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(url).send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap().to_vec())
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn address(agent: &Value) -> String {
    format!("{}:{}", text(&agent["hostname"]), agent["port"])
}
