//! What happens in a Mesos cluster by itself: tasks come up and fail, agents are lost and return, masters fail over, offers are made
//! and updates are sent again.

use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::mesos::{
    Agent, LONGEST_RETRY, Mesos, Moment, Offer, PING_TIMEOUT, REREGISTER_TIMEOUT, Registration,
    is_over, shut_down, why,
};

impl Mesos {
    /// Whether a master leads, and answers.
    pub fn leads(&self, now: Moment) -> bool {
        now >= self.leads_from && now >= self.recovers_until
    }

    /// Lets a moment pass.
    pub fn pass(&mut self, now: Moment, is_bad: bool, rng: &mut StdRng) {
        for at in 0..self.agents.len() {
            self.come_back(at, now, rng);
            self.run_tasks(at, now, is_bad, rng);
        }
        if !self.leads(now) {
            return;
        }
        for at in 0..self.agents.len() {
            self.register(at, now);
            self.send_updates(at, now, is_bad, rng);
        }
        for framework in self.frameworks.values_mut() {
            let Some(stream) = framework.stream.as_mut().filter(|stream| now >= stream.beats_at)
            else {
                continue;
            };
            stream.beats_at = now + 15_000;
            framework.tell(&json!({ "type": "HEARTBEAT" }));
        }
        if now >= self.allocates_at {
            self.allocates_at = now + 1_000;
            self.allocate(now, rng);
        }
    }

    fn come_back(&mut self, at: usize, now: Moment, rng: &mut StdRng) {
        let agent = &mut self.agents[at];
        if agent.returns_at.is_some_and(|returns| now >= returns) {
            agent.returns_at = None;
            agent.is_up = true;
            agent.registers_at = now + rng.random_range(0..3_000);
        }
    }

    /// An agent and the master find each other, or don't.
    fn register(&mut self, at: usize, now: Moment) {
        let agent = &mut self.agents[at];
        if agent.registration == Registration::Gone {
            return;
        }
        if agent.is_up {
            if agent.registration != Registration::Registered && now >= agent.registers_at {
                self.registered(at, now);
            }
            return;
        }
        match agent.registration {
            Registration::Registered => {
                agent.registration = Registration::Disconnected(now);
                let id = agent.id.clone();
                self.rescind(&id);
            }
            Registration::Disconnected(since) if now >= since + PING_TIMEOUT => {
                self.lose(at, "TASK_UNREACHABLE", "Agent removed: health check timed out");
            }
            Registration::Recovering(since) if now >= since + REREGISTER_TIMEOUT => {
                agent.registration = Registration::Unreachable;
            }
            _ => {}
        }
    }

    fn lose(&mut self, at: usize, state: &'static str, message: &'static str) {
        self.agents[at].registration = Registration::Unreachable;
        let id = self.agents[at].id.clone();
        for (task, known) in self.agents[at].tasks.clone().iter().filter(|(_, task)| task.is_known)
        {
            self.agents[at].tasks.get_mut(task).unwrap().is_known = false;
            if !is_over(known.forwarded) {
                let why = why("REASON_AGENT_REMOVED", message);
                self.tell_status(&known.framework, task, &id, state, why);
            }
        }
        self.fail(&id);
    }

    fn fail(&self, agent: &str) {
        for framework in self.frameworks.values() {
            let failure = json!({ "agent_id": { "value": agent } });
            framework.tell(&json!({ "type": "FAILURE", "failure": failure }));
        }
    }

