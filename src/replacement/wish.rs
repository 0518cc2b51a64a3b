//! What is to take the place of a topology that runs.

use prost::Message as _;
use tokio::sync::OnceCell;

use super::change::{Asked, Found};

use crate::cli::SubmitArgs;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::journal::load;
use crate::controller::stored_plan::{pack, unpack};
use crate::controller::verdict::is_out_of_reach;
use crate::engine::ConfiguredEngine;
use crate::proto::api::{Topology, TopologyState as Wanted};
use crate::proto::system;
use crate::scheduler::journal::decode_revision;
use crate::scheduler::revision::{HeronNodes, Revision};
use crate::scheduler::update::Update;
use crate::submission::deliver::{Delivered, deliver};
use crate::submission::plan::Plan;
use crate::submission::preflight::{agents_are_large_enough, has_room};
use crate::submission::record::{desired, execution_state};
use crate::submission::room::without_room;
use crate::submission::source::Sources;
use crate::submission::standing::{Standing, Taken};

/// The mode in which a TManager keeps checkpoints.
const STATEFUL: &str = "EFFECTIVELY_ONCE";
/// What it is called in a definition.
const RELIABILITY: &str = "topology.reliability.mode";

/// What is to take the place of a topology that runs.
#[allow(async_fn_in_trait)] // implementations are few and used by one task
pub trait Wish {
    /// Whether an update is the same wish, which somebody has begun to carry out.
    fn is_same(&self, update: &Update) -> bool;

    /// What is to be put in place of what is found; none if nothing needs to be.
    async fn asked(&self, state: &StateTree, found: &Found) -> anyhow::Result<Option<Asked>>;

    /// Takes back what was done outside of the state tree, where nothing was begun. `error` is why.
    async fn undo(&self, error: &anyhow::Error);

    /// What is done, for messages: `replacing`.
    fn doing(&self) -> &'static str;

    /// The command that goes on with it.
    fn again(&self) -> String;
}

/// What `submit --replace` brings.
pub struct Brought<'a> {
    /// What the command has at hand.
    pub context: &'a Context<'a>,
    /// What is to run.
    pub plan: &'a Plan,
    /// What its package is made of.
    pub sources: &'a Sources,
    /// What was typed.
    pub args: &'a SubmitArgs,
    /// Where it is to run.
    pub engine: &'a ConfiguredEngine,
    /// Its package, once that is in its store.
    pub delivered: OnceCell<Delivered>,
}

impl Wish for Brought<'_> {
    fn is_same(&self, update: &Update) -> bool {
        update.replacement.is_some() && update.request == self.request()
    }

    async fn asked(&self, state: &StateTree, found: &Found) -> anyhow::Result<Option<Asked>> {
        let Self { context, plan, args, engine, .. } = self;
        let standing =
            Standing { found: found.state.clone(), desired: Some(found.desired.clone()) };
        match standing.judge(context, plan)? {
            Taken::Other(_) => {}
            _ => return Ok(None),
        }
        let resets_state = self.resets_state(found)?;
        self.refuse_another_principal(found)?;
        agents_are_large_enough(context, *engine, plan).await?;
        has_room(context, *engine, state, plan, &found.desired).await?;
        let paused =
            (args.source.deactivated || plan.state == Wanted::Paused).then_some(Wanted::Paused);
        Ok(Some(Asked {
            request: self.request(),
            to: self.revision(found).await?,
            is_new: true,
            state: paused,
            resets_state,
        }))
    }

    async fn undo(&self, error: &anyhow::Error) {
        let left = self.context.whole.signals().seen().is_some();
        // Where nobody knows whether it was begun, containers may need the package.
        if let Some(delivered) = self.delivered.get().filter(|_| !left && !is_out_of_reach(error)) {
            let doing = "removing the package from the store";
            delivered.undo(&self.context.undoing(doing)).await;
        }
    }

    fn doing(&self) -> &'static str {
        "replacing"
    }

    fn again(&self) -> String {
        "the same `heron-cli submit` goes on with it".to_owned()
    }
}

impl Brought<'_> {
    fn request(&self) -> String {
        let short: String = self.plan.digest.chars().take(12).collect();
        format!("submit {short}")
    }

    /// The revision that it becomes. Its package is brought into the store.
    async fn revision(&self, found: &Found) -> anyhow::Result<Revision> {
        let Self { context, plan, sources, .. } = self;
        let bring = async || {
            context.reporter.step("building the package");
            let release = &plan.release.release;
            let name = &plan.package.name;
            let package = sources.package(context, &plan.definition, release, name).await?;
            deliver(context, plan, &package).await
        };
        let delivered = self.delivered.get_or_try_init(bring).await?;
        let mesos = context.mesos()?;
        let mut wanted = desired(context, mesos, plan, &delivered.deployment(plan));
        wanted.launch.package = delivered.stored().map(Box::new);
        // The user of a framework can't be changed, that of its tasks can.
        let other = mesos.task_user != found.desired.framework.user;
        wanted.launch.user = other.then(|| mesos.task_user.clone());
        let packing = system::PackingPlan::from(&plan.packing).encode_to_vec();
        let nodes = HeronNodes {
            definition: pack(&plan.stored)?,
            packing_plan: pack(&packing)?,
            execution_state: pack(&execution_state(context, plan).encode_to_vec())?,
        };
        Ok(Revision::of(&wanted, found.desired.revisions.next(), nodes))
    }

    /// A framework's principal can't be changed.
    fn refuse_another_principal(&self, found: &Found) -> anyhow::Result<()> {
        let (now, wanted) = (&found.desired.framework.principal, &self.context.mesos()?.principal);
        if now == wanted {
            return Ok(());
        }
        let named = |principal: &Option<String>| match principal {
            Some(principal) => format!("principal `{principal}`"),
            None => "no principal".to_owned(),
        };
        let (now, wanted) = (named(now), named(wanted));
        let what = format!("replacing a topology that has {now} at Mesos by one with {wanted}");
        Err(CommandError::Unsupported { what }.into())
    }

    /// Whether it begins without the checkpoints that there are.
    fn resets_state(&self, found: &Found) -> anyhow::Result<bool> {
        let new = system::PackingPlan::from(&self.plan.packing);
        Ok(resets_state(found, &new, self.args.reset_state)?)
    }
}

