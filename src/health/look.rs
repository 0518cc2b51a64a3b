//! Reads what there is to know of topologies: Heron's nodes, the journal, who holds the lock, and what the engine says.

use futures_util::future::{join, join_all, join3};

use super::asked::{Sought, meanwhile, observe, seek};
use super::facts::Facts;
use crate::context::{Context, StateTree};
use crate::controller::journal::{JournalNodes, Journalled};
use crate::engine::observation::Observation;
use crate::net::cause::chain;
use crate::scheduler::ids::FrameworkId;
use crate::scheduler::journal::JournalError;
use crate::state::holder::Holder;
use crate::state::lock::queued_among;
use crate::state::{StateError, TopologyState};

/// Topologies whose nodes are read at the same time.
const TOGETHER: usize = 64;

/// What is known of one topology.
pub async fn look(
    context: &Context<'_>,
    state: &StateTree,
    name: &str,
) -> Result<Facts, StateError> {
    let sought = seek(context);
    let nodes =
        Box::pin(async { First::look(context, state, name).await?.rest(context, state).await });
    Ok(meanwhile(&sought, nodes).await?.observed(context, &sought).await)
}

/// What is known of topologies, in the order of their names. The engine is asked once.
pub async fn look_at_all(
    context: &Context<'_>,
    state: &StateTree,
    names: &[String],
) -> Result<Vec<Facts>, StateError> {
    let sought = seek(context);
    let mut found = Vec::with_capacity(names.len());
    for some in names.chunks(TOGETHER) {
        let all = some.iter().map(|name| {
            Box::pin(async { First::look(context, state, name).await?.rest(context, state).await })
        });
        for nodes in meanwhile(&sought, join_all(all)).await {
            found.push(nodes?);
        }
    }
    let frameworks: Vec<FrameworkId> =
        found.iter().filter_map(|nodes: &Nodes| nodes.framework().cloned()).collect();
    let mut observed = observe(context, &sought, &frameworks).await.into_iter();
    let now = (context.machine.clock)();
    Ok(found
        .into_iter()
        .map(|nodes| {
            let observed = nodes.framework().and_then(|_| observed.next());
            nodes.with(observed.unwrap_or(Observation::NotAsked), now)
        })
        .collect())
}

/// What the first round trip tells of a topology.
pub struct First {
    /// Heron's nodes.
    pub topology: TopologyState,
    /// What there is of the journal.
    pub journal: JournalNodes,
    /// Names of the nodes of its lock.
    lock: Vec<String>,
}

impl First {
    /// Looks.
    pub async fn look(
        context: &Context<'_>,
        state: &StateTree,
        name: &str,
    ) -> Result<Self, StateError> {
        let paths = state.journal(name);
        let parents = [paths.containers.as_str(), &paths.lock];
        let StateTree { zk, tree, .. } = state;
        match TopologyState::read_beside(zk, tree, name, &paths.record, parents).await {
            Ok((topology, record, [containers, lock])) => {
                let journal = JournalNodes { record, containers: containers.unwrap_or_default() };
                Ok(Self { topology, journal, lock: lock.unwrap_or_default() })
            }
            Err(StateError::NoAuth { .. }) => Self::look_at_each(context, state, name).await,
            Err(error) => Err(error),
        }
    }

    /// The same where not all of it may be read.
    async fn look_at_each(
        context: &Context<'_>,
        state: &StateTree,
        name: &str,
    ) -> Result<Self, StateError> {
        let paths = state.journal(name);
        let (topology, journal, lock) = join3(
            TopologyState::read(&state.zk, &state.tree, name),
            JournalNodes::find(&state.zk, &paths),
            state.zk.children(&paths.lock),
        )
        .await;
        let topology = topology?;
        let (journal, lock) = match (journal, lock) {
            // Heron's own nodes can be read by everybody, and are worth showing.
            (Err(StateError::NoAuth { path }), _) | (_, Err(StateError::NoAuth { path })) => {
                warn_of_hidden(context, &path);
                (JournalNodes::default(), None)
            }
            (journal, lock) => (journal?, lock?),
        };
        Ok(Self { topology, journal, lock: lock.unwrap_or_default() })
    }

    /// Looks on: at the records, and at who drives.
    pub async fn rest(self, context: &Context<'_>, state: &StateTree) -> Result<Nodes, StateError> {
        let Self { topology, journal, lock } = self;
        let paths = state.journal(&topology.name);
        let (records, queue) =
            join(journal.read(&state.zk, &paths), queued_among(&state.zk, &paths.lock, lock)).await;
        let ((journalled, unreadable), queue) = match (records, queue) {
            (Err(StateError::NoAuth { path }), _) | (_, Err(StateError::NoAuth { path })) => {
                warn_of_hidden(context, &path);
                ((Journalled::default(), Vec::new()), Vec::new())
            }
            (records, queue) => (records?, queue?),
        };
        let supervisors = queue.iter().filter(|one| one.is_resident()).count();
        let driver = queue.into_iter().next();
        Ok(Nodes { topology, journalled, unreadable, driver, supervisors })
    }
}

fn warn_of_hidden(context: &Context<'_>, path: &str) {
    context.reporter.warn(&format!(
        "the znode {path} can't be read by this user: containers, framework and who works on the topology are not shown; \
         heron.statemgr.zookeeper.auth.file says who we are for ZooKeeper"
    ));
}

/// What the state tree tells of a topology.
pub struct Nodes {
    topology: TopologyState,
    journalled: Journalled,
    unreadable: Vec<JournalError>,
    driver: Option<Holder>,
    supervisors: usize,
}

impl Nodes {
    fn framework(&self) -> Option<&FrameworkId> {
        self.journalled.desired.as_ref().map(|desired| &desired.framework.id)
    }

    /// Looks at the engine as well, for which no session is needed once it is found.
    pub async fn observed(self, context: &Context<'_>, sought: &Sought<'_>) -> Facts {
        let framework: Vec<FrameworkId> = self.framework().cloned().into_iter().collect();
        let observed = observe(context, sought, &framework).await.pop();
        self.with(observed.unwrap_or(Observation::NotAsked), (context.machine.clock)())
    }

    fn with(self, observed: Observation, now: crate::clock::Millis) -> Facts {
        let Self { topology, journalled, unreadable, driver, supervisors } = self;
        Facts {
            topology,
            desired: journalled.desired,
            records: journalled.containers,
            supervisor_records: journalled.supervisors,
            unreadable: unreadable.iter().map(|error| chain(error)).collect(),
            driver,
            supervisors,
            observed,
            now,
        }
    }
}