    fn registered(&mut self, at: usize, now: Moment) {
        let before = std::mem::replace(&mut self.agents[at].registration, Registration::Registered);
        let completed: Vec<String> = self
            .frameworks
            .iter()
            .filter(|(_, framework)| framework.is_completed)
            .map(|(id, _)| id.clone())
            .collect();
        for framework in &completed {
            shut_down(&mut self.agents[at], framework, now);
        }
        let id = self.agents[at].id.clone();
        for (name, task) in self.agents[at].tasks.clone() {
            if completed.contains(&task.framework)
                || (is_over(task.state) && task.updates.is_empty())
            {
                continue;
            }
            let own = self.agents[at].tasks.get_mut(&name).unwrap();
            let was_known = std::mem::replace(&mut own.is_known, !task.is_phantom || task.is_known);
            let remembered = std::mem::take(&mut own.kill_is_remembered);
            if task.is_phantom && !was_known {
                own.state = "TASK_DROPPED";
            } else if task.is_phantom {
                self.change(
                    at,
                    &name,
                    "TASK_DROPPED",
                    "Reconciliation: task unknown to the agent",
                    now,
                );
            } else if before == Registration::Unreachable && !task.is_phantom {
                let why = why("REASON_AGENT_REREGISTERED", "Unreachable agent re-reregistered");
                self.tell_status(&task.framework, &name, &id, task.state, why);
            }
            if remembered {
                self.end(at, &name, now);
            }
        }
    }

    fn run_tasks(&mut self, at: usize, now: Moment, is_bad: bool, rng: &mut StdRng) {
        // The processes of a host that is only out of reach live on.
        for (id, task) in self.agents[at].tasks.clone() {
            if is_over(task.state) || task.is_phantom {
                continue;
            }
            let fails = is_bad && rng.random_ratio(1, 4_000);
            if fails && task.state != "TASK_KILLING" {
                self.change(at, &id, "TASK_FAILED", "Command exited with status 1", now);
                continue;
            }
            if now < task.next_at {
                continue;
            }
            let next = match task.state {
                "TASK_STAGING" if is_bad && rng.random_ratio(1, 40) => "TASK_DROPPED",
                "TASK_STAGING" => "TASK_STARTING",
                "TASK_STARTING" => "TASK_RUNNING",
                "TASK_KILLING" => "TASK_KILLED",
                _ => continue,
            };
            self.change(at, &id, next, "", now);
            let task = self.agents[at].tasks.get_mut(&id).unwrap();
            task.next_at = now + rng.random_range(100..800);
            // A framework that was removed is told nothing.
            if !task.is_known && self.frameworks.get(&task.framework).is_none_or(|f| f.is_completed)
            {
                task.updates.clear();
            }
        }
    }

    fn send_updates(&mut self, at: usize, now: Moment, is_bad: bool, rng: &mut StdRng) {
        let agent = &mut self.agents[at];
        if !agent.is_up || agent.registration != Registration::Registered {
            return;
        }
        for (id, task) in &mut agent.tasks {
            let Some(framework) = self.frameworks.get(&task.framework) else { continue };
            if framework.stream.is_none() || framework.is_completed {
                continue;
            }
            let Some(first) = task.updates.front_mut().filter(|first| now >= first.send_at) else {
                continue;
            };
            first.send_at = now + first.pause;
            first.pause = (first.pause * 2).min(LONGEST_RETRY);
            task.forwarded = first.state;
            let of_agent = first.state == "TASK_DROPPED";
            let event = json!({"type": "UPDATE", "update": {"status": {
                "task_id": {"value": id}, "agent_id": {"value": agent.id}, "state": first.state,
                "source": if of_agent { "SOURCE_AGENT" } else { "SOURCE_EXECUTOR" },
                "uuid": first.uuid, "message": first.message,
            }}});
            framework.tell(&event);
            if is_bad && rng.random_ratio(1, 20) {
                framework.tell(&event);
            }
        }
    }

    fn allocate(&mut self, now: Moment, rng: &mut StdRng) {
        let ids: Vec<String> = self.frameworks.keys().cloned().collect();
        for id in ids {
            let framework = &self.frameworks[&id];
            if framework.stream.is_none() || framework.is_completed {
                continue;
            }
            let mut roles = framework.info.roles.clone();
            roles.retain(|role| !framework.suppressed.contains(role));
            if rng.random_bool(0.5) {
                roles.reverse();
            }
            let mut made = Vec::new();
            for at in 0..self.agents.len() {
                for role in &roles {
                    made.extend(self.offer(&id, at, role, now));
                }
            }
            if !made.is_empty() {
                self.frameworks[&id].tell(&json!({"type": "OFFERS", "offers": {"offers": made}}));
            }
        }
    }

