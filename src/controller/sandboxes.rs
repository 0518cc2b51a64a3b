//! Looks into the sandboxes of containers while a physical plan takes longer than usual: what dies there is started again by the
//! executor, and told to nobody.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;

use super::deaths::{Death, log_of};
use super::lease::Lease;
use super::physical_plan::without_stream_manager;
use crate::clock::Millis;
use crate::context::Context;
use crate::engine::{Engine, Sandbox, TaskPlace};
use crate::scheduler::ids::TaskId;
use crate::scheduler::model::Model;
use crate::scheduler::task::TaskState;

/// How long a plan may take without any progress until it is looked why; and between two looks.
const QUIET: Duration = Duration::from_secs(10);
/// How long sandboxes may take to answer.
const SANDBOX: Duration = Duration::from_secs(5);
/// How much of an executor's log is read.
const TAIL: u64 = 128 << 10;
/// Sandboxes that are read in one look.
const TOGETHER: usize = 32;
/// Lines that are told in the end.
const MOST_TOLD: usize = 12;

/// A container that runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// Its id.
    pub id: u32,
    /// Its host.
    pub host: String,
    /// The port of its stream manager.
    pub port: u16,
    /// Its sandbox.
    pub place: TaskPlace,
    /// Since when, by the clock.
    pub since: Millis,
}

/// The containers that run as they should.
#[must_use]
pub fn running(model: &Model) -> Vec<Running> {
    let framework = &model.desired().framework.id;
    let runs =
        model.views().filter_map(|view| Some((view.id, view.record.filter(|_| view.agrees)?)));
    runs.filter(|(_, record)| record.state == TaskState::Running)
        .filter_map(|(id, record)| {
            Some(Running {
                id,
                host: record.host.clone(),
                port: *record.ports.first()?,
                place: TaskPlace::of_record(framework, record),
                since: record.since,
            })
        })
        .collect()
}

/// What died in the sandboxes of a topology's containers, as far as was looked.
#[derive(Debug, Default)]
pub struct Deaths {
    /// How often each process had died when that was last told; of tasks that ran before, when it was first looked.
    told: BTreeMap<(TaskId, String), usize>,
    /// What was told last of each.
    lines: BTreeMap<(u32, String), String>,
}

impl Deaths {
    /// The lines for the end of a wait.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.lines.values().take(MOST_TOLD).cloned().collect();
        let more = self.lines.len() - lines.len();
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines
    }

    /// Takes up what an executor's log says; returns what is to be told now: each death once, and again when the process has
    /// died twice as often. Deaths of a task from before the wait, which is not `new`, say nothing of it.
    fn take(
        &mut self,
        container: &Running,
        found: Vec<Death>,
        new: bool,
        first: bool,
    ) -> Vec<String> {
        let mut news = Vec::new();
        for death in found {
            let key = (container.place.task_id.clone(), death.process.clone());
            if first && !new {
                self.told.insert(key, death.times);
                continue;
            }
            let line = format!("container {} on {}: {death}", container.id, container.host);
            let told = self.told.entry(key).or_default();
            if death.times <= *told {
                continue;
            }
            self.lines.insert((container.id, death.process.clone()), line.clone());
            if death.times >= told.saturating_mul(2) {
                *told = death.times;
                news.push(line);
            }
        }
        news
    }
}

/// Looks again and again, and tells what it finds, until nobody wants to know any more.
pub async fn watch(
    context: &Context<'_>,
    lease: &Lease,
    topology: &str,
    containers: &RefCell<Vec<Running>>,
    deaths: &RefCell<Deaths>,
) {
    let began = (context.machine.clock)();
    let mut last = Vec::new();
    let mut looked = Vec::new();
    loop {
        sleep(QUIET).await;
        let now = containers.borrow().clone();
        if now != last {
            last = now;
            continue;
        }
        for (container, log) in look(context, lease, topology, &last).await {
            let task = container.place.task_id.clone();
            let first = !looked.contains(&task);
            if first {
                looked.push(task);
            }
            let found = super::deaths::deaths(&log);
            let new = container.since >= began;
            for line in deaths.borrow_mut().take(container, found, new, first) {
                context.reporter.warn(&line);
            }
        }
    }
}

/// The ends of the executors' logs of containers that hold things up, and of the TManager's.
async fn look<'a>(
    context: &Context<'_>,
    lease: &Lease,
    topology: &str,
    containers: &'a [Running],
) -> Vec<(&'a Running, String)> {
    let ports = containers.iter().map(|one| (one.id, one.port));
    let missing = match without_stream_manager(&lease.state, topology, ports).await {
        Ok(missing) => missing,
        Err(error) => {
            tracing::info!("failed to look for missing stream managers: {error}");
            return Vec::new();
        }
    };
    let engine = match context.engine() {
        Ok(engine) => engine,
        Err(error) => {
            tracing::info!("failed to look into sandboxes: {error:#}");
            return Vec::new();
        }
    };
    let wanted = containers.iter().filter(|one| one.id == 0 || missing.contains(&one.id));
    let read = wanted.take(TOGETHER).map(async |container| {
        let sandbox = engine.sandbox(&container.place)?;
        let file = log_of(container.id);
        match context.whole.run(SANDBOX, sandbox.tail(&file, TAIL)).await {
            Ok(Ok(log)) => Some((container, log)),
            Ok(Err(error)) => {
                tracing::info!(
                    "failed to look into the sandbox of container {}: {error}",
                    container.id
                );
                None
            }
            Err(stopped) => {
                tracing::info!("gave up the sandbox of container {}: {stopped}", container.id);
                None
            }
        }
    });
    join_all(read).await.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controller::deaths::ProcessEnd;

    fn container() -> Running {
        Running {
            id: 1,
            host: "node1".to_owned(),
            port: 31000,
            place: TaskPlace {
                framework: "f".into(),
                task_id: "t-1-1".into(),
                host_id: "a".into(),
                address: None,
            },
            since: 0,
        }
    }

    fn died(times: usize) -> Vec<Death> {
        let process = "stmgr-1".to_owned();
        vec![Death { process, times, end: ProcessEnd::Exit(1), last_words: None }]
    }

    #[test]
    fn a_death_is_told_once_per_doubling() {
        let mut deaths = Deaths::default();
        let mut told = |times, first| deaths.take(&container(), died(times), true, first).len();
        assert_eq!((told(1, true), told(1, false), told(2, false)), (1, 0, 1));
        assert_eq!((told(3, false), told(4, false), told(7, false)), (0, 1, 0));
        let lines = deaths.lines();
        assert_eq!(
            lines,
            ["container 1 on node1: stream manager 1 has died 7 times (exit status 1)"],
            "the end tells the newest count"
        );
    }

    #[test]
    fn what_died_before_is_no_news() {
        let mut deaths = Deaths::default();
        assert!(deaths.take(&container(), died(5), false, true).is_empty());
        assert!(deaths.take(&container(), died(5), false, false).is_empty());
        assert!(deaths.lines().is_empty());
        deaths.take(&container(), died(6), false, false);
        assert_eq!(deaths.lines().len(), 1);
    }
}
