//! Which task goes on which offer, and how far each has come. Pure: no clock, no I/O.
//!
//! Every URI is a task of its own on every agent, since one URI that can't be fetched fails all of its task.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fetch::Fetch;
use crate::mesos::call::{
    Accept, Acknowledge, Body, CommandInfo, Decline, Filters, Launch, Operation, TaskInfo,
};
use crate::mesos::event::{Label, Labels, Offer, TaskState, TaskStatus};
use crate::mesos::ids::{AgentId, OfferId, TaskId};
use crate::mesos::resources::{Pool, Want};

/// How long an offer that is of no use stays away: longer than any check.
const REFUSE_SECONDS: f64 = 3600.0;
/// How long what is too small now stays away.
const RETRY_SECONDS: f64 = 1.0;

/// An agent that is to be checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Which one; none: whichever makes an offer.
    pub agent: Option<AgentId>,
    /// A host name that is to match instead, where the master does not list its agents.
    pub host: Option<String>,
}

/// How a task stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Not launched.
    Waiting,
    /// Launched after so long.
    Launched {
        /// When, counted from the subscription.
        at: Duration,
        /// The last state heard of.
        state: TaskState,
    },
    /// It came to an end, or nothing more is to be heard of it.
    Ended {
        /// How long it took from its launch.
        after: Duration,
        /// How long the fetching took.
        fetched: Option<Duration>,
        /// Its last state.
        status: TaskStatus,
    },
    /// It is not launched any more, for this reason.
    GivenUp {
        /// Why not.
        why: String,
    },
}

/// One URI on one agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Place in the list of what is fetched.
    pub fetch: usize,
    /// Its id.
    pub id: TaskId,
    /// How it stands.
    pub stage: Stage,
    /// When the fetching was over: the task's own command began.
    began: Option<Duration>,
}

/// One agent with its tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    target: Target,
    /// Its host, once known.
    pub host: String,
    /// Its id, once known.
    pub agent: Option<AgentId>,
    /// `host:port` of its files.
    pub address: Option<String>,
    /// A task per package.
    pub tasks: Vec<Task>,
    /// Why its last offer was too small.
    short: Option<String>,
    /// Since when it is waited for an offer of it.
    since: Duration,
}

/// Everything that is known.
#[derive(Debug)]
pub struct Model<'a> {
    fetches: &'a [Fetch],
    want: Want,
    roles: &'a [String],
    /// The agents.
    pub slots: Vec<Slot>,
}

impl<'a> Model<'a> {
    /// A model in which nothing is launched.
    #[must_use]
    pub fn new(
        fetches: &'a [Fetch],
        targets: Vec<(Target, String)>,
        want: Want,
        roles: &'a [String],
    ) -> Self {
        let slot = |(slot, (target, host)): (usize, (Target, String))| Slot {
            agent: target.agent.clone(),
            target,
            host,
            address: None,
            tasks: (0..fetches.len())
                .map(|fetch| Task {
                    fetch,
                    id: TaskId(format!("check-fetch-{slot}-{fetch}")),
                    stage: Stage::Waiting,
                    began: None,
                })
                .collect(),
            short: None,
            since: Duration::ZERO,
        };
        let slots = targets.into_iter().enumerate().map(slot).collect();
        Self { fetches, want, roles, slots }
    }

    /// Uses offers, and gives back what is of no use. `now` counts from the subscription.
    pub fn offers(&mut self, now: Duration, offers: &[Offer]) -> Vec<Body> {
        let mut by_agent: BTreeMap<(&AgentId, Option<&str>), Vec<&Offer>> = BTreeMap::new();
        for offer in offers {
            let role = offer.allocation_info.as_ref().and_then(|info| info.role.as_deref());
            by_agent.entry((&offer.agent_id, role)).or_default().push(offer);
        }
        by_agent.into_values().map(|offers| self.use_offers(now, &offers)).collect()
    }