    fn offer(&mut self, framework: &str, at: usize, role: &str, now: Moment) -> Option<Value> {
        let agent = &self.agents[at];
        let usable = agent.registration == Registration::Registered && !agent.is_draining;
        let what = self.free(agent).usable_by(role);
        let refused = self.frameworks[framework].filters.iter().any(|filter| {
            filter.role == role
                && filter.agent == agent.id
                && now < filter.until
                && filter.refused.contains(&what)
        });
        if !usable || refused || !what.is_worth_an_offer() {
            return None;
        }
        let mut offer = json!({
            "agent_id": {"value": agent.id}, "framework_id": {"value": framework}, "hostname": agent.host,
            "url": {"scheme": "http", "path": "/slave(1)",
                    "address": {"hostname": agent.host, "ip": "10.0.0.1", "port": 5051}},
            "allocation_info": {"role": role}, "resources": what.json(role),
        });
        if let Some(from) = agent.maintenance {
            offer["unavailability"] = json!({"start": {"nanoseconds": from * 1_000_000}});
        }
        let made = Offer {
            agent: agent.id.clone(),
            framework: framework.to_owned(),
            role: role.to_owned(),
            what,
        };
        let id = format!("offer-{}", self.next());
        offer["id"] = json!({ "value": id });
        self.offers.insert(id, made);
        Some(offer)
    }

    /// The leading master goes, and another comes, which knows agents by name only.
    pub fn fail_over(&mut self, now: Moment, after: Moment, recovery: Moment) {
        self.leader = 1 - self.leader;
        self.leads_from = now + after;
        self.recovers_until = self.leads_from + recovery;
        self.frameworks.clear();
        self.offers.clear();
        for agent in &mut self.agents {
            if matches!(
                agent.registration,
                Registration::Registered | Registration::Disconnected(_)
            ) {
                agent.registration = Registration::Recovering(self.leads_from);
                agent.registers_at = self.leads_from + 200;
            }
            for task in agent.tasks.values_mut() {
                task.is_known = false;
                task.kill_is_remembered = false;
                if let Some(last) = task.updates.front().map(|first| first.state) {
                    task.forwarded = last;
                }
            }
        }
    }

    /// An agent is out of reach, until it returns. Its host may die meanwhile, or be replaced by another.
    pub fn lose_agent(&mut self, at: usize, now: Moment, returns_at: Option<Moment>, dies: bool) {
        self.agents[at].is_up = false;
        self.agents[at].returns_at = returns_at;
        if dies {
            let tasks: Vec<String> = self.agents[at].tasks.keys().cloned().collect();
            for task in tasks {
                self.change(at, &task, "TASK_FAILED", "Abnormal executor termination", now);
            }
        }
    }

    /// A host is taken away for good, with all that runs there, and another takes its place under a name of its own. A master
    /// that knows of it tells so by this state.
    pub fn replace_agent(&mut self, at: usize, state: Option<&'static str>) {
        let name = format!("agent-{}", self.next());
        let agent = &mut self.agents[at];
        let new = Agent {
            id: name.clone(),
            host: format!("{name}.example"),
            all: agent.all.clone(),
            tasks: std::collections::BTreeMap::new(),
            is_up: true,
            returns_at: None,
            registration: Registration::Unreachable,
            registers_at: 0,
            maintenance: None,
            is_draining: false,
        };
        agent.is_up = false;
        agent.returns_at = None;
        for task in agent.tasks.values_mut() {
            if !is_over(task.state) {
                task.state = "TASK_FAILED";
            }
            task.updates.clear();
        }
        let id = agent.id.clone();
        self.rescind(&id);
        if let Some(state) = state {
            self.lose(at, state, "Agent removed by an operator");
            self.agents[at].registration = Registration::Gone;
        }
        self.agents.push(new);
    }
}