/// Whether what is to run begins without the checkpoints that there are: if that is asked for.
///
/// # Errors
/// They fit only the same components with the same numbers of instances, and nobody has asked for their end.
fn resets_state(
    found: &Found,
    new: &system::PackingPlan,
    asked: bool,
) -> Result<bool, CommandError> {
    let topology = found.state.topology.as_ref().and_then(|one| one.message.as_ref().ok());
    let stateful = topology.is_some_and(is_stateful) || found.state.checkpoints.is_some();
    if !stateful || asked {
        return Ok(stateful);
    }
    let old = found.state.packing_plan.as_ref().and_then(|one| one.message.as_ref().ok());
    if old.is_none_or(|old| instances(old) == instances(new)) {
        return Ok(false);
    }
    let why = "its components or their numbers of instances differ".to_owned();
    Err(CommandError::StateDiffers { topology: found.state.name.clone(), why })
}

fn is_stateful(topology: &Topology) -> bool {
    let mut settings = topology.topology_config.iter().flat_map(|config| &config.kvs);
    settings.any(|one| one.key == RELIABILITY && one.value.as_deref() == Some(STATEFUL))
}

/// Task ids with their components: what a checkpoint's parts are named by.
fn instances(plan: &system::PackingPlan) -> Vec<(i32, &str)> {
    let all = plan.container_plans.iter().flat_map(|container| &container.instance_plans);
    let mut all: Vec<(i32, &str)> =
        all.map(|one| (one.task_id, one.component_name.as_str())).collect();
    all.sort_unstable();
    all
}

/// A revision that is kept.
pub struct Kept<'a> {
    /// What the command has at hand.
    pub context: &'a Context<'a>,
    /// The topology.
    pub name: &'a str,
    /// Where it is to run.
    pub engine: &'a ConfiguredEngine,
    /// Its number; the one before what runs, if absent.
    pub number: Option<u32>,
    /// Whether checkpoints that don't fit may go.
    pub reset_state: bool,
}

impl Wish for Kept<'_> {
    fn is_same(&self, update: &Update) -> bool {
        let Some(replacement) = &update.replacement else { return false };
        let number = self.number.unwrap_or(replacement.to);
        !replacement.is_new && replacement.to == number && update.request == request(number)
    }

    async fn asked(&self, state: &StateTree, found: &Found) -> anyhow::Result<Option<Asked>> {
        let Self { context, name, engine, .. } = self;
        let revisions = &found.desired.revisions;
        let number = match self.number {
            Some(number) if number == revisions.current() => return Ok(None),
            Some(number) => revisions.find(number).map(|one| one.number),
            None => revisions.before().map(|one| one.number),
        };
        let Some(number) = number else { return Err(self.nothing(found).into()) };
        let path = state.journal(name).revision(number);
        let incomplete =
            |what: String| CommandError::Incomplete { topology: (*name).to_owned(), what };
        let node = state.zk.get(&path).await?;
        let node = node.ok_or_else(|| incomplete(format!("{path} is missing")))?;
        let to = decode_revision(&path, &node.data)?;
        let plan = unpack(&to.packing_plan);
        let plan = plan.and_then(|plan| system::PackingPlan::decode(plan.as_slice()).ok());
        let plan = plan.ok_or_else(|| incomplete(format!("{path} holds no packing plan")))?;
        let resets_state = resets_state(found, &plan, self.reset_state)?;
        let mut wanted = found.desired.clone();
        // They have their room.
        wanted.supervisors = None;
        wanted.containers.clone_from(&to.containers);
        wanted.launch.clone_from(&to.launch);
        wanted.placement.clone_from(&to.placement);
        let records = load(&state.zk, &state.journal(name)).await?.containers;
        let why = without_room(context, *engine, (&found.desired, &records), &wanted).await;
        if !why.is_empty() {
            let next = vec!["nothing was changed".to_owned()];
            let topology = (*name).to_owned();
            return Err(CommandError::NoPlacement { topology, why, next }.into());
        }
        let request = request(number);
        Ok(Some(Asked { request, to, is_new: false, state: None, resets_state }))
    }

    async fn undo(&self, _error: &anyhow::Error) {}

    fn doing(&self) -> &'static str {
        "rolling back"
    }

    fn again(&self) -> String {
        "the same `heron-cli rollback` goes on with it".to_owned()
    }
}

impl Kept<'_> {
    fn nothing(&self, found: &Found) -> CommandError {
        let revisions = &found.desired.revisions;
        let others = revisions.kept.iter().filter(|one| one.number != revisions.current());
        let others: Vec<String> = others.map(|one| one.number.to_string()).collect();
        let why = match (self.number, others.as_slice()) {
            (Some(number), [_, ..]) => {
                format!("revision {number} is not kept; {} is", others.join(", "))
            }
            _ => "no revision before the one that runs is kept".to_owned(),
        };
        CommandError::NothingBefore { topology: self.name.to_owned(), why }
    }
}

/// A rollback, in words that are the same for the same.
fn request(number: u32) -> String {
    format!("rollback to revision {number}")
}