    fn use_offers(&mut self, now: Duration, offers: &[&Offer]) -> Body {
        let ids: Vec<OfferId> = offers.iter().map(|offer| offer.id.clone()).collect();
        let decline = |refuse_seconds| {
            let filters = Some(Filters { refuse_seconds });
            Body::Decline { decline: Decline { offer_ids: ids.clone(), filters } }
        };
        let Some(offer) = offers.first() else { return decline(REFUSE_SECONDS) };
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.wants(offer)) else {
            return decline(REFUSE_SECONDS);
        };
        let mut pool = Pool::from_offers(offers, self.roles);
        let mut infos = Vec::new();
        for task in slot.tasks.iter_mut().filter(|task| task.stage == Stage::Waiting) {
            let Some(fetch) = self.fetches.get(task.fetch) else { continue };
            match pool.take(&self.want) {
                Ok(taken) => {
                    infos.push(task_info(fetch, task, offer, taken.resources));
                    task.stage = Stage::Launched { at: now, state: TaskState::Staging };
                }
                Err(short) => {
                    let missing = short.missing.iter().map(ToString::to_string);
                    slot.short = Some(missing.collect::<Vec<_>>().join(", "));
                    break;
                }
            }
        }
        if infos.is_empty() {
            return decline(RETRY_SECONDS);
        }
        slot.agent = Some(offer.agent_id.clone());
        slot.host.clone_from(&offer.hostname);
        slot.address = address(offer);
        slot.since = now;
        let waits = slot.is_waiting();
        // An offer that the pool left alone comes again.
        let offer_ids = pool.offer_ids().to_vec();
        let operations = vec![Operation::Launch { launch: Launch { task_infos: infos } }];
        let refuse_seconds = if waits { RETRY_SECONDS } else { REFUSE_SECONDS };
        let filters = Some(Filters { refuse_seconds });
        Body::Accept { accept: Accept { offer_ids, operations, filters } }
    }

    /// Takes a task's state in; returns the acknowledgement, if one is wanted.
    pub fn update(&mut self, now: Duration, status: TaskStatus) -> Option<Body> {
        let acknowledge = acknowledgement(&status);
        let found = self.slots.iter_mut().find_map(|slot| {
            let index = slot.tasks.iter().position(|task| task.id == status.task_id)?;
            Some((slot, index))
        });
        let Some((slot, index)) = found else { return acknowledge };
        slot.since = now;
        let Some(task) = slot.tasks.get_mut(index) else { return acknowledge };
        let Stage::Launched { at, state } = &mut task.stage else { return acknowledge };
        let at = *at;
        if matches!(status.state, TaskState::Starting | TaskState::Running) {
            task.began.get_or_insert(now);
        }
        if status.state.is_terminal() || status.state == TaskState::Unreachable {
            let fetched = task.began.map(|began| began.saturating_sub(at));
            let after = now.saturating_sub(at);
            task.stage = Stage::Ended { after, fetched, status };
        } else {
            *state = status.state;
        }
        acknowledge
    }

    /// Gives up tasks for which no fitting offer came for so long. `known` tells what is known of an agent that makes none.
    pub fn give_up(
        &mut self,
        now: Duration,
        patience: Duration,
        known: impl Fn(Option<&AgentId>) -> String,
    ) {
        for slot in &mut self.slots {
            if slot.is_at_work() || !slot.is_waiting() || now < slot.since + patience {
                continue;
            }
            let why = match &slot.short {
                Some(short) => format!("its offers are too small: {short}"),
                None => known(slot.agent.as_ref()),
            };
            slot.give_up(&why);
        }
    }

    /// Whether nothing more is to be waited for.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.slots.iter().all(|slot| !slot.is_waiting() && !slot.is_at_work())
    }

    /// Tasks that are over, and all.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let tasks = || self.slots.iter().flat_map(|slot| &slot.tasks);
        let over = |task: &&Task| matches!(task.stage, Stage::Ended { .. } | Stage::GivenUp { .. });
        (tasks().filter(over).count(), tasks().count())
    }
}

impl Slot {
    fn is_waiting(&self) -> bool {
        self.tasks.iter().any(|task| task.stage == Stage::Waiting)
    }

    fn is_at_work(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task.stage, Stage::Launched { .. }))
    }

    /// Tasks that are not launched yet never will be.
    pub fn give_up(&mut self, why: &str) {
        for task in &mut self.tasks {
            if task.stage == Stage::Waiting {
                task.stage = Stage::GivenUp { why: why.to_owned() };
            }
        }
    }

    fn wants(&self, offer: &Offer) -> bool {
        let matches = match (&self.agent, &self.target.host) {
            (Some(agent), _) => *agent == offer.agent_id,
            (None, Some(host)) => *host == offer.hostname || *host == offer.agent_id.0,
            (None, None) => true,
        };
        matches && self.is_waiting()
    }
}

fn acknowledgement(status: &TaskStatus) -> Option<Body> {
    let acknowledge = Acknowledge {
        agent_id: status.agent_id.clone()?,
        task_id: status.task_id.clone(),
        uuid: status.uuid.clone()?,
    };
    status.wants_acknowledgement().then_some(Body::Acknowledge { acknowledge })
}

/// `host:port` of the agent's files; its address is preferred to its name.
fn address(offer: &Offer) -> Option<String> {
    let address = &offer.url.as_ref()?.address;
    let host = address.ip.as_ref().or(address.hostname.as_ref())?;
    Some(format!("{host}:{}", address.port))
}

fn task_info(
    fetch: &Fetch,
    task: &Task,
    offer: &Offer,
    resources: Vec<crate::mesos::event::Resource>,
) -> TaskInfo {
    let label = Label { key: "heron.check".to_owned(), value: Some("fetch".to_owned()) };
    TaskInfo {
        name: format!("heron-check-fetch-{}", fetch.kind.name()),
        task_id: task.id.clone(),
        agent_id: offer.agent_id.clone(),
        resources,
        command: CommandInfo {
            shell: true,
            value: fetch.command.clone(),
            user: None,
            environment: None,
            uris: vec![fetch.uri.clone()],
        },
        kill_policy: None,
        labels: Some(Labels { labels: vec![label] }),
    }
}

#[cfg(test)]
mod tests;
