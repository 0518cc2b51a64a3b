//! Starting and stopping masters and agents.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::agent::{self, Agent};
use crate::cluster::{Seat, Sim};
use crate::election::{self, Contender};
use crate::http;
use crate::master::{self, Leader, Master};
use crate::options::Options;
use crate::parse;
use crate::ports::{Claims, fragments};
use crate::resources::{Amount, Resource, Resources};

/// What is needed to start things.
pub struct Boot {
    /// The cluster.
    pub sim: Arc<Sim>,
    /// The command line.
    pub options: Options,
    /// Where the masters elect.
    pub zk: Option<(String, String)>,
}

/// Binds a port again that was in use a moment ago.
async fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut tries = 0;
    loop {
        match TcpListener::bind((host, port)).await {
            Err(error) if port != 0 && tries < 100 => {
                let _ = error;
                tries += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return other,
        }
    }
}

impl Boot {
    /// Starts a master for the first time or again. It is a new one each time, on the same port.
    pub async fn start_master(&self, index: usize) -> io::Result<u16> {
        let known = self.sim.with(|c| c.masters.get(index).map(|seat| seat.master.port));
        let given = self.options.master_port.get(index).copied().unwrap_or(0);
        let listener = bind("127.0.0.1", known.unwrap_or(given)).await?;
        let port = listener.local_addr()?.port();
        let handler = master::http::handler(Arc::downgrade(&self.sim), index);
        let server = tokio::spawn(http::serve(listener, handler)).abort_handle();
        let content = self.sim.with(|cluster| {
            let mut master = Master::new(index, port, Arc::clone(&cluster.settings));
            // The schedule stands in the registry.
            if let Some(seat) = cluster.masters.first() {
                master.maintenance.clone_from(&seat.master.maintenance);
            }
            let content = master.znode();
            let seat = Seat { master, alive: true, server: Some(server), session: None };
            match cluster.masters.get_mut(index) {
                Some(old) => *old = seat,
                None => cluster.masters.push(seat),
            }
            content
        });
        if let Some((servers, path)) = &self.zk {
            let (sender, stop) = oneshot::channel();
            self.sim.with(|cluster| {
                if let Some(seat) = cluster.masters.get_mut(index) {
                    seat.session = Some(sender);
                }
            });
            let (ready, there) = oneshot::channel();
            let contender = Contender {
                servers: servers.clone(),
                path: path.clone(),
                timeout: Duration::from_millis(self.options.zk_session_ms),
                master: index,
                content,
                ready: Some(ready),
            };
            tokio::spawn(election::contend(Arc::downgrade(&self.sim), contender, stop));
            // The order of nodes is the order of starts.
            let late = |_| io::Error::other(format!("no node in ZooKeeper at {servers} in time"));
            let _ = tokio::time::timeout(Duration::from_mins(1), there).await.map_err(late)?;
        }
        Ok(port)
    }

    /// Without ZooKeeper, the first master that runs leads.
    pub fn elect_without_zookeeper(&self) {
        if self.zk.is_some() {
            return;
        }
        self.sim.with(|cluster| {
            let first = cluster
                .masters
                .iter()
                .find(|seat| seat.alive)
                .map(|seat| Leader { hostname: "127.0.0.1".to_owned(), port: seat.master.port });
            for index in 0..cluster.masters.len() {
                cluster.election(index, first.clone());
            }
        });
    }

    /// Makes the agents and starts them.
    pub async fn start_agents(&self, claims: &mut Claims) -> Result<(), String> {
        for index in 0..self.options.agents {
            let host = if self.options.distinct_hosts {
                format!("127.0.{}.{}", index / 250, index % 250 + 1)
            } else {
                "127.0.0.1".to_owned()
            };
            let agent = Agent {
                index,
                id: None,
                host,
                port: self.options.agent_port.get(index).copied().unwrap_or(0),
                attributes: self.attributes(index),
                total: self.resources(index, claims)?,
                work_dir: self.options.work_dir.join(format!("agent{index}")),
                up: false,
                linked: false,
                generation: 0,
                started: crate::wire::now(),
                hold_updates: false,
                deaf: false,
                frameworks: BTreeMap::new(),
                server: None,
                effects: Vec::new(),
                settings: self.sim.with(|cluster| Arc::clone(&cluster.settings)),
            };
            self.sim.with(|cluster| cluster.agents.push(agent));
            self.start_agent(index).await.map_err(|error| format!("agent {index}: {error}"))?;
        }
        Ok(())
    }

