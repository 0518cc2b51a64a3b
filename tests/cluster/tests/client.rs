//! A small scheduler for this cluster's own tests.

use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::replay::{Decoder, Item};
use crate::boot::Boot;
use crate::cluster::Sim;
use crate::options::Options;
use crate::ports::Claims;
use crate::{election, wire};

/// A cluster in this process.
pub struct TestEnv {
    /// What runs it.
    pub boot: Arc<Boot>,
    /// Work directories.
    pub directory: tempfile::TempDir,
    _claims: Claims,
}

impl TestEnv {
    /// Starts a cluster and waits until it is ready.
    pub async fn start(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let work_dir = directory.path().to_str().unwrap();
        let fixed = ["test-cluster", "--allocation-interval-ms", "20", "--work-dir", work_dir];
        let options = Options::parse_from(fixed.iter().chain(arguments));
        let zk = options.zk.as_deref().map(|url| election::parse(url).unwrap());
        let sim = Sim::new(options.settings().unwrap(), true);
        let boot = Arc::new(Boot { sim: Arc::clone(&sim), options, zk });
        for index in 0..boot.options.masters {
            boot.start_master(index).await.unwrap();
        }
        boot.elect_without_zookeeper();
        let mut claims = Claims::default();
        boot.start_agents(&mut claims).await.unwrap();
        tokio::spawn(crate::allocate(sim));
        crate::wait_until_ready(&boot).await.unwrap();
        Self { boot, directory, _claims: claims }
    }

    /// The address of the leader.
    pub fn leader(&self) -> String {
        self.boot.sim.with(|c| format!("127.0.0.1:{}", c.leader().unwrap().port))
    }

    /// The address of an agent.
    pub fn agent(&self, index: usize) -> String {
        self.boot.sim.with(|c| format!("{}:{}", c.agents[index].host, c.agents[index].port))
    }

    /// Uses the control interface.
    pub async fn control(&self, path: &str, body: Value) -> Result<Value, String> {
        crate::control::command(&self.boot, path, &body).await
    }

    /// A framework as `/frameworks` shows it, active or completed.
    pub async fn framework(&self, id: &str) -> (Option<Value>, Option<Value>) {
        let (_, text) = get(&self.leader(), &format!("/frameworks?framework_id={id}")).await;
        let all: Value = serde_json::from_str(&text).unwrap();
        (all["frameworks"].get(0).cloned(), all["completed_frameworks"].get(0).cloned())
    }

    /// Waits for something to become true.
    pub async fn until(&self, what: &str, mut condition: impl AsyncFnMut() -> bool) {
        for _ in 0..1000 {
            if condition().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{what} did not come about");
    }
}

/// A request on a connection of its own; its status and its text.
pub async fn request(address: &str, head: &str, body: &str) -> (u16, String) {
    let (status, _, text) = whole(address, head, body).await;
    (status, text)
}

/// The same with its headers.
pub async fn whole(address: &str, head: &str, body: &str) -> (u16, Value, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head = head.trim_end().replace('\n', "\r\n");
    let text = format!("{head}\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}");
    socket.write_all(text.as_bytes()).await.unwrap();
    let mut decoder = Decoder::default();
    loop {
        match decoder.next() {
            Some(Item::Whole(status, headers, body)) => {
                let code = status.split(' ').nth(1).unwrap().parse().unwrap();
                return (code, json!(headers), String::from_utf8_lossy(&body).into_owned());
            }
            Some(other) => panic!("{other:?}"),
            None => {}
        }
        let mut bytes = Vec::with_capacity(65_536);
        if socket.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return (0, Value::Null, String::new());
        }
        decoder.push(&bytes);
    }
}

/// GET.
pub async fn get(address: &str, path: &str) -> (u16, String) {
    request(address, &format!("GET {path} HTTP/1.1"), "").await
}

/// `FrameworkInfo` as heron-cli would send it.
pub fn info(name: &str) -> Value {
    json!({
        "user": "root", "name": name, "failover_timeout": 604_800.0, "checkpoint": true,
        "roles": ["heron"],
        "capabilities": [
            { "type": "MULTI_ROLE" }, { "type": "RESERVATION_REFINEMENT" },
            { "type": "PARTITION_AWARE" }, { "type": "TASK_KILLING_STATE" }
        ],
    })
}

/// A subscribed scheduler.
pub struct Client {
    address: String,
    /// The id of the framework.
    pub id: String,
    /// The kill policy that tasks are launched with.
    pub kill_policy: Option<Value>,
    stream_id: String,
    socket: TcpStream,
    decoder: Decoder,
    waiting: Vec<Value>,
    ended: bool,
}

