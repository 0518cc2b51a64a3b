//! What a scheduler asks of the leading master.

use std::collections::{BTreeSet, VecDeque};

use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::mesos::{
    Filter, Framework, Mesos, Moment, Offer, Registration, Stream, Task, is_over, why,
};
use super::resources::Resources;
use crate::mesos::call::{Accept, Body, Call, Operation, Subscribe, TaskInfo};

/// What a task's launch needs to have been told before.
pub(super) type Intent<'a> = &'a mut dyn FnMut(&TaskInfo, &[u64]);
/// What must be so when an update is acknowledged: task and state.
pub(super) type Acknowledged<'a> = &'a mut dyn FnMut(&str, &str);

const RECONCILIATION: &str = "REASON_RECONCILIATION";

impl Mesos {
    /// Opens a stream. The framework's id is chosen by whoever asks.
    pub fn subscribe(
        &mut self,
        subscribe: &Subscribe,
        now: Moment,
    ) -> (String, UnboundedReceiver<Vec<u8>>) {
        let info = subscribe.framework_info.clone();
        let id = info.id.as_ref().unwrap().0.clone();
        let (events, received) = unbounded_channel();
        let stream = format!("stream-{}", self.next());
        let new = Stream {
            id: stream.clone(),
            events,
            beats_at: now + 15_000,
            since: now,
            is_silent: false,
        };
        if self.frameworks.get(&id).is_some_and(|known| known.is_completed) {
            let error =
                json!({"type": "ERROR", "error": {"message": "Framework has been removed"}});
            let spent = Framework {
                info,
                suppressed: BTreeSet::new(),
                filters: Vec::new(),
                stream: Some(new),
                is_completed: true,
            };
            spent.tell(&error);
            return (stream, received);
        }
        if let Some(old) = self.frameworks.remove(&id) {
            old.tell(&json!({"type": "ERROR", "error": {"message": "Framework failed over"}}));
        }
        self.offers.retain(|_, offer| offer.framework != id);
        let framework = Framework {
            info,
            suppressed: subscribe.suppressed_roles.iter().cloned().collect(),
            filters: Vec::new(),
            stream: Some(new),
            is_completed: false,
        };
        framework.tell(&json!({"type": "SUBSCRIBED", "subscribed": {
            "framework_id": {"value": id}, "heartbeat_interval_seconds": 15.0,
            "master_info": {"id": "m", "ip": 0, "port": 5050},
        }}));
        framework.tell(&json!({ "type": "HEARTBEAT" }));
        self.frameworks.insert(id.clone(), framework);
        for task in self.agents.iter_mut().flat_map(|agent| agent.tasks.values_mut()) {
            if let Some(first) = task.updates.front_mut().filter(|_| task.framework == id) {
                first.send_at = now;
            }
        }
        (stream, received)
    }

    /// Answers any other call: a status, and a text.
    pub fn call(
        &mut self,
        call: &Call,
        stream: &str,
        now: Moment,
        intent: Intent<'_>,
        acknowledged: Acknowledged<'_>,
    ) -> (u16, String) {
        let id = call.framework_id.as_ref().unwrap().0.clone();
        let Some(framework) = self.frameworks.get(&id).filter(|known| !known.is_completed) else {
            return (400, "Framework cannot be found".to_owned());
        };
        let Some(known) = &framework.stream else {
            return (403, "Framework is not subscribed".to_owned());
        };
        if known.id != stream {
            let text = format!(
                "The stream ID '{stream}' included in this request didn't match the stream ID \
                 currently associated with framework ID {id}"
            );
            return (400, text);
        }
        match &call.body {
            Body::Subscribe { .. } => unreachable!("answered by itself"),
            Body::Teardown => self.remove(&id, now),
            Body::Accept { accept } => self.accept(&id, accept, now, intent),
            Body::Decline { decline } => {
                let seconds = decline.filters.map_or(5.0, |filters| filters.refuse_seconds);
                for offer in &decline.offer_ids {
                    self.decline(&id, &offer.0, seconds, now);
                }
            }
            Body::Revive => self.with(&id, |framework| {
                framework.suppressed.clear();
                framework.filters.clear();
            }),
            Body::Suppress => self.with(&id, |framework| {
                framework.suppressed = framework.info.roles.iter().cloned().collect();
            }),
            Body::Kill { kill } => {
                let agent = kill.agent_id.as_ref().map(|agent| agent.0.as_str());
                self.kill(&id, &kill.task_id.0, agent, now);
            }
            Body::Acknowledge { acknowledge } => {
                let (task, uuid) = (&acknowledge.task_id.0, &acknowledge.uuid);
                self.acknowledge(task, uuid, now, acknowledged);
            }
            Body::Reconcile { reconcile } => {
                for task in &reconcile.tasks {
                    let agent = task.agent_id.as_ref().map(|agent| agent.0.as_str());
                    self.answer(&id, &task.task_id.0, agent);
                }
                if reconcile.tasks.is_empty() {
                    self.answer_all(&id);
                }
            }
        }
        (202, String::new())
    }

