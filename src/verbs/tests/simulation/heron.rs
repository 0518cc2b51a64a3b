//! A model of what runs in the containers, as far as commands have to do with it: a TManager in container 0 that registers itself,
//! makes a physical plan when every container of the packing plan runs, and takes requests.

use std::collections::BTreeMap;

use prost::Message;
use zookeeper_client::{CreateMode, SessionState};

use super::mesos::Moment;
use super::world::{TOPOLOGY, World};
use super::zookeeper::creation;
use crate::net::zookeeper::session::Write;
use crate::proto::api::{Topology, TopologyState};
use crate::proto::system::{Instance, InstanceInfo, PackingPlan, PhysicalPlan, StMgr};
use crate::proto::tmanager::TManagerLocation;
use crate::topology::edit;

/// After which a TManager's session ends that has died.
const SESSION: Moment = 10_000;

/// A TManager that has registered itself.
#[derive(Clone, Debug)]
struct TManager {
    task: String,
    session: i64,
    /// Version of the packing plan that it goes by.
    plan: i32,
}

#[derive(Debug, Default)]
pub(super) struct Heron {
    tmanager: Option<TManager>,
    /// When the executor starts it again.
    starts_at: Moment,
}

fn node(directory: &str) -> String {
    format!("/heron/{directory}/{TOPOLOGY}")
}

impl World {
    /// Lets a moment pass in the containers.
    pub fn pass_in_containers(&mut self, now: Moment) {
        if let Some(tmanager) = self.heron.tmanager.clone() {
            let plan = self.zk.stat(&node("packingplans")).map(|stat| stat.version);
            if !self.runs(&tmanager.task)
                || plan != Some(tmanager.plan)
                || !self.zk.lives(tmanager.session)
            {
                // It has died, or ends itself because its plan has changed.
                self.zk.fall_silent(tmanager.session, now);
                self.heron.tmanager = None;
                self.heron.starts_at = now + 1_000;
            }
        }
        if self.heron.tmanager.is_none() && now >= self.heron.starts_at {
            self.start_tmanager();
        }
        if self.heron.tmanager.is_some() {
            self.make_plan();
        }
    }

    /// Whether a task runs where it can reach others.
    fn runs(&self, task: &str) -> bool {
        let found = self.mesos.task(task);
        found.is_some_and(|(agent, task)| {
            agent.is_up && task.lives() && task.state == "TASK_RUNNING"
        })
    }

    /// The ports of what runs of each container: of the newest task, where there are two.
    fn running(&self) -> BTreeMap<u32, (String, Vec<u64>)> {
        let mut running: BTreeMap<u32, (u32, String, Vec<u64>)> = BTreeMap::new();
        for (agent, id, task) in self.mesos.living() {
            let attempt: u32 = id.rsplit('-').next().unwrap().parse().unwrap();
            let newer = running.get(&task.container).is_none_or(|(known, ..)| *known < attempt);
            if agent.is_up && task.state == "TASK_RUNNING" && newer {
                let found = (attempt, agent.host.clone(), task.taken.ports());
                running.insert(task.container, found);
            }
        }
        running.into_iter().map(|(id, (_, host, ports))| (id, (host, ports))).collect()
    }

    fn start_tmanager(&mut self) {
        let tasks: Vec<(String, String, Vec<u64>)> = self
            .mesos
            .living()
            .filter(|(agent, _, task)| {
                agent.is_up && task.container == 0 && task.state == "TASK_RUNNING"
            })
            .map(|(agent, id, task)| (id.clone(), agent.host.clone(), task.taken.ports()))
            .collect();
        // One that finds its state gone ends at once; one that finds another's location waits.
        let Some(definition) = self.zk.data(&node("topologies")) else { return };
        let Some(plan) = self.zk.stat(&node("packingplans")) else { return };
        let path = node("tmanagers");
        let Some((task, host, ports)) = tasks.into_iter().next_back() else { return };
        if self.zk.stat(&path).is_some() {
            return;
        }
        let port = |at: usize| i32::try_from(ports[at]).unwrap();
        let location = TManagerLocation {
            topology_name: TOPOLOGY.to_owned(),
            topology_id: Topology::decode(definition).unwrap().id,
            host,
            controller_port: port(1),
            server_port: port(0),
            stats_port: Some(port(2)),
        };
        let (session, _) = self.zk.open(SESSION);
        let data = location.encode_to_vec();
        let create = creation(path, &data, CreateMode::Ephemeral);
        if self.zk.write(&[create], session).is_ok() {
            self.heron.tmanager = Some(TManager { task, session, plan: plan.version });
        } else {
            self.zk.end(session, SessionState::Closed);
        }
    }