impl Client {
    /// Subscribes.
    pub async fn subscribe(address: &str, info: &Value, extra_head: &str) -> Self {
        let mut call = json!({ "type": "SUBSCRIBE", "subscribe": { "framework_info": info } });
        if info["id"].is_object() {
            call["framework_id"] = info["id"].clone();
        }
        let body = call.to_string();
        let mut socket = TcpStream::connect(address).await.unwrap();
        let text = format!(
            "POST /api/v1/scheduler HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             {extra_head}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(text.as_bytes()).await.unwrap();
        let mut client = Self {
            address: address.to_owned(),
            id: String::new(),
            kill_policy: None,
            stream_id: String::new(),
            socket,
            decoder: Decoder::default(),
            waiting: Vec::new(),
            ended: false,
        };
        while client.stream_id.is_empty() {
            client.read().await;
        }
        if let Some(event) =
            client.event(|e| e["type"] == "SUBSCRIBED" || e["type"] == "ERROR").await
        {
            client.id = wire::id_of(&event["subscribed"], "framework_id");
            if client.id.is_empty() {
                client.waiting.push(event);
            }
        }
        client
    }

    async fn read(&mut self) {
        let mut bytes = Vec::with_capacity(65_536);
        let read = self.socket.read_buf(&mut bytes).await.unwrap_or(0);
        self.ended |= read == 0;
        self.decoder.push(&bytes);
        while let Some(item) = self.decoder.next() {
            match item {
                Item::Head(status, headers) => {
                    assert!(status.contains("200"), "{status}");
                    self.stream_id.clone_from(&headers["Mesos-Stream-Id"]);
                }
                Item::Record(record) => self.waiting.push(record),
                Item::End => self.ended = true,
                Item::Whole(status, _, body) => {
                    panic!("{status}: {}", String::from_utf8_lossy(&body))
                }
            }
        }
    }

    /// The first event that satisfies a condition, or `None` when the stream has ended.
    pub async fn event(&mut self, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        loop {
            if let Some(at) = self.waiting.iter().position(&wanted) {
                return Some(self.waiting.remove(at));
            }
            if self.ended {
                return None;
            }
            let read = tokio::time::timeout(Duration::from_secs(10), self.read()).await;
            assert!(read.is_ok(), "waited in vain, there is {:?}", self.waiting);
        }
    }

    /// The next offer.
    pub async fn offer(&mut self) -> Value {
        let event = self.event(|event| event["type"] == "OFFERS").await.unwrap();
        event["offers"]["offers"][0].clone()
    }

    /// The next update of a task to a state; it is acknowledged.
    pub async fn update(&mut self, task: &str, state: &str) -> Value {
        let wanted = |event: &Value| {
            let status = &event["update"]["status"];
            status["task_id"]["value"] == task && status["state"] == state
        };
        let event = self.event(wanted).await.unwrap();
        let status = event["update"]["status"].clone();
        if status["uuid"].is_string() {
            let (id, agent) = (status["task_id"].clone(), status["agent_id"].clone());
            let body = json!({ "agent_id": agent, "task_id": id, "uuid": status["uuid"] });
            self.call("ACKNOWLEDGE", body).await;
        }
        status
    }

    /// A call; its status and its text.
    pub async fn call(&mut self, kind: &str, body: Value) -> (u16, String) {
        let call = json!({
            "framework_id": wire::id(&self.id), "type": kind, kind.to_ascii_lowercase(): body,
        });
        let head = format!(
            "POST /api/v1/scheduler HTTP/1.1\nContent-Type: application/json\nMesos-Stream-Id: {}",
            self.stream_id
        );
        request(&self.address, &head, &call.to_string()).await
    }

    /// Launches a task on an offer and returns the `TaskInfo` that it was launched with.
    pub async fn launch(&mut self, offer: &Value, task: &str, command: Value) -> Value {
        let scalar = |name: &str, value: f64| json!({ "name": name, "type": "SCALAR", "scalar": { "value": value } });
        let mut info = json!({
            "name": task, "task_id": wire::id(task), "agent_id": offer["agent_id"],
            "resources": [scalar("cpus", 0.5), scalar("mem", 64.0)], "command": command,
        });
        if let Some(policy) = &self.kill_policy {
            info["kill_policy"] = policy.clone();
        }
        let launch = json!({ "type": "LAUNCH", "launch": { "task_infos": [info] } });
        let filters = json!({ "refuse_seconds": 0.0 });
        let body =
            json!({ "offer_ids": [offer["id"]], "operations": [launch], "filters": filters });
        assert_eq!(self.call("ACCEPT", body).await, (202, String::new()));
        info
    }

    /// Launches a shell command on the next offer and waits until it runs; the agent's id.
    pub async fn run(&mut self, task: &str, command: &str) -> String {
        let offer = self.offer().await;
        self.launch(&offer, task, json!({ "value": command })).await;
        self.update(task, "TASK_STARTING").await;
        wire::id_of(&self.update(task, "TASK_RUNNING").await, "agent_id")
    }
}