    fn with(&mut self, id: &str, change: impl FnOnce(&mut Framework)) {
        if let Some(framework) = self.frameworks.get_mut(id) {
            change(framework);
        }
    }

    fn decline(&mut self, framework: &str, offer: &str, seconds: f64, now: Moment) {
        let Some(offer) = self.offers.remove(offer) else { return };
        self.refuse(framework, &offer, offer.what.clone(), seconds, now);
    }

    fn refuse(
        &mut self,
        framework: &str,
        offer: &Offer,
        refused: Resources,
        seconds: f64,
        now: Moment,
    ) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let until = now + (seconds.clamp(0.0, 31_536_000.0) * 1000.0) as Moment;
        let filter =
            Filter { role: offer.role.clone(), agent: offer.agent.clone(), until, refused };
        self.with(framework, |framework| framework.filters.push(filter));
    }

    fn accept(&mut self, framework: &str, accept: &Accept, now: Moment, intent: Intent<'_>) {
        let ids = accept.offer_ids.iter().map(|offer| &offer.0);
        let offers: Vec<Offer> = ids.filter_map(|id| self.offers.remove(id)).collect();
        let tasks =
            accept.operations.iter().flat_map(|Operation::Launch { launch }| &launch.task_infos);
        let valid = offers.len() == accept.offer_ids.len()
            && offers.iter().all(|offer| offer.agent == offers[0].agent)
            && offers.iter().all(|offer| offer.role == offers[0].role);
        let mut left = Resources::default();
        for offer in &offers {
            left.add(&offer.what);
        }
        for info in tasks {
            let taken = Resources::read(&serde_json::to_value(&info.resources).unwrap());
            intent(info, &taken.ports());
            let id = &info.task_id.0;
            assert!(self.launched.insert(id.clone()), "the task id {id} is used twice");
            if !valid {
                let message = "Task launched with invalid offers: Offer is no longer valid";
                let why = why("REASON_INVALID_OFFERS", message);
                self.tell_status(framework, id, &info.agent_id.0, "TASK_DROPPED", why);
                continue;
            }
            assert!(left.contains(&taken), "{id} takes {taken:?} of {left:?}");
            left.subtract(&taken);
            self.launch(framework, info, taken, now);
        }
        if let Some(offer) = offers.first().filter(|_| valid) {
            let seconds = accept.filters.map_or(5.0, |filters| filters.refuse_seconds);
            self.refuse(framework, offer, left, seconds, now);
        }
    }

    fn launch(&mut self, framework: &str, info: &TaskInfo, taken: Resources, now: Moment) {
        let id = &info.task_id.0;
        let agent = self.agents.iter_mut().find(|agent| agent.id == info.agent_id.0);
        let Some(agent) = agent.filter(|agent| agent.registration == Registration::Registered)
        else {
            let why = why("REASON_AGENT_REMOVED", "Agent removed");
            return self.tell_status(framework, id, &info.agent_id.0, "TASK_DROPPED", why);
        };
        let container = id.rsplit('-').nth(1).unwrap().parse().unwrap();
        let grace = info.kill_policy.map_or(3_000, |policy| {
            u64::try_from(policy.grace_period.nanoseconds / 1_000_000).unwrap()
        });
        let task = Task {
            framework: framework.to_owned(),
            container,
            taken,
            state: "TASK_STAGING",
            forwarded: "TASK_STAGING",
            updates: VecDeque::new(),
            is_known: true,
            next_at: now + 500,
            grace,
            // What is on its way to an agent that can't be reached never arrives there.
            is_phantom: !agent.is_up,
            kill_is_remembered: false,
        };
        agent.tasks.insert(id.clone(), task);
    }

    fn kill(&mut self, framework: &str, id: &str, agent: Option<&str>, now: Moment) {
        let known = self.agent_of(id).filter(|at| self.agents[*at].tasks[id].is_known);
        let Some(at) = known else { return self.answer(framework, id, agent) };
        if agent.is_some_and(|agent| agent != self.agents[at].id) {
            return;
        }
        let reached =
            self.agents[at].is_up && self.agents[at].registration == Registration::Registered;
        if reached {
            self.end(at, id, now);
        } else {
            self.agents[at].tasks.get_mut(id).unwrap().kill_is_remembered = true;
        }
    }

    /// A kill has reached the agent.
    pub fn end(&mut self, at: usize, id: &str, now: Moment) {
        let task = &self.agents[at].tasks[id];
        if task.is_phantom {
            self.change(at, id, "TASK_DROPPED", "Cannot find executor", now);
        } else if task.state == "TASK_STAGING" {
            self.change(at, id, "TASK_KILLED", "Killed before delivery to the executor", now);
        } else if !is_over(task.state) && task.state != "TASK_KILLING" {
            self.change(at, id, "TASK_KILLING", "", now);
            let task = self.agents[at].tasks.get_mut(id).unwrap();
            task.next_at = now + task.grace.min(1 + task.grace / 4);
        }
    }

    fn acknowledge(&mut self, id: &str, uuid: &str, now: Moment, acknowledged: Acknowledged<'_>) {
        let Some(at) = self.agent_of(id) else { return };
        let agent = &mut self.agents[at];
        if !agent.is_up || agent.registration != Registration::Registered {
            return;
        }
        let task = agent.tasks.get_mut(id).unwrap();
        let Some(first) = task.updates.front().filter(|first| first.uuid == uuid) else { return };
        acknowledged(id, first.state);
        task.updates.pop_front();
        if let Some(next) = task.updates.front_mut() {
            next.send_at = now;
        } else if is_over(task.state) {
            task.is_known = false;
        }
    }

    /// The answer to the question how a task is, if there is one.
    fn answer(&self, framework: &str, id: &str, agent: Option<&str>) {
        let tell = |agent: &str, state: &str, message: &'static str| {
            self.tell_status(framework, id, agent, state, why(RECONCILIATION, message));
        };
        if let Some((agent, task)) = self.task(id).filter(|(_, task)| task.is_known) {
            return tell(&agent.id, task.forwarded, "Reconciliation: Latest task state");
        }
        let recovers = |registration| matches!(registration, Registration::Recovering(_));
        let Some(name) = agent else {
            if !self.agents.iter().any(|agent| recovers(agent.registration)) {
                tell("", "TASK_UNKNOWN", "Reconciliation: Task is unknown");
            }
            return;
        };
        let registration = self.agents.iter().find(|agent| agent.id == name);
        match registration.map(|agent| agent.registration) {
            Some(Registration::Recovering(_)) => {}
            Some(Registration::Registered | Registration::Disconnected(_)) => {
                tell(name, "TASK_GONE", "Reconciliation: Task is unknown to the agent");
            }
            Some(Registration::Unreachable) => {
                tell(name, "TASK_UNREACHABLE", "Reconciliation: Task is unreachable");
            }
            Some(Registration::Gone) => {
                tell(name, "TASK_GONE_BY_OPERATOR", "Reconciliation: Task is gone");
            }
            None => tell(name, "TASK_UNKNOWN", "Reconciliation: Task is unknown"),
        }
    }

    fn answer_all(&self, framework: &str) {
        let own = self.agents.iter().flat_map(|agent| &agent.tasks);
        for (id, _) in own.filter(|(_, task)| task.is_known && task.framework == framework) {
            self.answer(framework, id, None);
        }
    }
}
