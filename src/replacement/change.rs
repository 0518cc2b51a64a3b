//! What the journal holds of a replacement: both revisions, whole, and the update that puts one in place of the other.

use serde_json::Map;

use crate::context::{CommandError, Context, StateTree};
use crate::controller::stored_plan::{pack, plan_digest, unpack};
use crate::proto::api::TopologyState as Wanted;
use crate::scheduler::journal::{JournalPaths, decode_desired, encode};
use crate::scheduler::record::Desired;
use crate::scheduler::replacing;
use crate::scheduler::revision::{HeronNodes, Revision};
use crate::scheduler::update::{Replacement, Update, UpdateStep};
use crate::state::topology_state::StoredRecord;
use crate::state::{Op, StateError, TopologyState, transaction};

/// A topology as it is found.
pub struct Found {
    /// Heron's nodes.
    pub state: TopologyState,
    /// Its desired record.
    pub desired: Desired,
    /// Version of that one's node.
    version: i32,
    /// Names of the nodes below it.
    below: Vec<String>,
}

/// A replacement that can begin.
#[derive(Clone, Debug)]
pub struct Change {
    /// What runs.
    pub from: Revision,
    /// What is to run.
    pub to: Revision,
    /// What is journalled.
    pub update: Update,
}

/// What a revision is to be put in place for.
pub struct Asked {
    /// In words that are the same for the same request.
    pub request: String,
    /// What is to run.
    pub to: Revision,
    /// Whether it is not among the revisions that are kept.
    pub is_new: bool,
    /// The state that the topology is to have; the one that it has, if absent.
    pub state: Option<Wanted>,
    /// Whether it is to begin without checkpoints.
    pub resets_state: bool,
}

impl Found {
    /// Reads it; none if the topology has no record.
    pub async fn read(state: &StateTree, name: &str) -> anyhow::Result<Option<Self>> {
        let StateTree { zk, tree, .. } = state;
        let record = state.journal(name).record;
        let wanted = std::slice::from_ref(&record);
        let (found, others) = TopologyState::read_with(zk, tree, name, wanted).await?;
        let Some(node) = others.into_iter().flatten().next() else { return Ok(None) };
        let Some(desired) = decode_desired(&record, &node.data)? else { return Ok(None) };
        let below = zk.children(&record).await?.unwrap_or_default();
        Ok(Some(Self { state: found, desired, version: node.stat.version, below }))
    }

    /// What runs, as a revision.
    pub fn running(&self) -> anyhow::Result<Revision> {
        fn packed<T>(record: Option<&StoredRecord<T>>) -> Option<std::io::Result<String>> {
            record.map(|record| pack(&record.node.data))
        }
        let missing = |what: &str| CommandError::Incomplete {
            topology: self.state.name.clone(),
            what: format!("its {what} is missing"),
        };
        let nodes = HeronNodes {
            definition: packed(self.state.topology.as_ref())
                .ok_or_else(|| missing("definition"))??,
            packing_plan: packed(self.state.packing_plan.as_ref())
                .ok_or_else(|| missing("packing plan"))??,
            execution_state: packed(self.state.execution_state.as_ref())
                .ok_or_else(|| missing("execution state"))??,
        };
        Ok(Revision::of(&self.desired, self.desired.revisions.current(), nodes))
    }
}

impl Change {
    /// A replacement of what is found.
    pub fn new(context: &Context<'_>, found: &Found, asked: Asked) -> anyhow::Result<Self> {
        let Asked { request, to, is_new, state, resets_state } = asked;
        let from = found.running()?;
        let state = state.or(found.state.state()).unwrap_or(Wanted::Running);
        let digest = |text: &str| unpack(text).map(|plan| plan_digest(&plan)).unwrap_or_default();
        let replacement = Replacement {
            from: from.number,
            to: to.number,
            is_new,
            keep: context.settings.history,
            resets_state,
            extra: Map::new(),
        };
        let update = Update {
            step: UpdateStep::Begun,
            request,
            old_plan: digest(&from.packing_plan),
            new_plan: digest(&to.packing_plan),
            plan: None,
            undo: false,
            state: state.name().to_owned(),
            runtime_config: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
            resized: Vec::new(),
            resized_from: Vec::new(),
            relaunched: Vec::new(),
            old_command: None,
            tmanager_session: None,
            tmanager_grace_ms: None,
            replacement: Some(Box::new(replacement)),
            extra: Map::new(),
        };
        Ok(Self { from, to, update })
    }

    /// The record with the replacement begun.
    fn begin(&self, desired: &Desired) -> Desired {
        replacing::begin(desired, self.update.clone(), self.from.kept(), self.to.kept())
    }

    /// What writes it.
    pub fn ops(
        &self,
        context: &Context<'_>,
        paths: &JournalPaths,
        found: &Found,
    ) -> anyhow::Result<Vec<Op>> {
        let mut begun = self.begin(&found.desired);
        context.writer().remember(Some(&found.desired), &mut begun);
        let mut ops = Vec::new();
        let there = paths.revisions_of(&found.below);
        for revision in [&self.from, &self.to] {
            let path = paths.revision(revision.number);
            let data = encode(&path, revision)?;
            let is_there = there.contains(&path);
            ops.push(if is_there { Op::set(path, data, None) } else { Op::create(path, data) });
        }
        let record = encode(&paths.record, &begun)?;
        ops.push(Op::set(&paths.record, record, Some(found.version)));
        Ok(ops)
    }

    /// Refuses what could begin and not be put in place: no server would take that transaction.
    pub fn check_size(&self, context: &Context<'_>, record: &str) -> Result<(), StateError> {
        let max_buffer = context.settings.state.max_buffer.get();
        let max_buffer = usize::try_from(max_buffer).unwrap_or(usize::MAX);
        let data = |text: &str| unpack(text).unwrap_or_default();
        let nodes = [&self.to.definition, &self.to.packing_plan, &self.to.execution_state];
        let mut ops: Vec<Op> = nodes.map(|text| Op::create(record, data(text))).into();
        let desired = serde_json::to_vec(&self.to).unwrap_or_default();
        ops.push(Op::create(record, desired));
        transaction::check_size(&ops, max_buffer)
    }
}