    fn make_plan(&mut self) {
        let Some(packing) = self.zk.data(&node("packingplans")) else { return };
        let packing = PackingPlan::decode(packing).unwrap();
        let running = self.running();
        let mut stmgrs = Vec::new();
        for container in &packing.container_plans {
            let id = u32::try_from(container.id).unwrap();
            let Some((host, ports)) = running.get(&id) else { return };
            stmgrs.push(StMgr {
                id: format!("stmgr-{id}"),
                host_name: host.clone(),
                data_port: i32::try_from(ports[0]).unwrap(),
                local_endpoint: String::new(),
                ..StMgr::default()
            });
        }
        let instances = packing.container_plans.iter().flat_map(|container| {
            container.instance_plans.iter().map(move |one| Instance {
                instance_id: format!(
                    "container_{}_{}_{}",
                    container.id, one.component_name, one.task_id
                ),
                stmgr_id: format!("stmgr-{}", container.id),
                info: InstanceInfo {
                    task_id: one.task_id,
                    component_index: one.component_index,
                    component_name: one.component_name.clone(),
                    ..InstanceInfo::default()
                },
            })
        });
        let instances = instances.collect();
        let path = node("pplans");
        let old = self.zk.data(&path).map(|plan| PhysicalPlan::decode(plan).unwrap());
        let topology = match &old {
            Some(old) => old.topology.clone(),
            None => match self.zk.data(&node("topologies")) {
                Some(definition) => Topology::decode(definition).unwrap(),
                None => return,
            },
        };
        let plan = PhysicalPlan { topology, stmgrs, instances };
        if old.as_ref() != Some(&plan) {
            self.write_plan(&plan);
        }
    }

    fn write_plan(&mut self, plan: &PhysicalPlan) {
        let (path, data) = (node("pplans"), plan.encode_to_vec());
        let write = if self.zk.stat(&path).is_some() {
            Write::Set { path, data: &data, version: None }
        } else {
            creation(path, &data, CreateMode::Persistent)
        };
        let _ = self.zk.write(&[write], 0);
    }

    /// Whether the TManager listens here.
    pub fn listens(&self, host: &str, port: u64) -> bool {
        let Some(tmanager) = &self.heron.tmanager else { return false };
        self.mesos.task(&tmanager.task).is_some_and(|(agent, task)| {
            self.runs(&tmanager.task) && agent.host == host && task.taken.ports()[1] == port
        })
    }

    /// Answers a request to the TManager: status and page.
    pub fn ask_tmanager(&mut self, path: &str, query: &str) -> (u16, String) {
        let plan = self.zk.data(&node("pplans")).map(|plan| PhysicalPlan::decode(plan).unwrap());
        let mut plan = plan.expect("a TManager without a physical plan dies of a request");
        let id = query.split('&').find_map(|pair| pair.strip_prefix("topologyid=")).unwrap();
        if plan.topology.id != id {
            return (400, page("Topology id does not match"));
        }
        let wanted = match path {
            "/activate" => TopologyState::Running,
            "/deactivate" => TopologyState::Paused,
            "/runtime_config/update" => return (200, String::new()),
            other => panic!("the TManager was asked for {other}"),
        };
        if plan.topology.state == wanted as i32 {
            return (400, page(""));
        }
        plan.topology.state = wanted as i32;
        self.write_plan(&plan);
        if let Some(definition) = self.zk.data(&node("topologies")) {
            let data = edit::with_state(definition, wanted).unwrap();
            let write = Write::Set { path: node("topologies"), data: &data, version: None };
            self.zk.write(&[write], 0).unwrap();
        }
        (200, String::new())
    }
}

fn page(why: &str) -> String {
    format!("<HTML><HEAD><TITLE>400 {why}</TITLE></HEAD><BODY><H1>{why}</H1></BODY></HTML>")
}