    /// Starts the server of an agent and lets it register.
    pub async fn start_agent(&self, index: usize) -> io::Result<()> {
        let place = self.sim.with(|c| c.agents.get(index).map(|a| (a.host.clone(), a.port, a.up)));
        let Some((host, port, false)) = place else { return Ok(()) };
        let listener = bind(&host, port).await?;
        let port = listener.local_addr()?.port();
        let handler = agent::http::handler(Arc::downgrade(&self.sim), index);
        let server = tokio::spawn(http::serve(listener, handler)).abort_handle();
        self.sim.with(|cluster| {
            if let Some(agent) = cluster.agents.get_mut(index) {
                agent.server = Some(server);
                agent.port = port;
                agent.up = true;
                agent.started = crate::wire::now();
            }
            cluster.register_agent(index);
        });
        Ok(())
    }

    /// The agent with an index, an id or an address.
    pub fn find_agent(&self, name: &Value) -> Option<usize> {
        let text =
            name.as_str().map(str::to_owned).or_else(|| name.as_u64().map(|n| n.to_string()))?;
        self.sim.with(|cluster| {
            cluster
                .agents
                .iter()
                .find(|a| {
                    a.index.to_string() == text
                        || a.id.as_deref() == Some(&text)
                        || format!("{}:{}", a.host, a.port) == text
                })
                .map(|agent| agent.index)
        })
    }

    fn attributes(&self, index: usize) -> Vec<Value> {
        let all = &self.options.attributes;
        let Some(text) = all.get(index).or(all.last()) else { return Vec::new() };
        text.split(';')
            .filter_map(|pair| pair.split_once(':'))
            .map(|(name, value)| match value.parse::<f64>() {
                Ok(number) => json!({
                    "name": name, "type": "SCALAR", "scalar": { "value": number },
                }),
                Err(_) => json!({ "name": name, "type": "TEXT", "text": { "value": value } }),
            })
            .collect()
    }

    fn resources(&self, index: usize, claims: &mut Claims) -> Result<Resources, String> {
        let options = &self.options;
        let ports = match options.ports.get(index).or(options.ports.last()) {
            Some(text) => parse::ranges(text).ok_or(format!("malformed ports '{text}'"))?,
            // Nobody binds the ports of tasks that are no processes.
            None if options.fake_tasks => {
                fragments(&[(31_000, 30_999 + options.ports_per_agent)], options.port_fragments)
            }
            None => fragments(&claims.claim(options.ports_per_agent), options.port_fragments),
        };
        let mut total = Resources::default();
        let thousandths = |value: f64| Amount::Scalar((value * 1000.0).round() as i64);
        for (name, amount) in [
            ("cpus", thousandths(options.cpus)),
            ("mem", thousandths(options.mem)),
            ("disk", thousandths(options.disk)),
            ("ports", Amount::Ranges(ports)),
        ] {
            let role = options.port_role.as_ref().filter(|_| name == "ports");
            let reservations = role.map(|role| json!({ "type": "STATIC", "role": role }));
            let (name, reservations) = (name.to_owned(), reservations.into_iter().collect());
            total.add_one(&Resource { name, amount, reservations, allocated: None });
        }
        if let Some(text) = &options.resources {
            let list: Value =
                serde_json::from_str(text).map_err(|error| format!("--resources: {error}"))?;
            total.add(&Resources::parse(&list)?);
        }
        Ok(total)
    }

    /// Where a file for each running task is.
    pub fn running_dir(&self) -> PathBuf {
        self.options.work_dir.join("running")
    }
}
