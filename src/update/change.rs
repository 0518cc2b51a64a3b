//! What an update changes: decided before anything is touched. The dry run prints it, the real update carries it out.

use std::collections::BTreeSet;

use prost::Message;
use serde_json::Map;

use super::request::{Request, RequestError};
use crate::context::{CommandError, Context};
use crate::controller::stored_plan::{pack, plan_digest};
use crate::deployment::command::CommandTemplate;
use crate::deployment::container::{Container, defaults};
use crate::packing::{Algorithm, ContainerPlan, PackingInput, PackingPlan, repack};
use crate::proto::api::Topology;
use crate::proto::system;
use crate::scheduler::container::DesiredContainer;
use crate::scheduler::record::{Desired, TMANAGER_GRACE_MS};
use crate::scheduler::update::{Update, UpdateStep};
use crate::scheduler::update_steps;
use crate::state::TopologyState;
use crate::topology::dialect::Release;

/// Everything about an update.
#[derive(Clone, Debug)]
pub struct Change {
    /// The topology's name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// What packs it.
    pub algorithm: Algorithm,
    /// The plan that is stored.
    pub old: PackingPlan,
    /// The plan that is to be.
    pub new: PackingPlan,
    /// What is journalled.
    pub update: Update,
    /// The new containers.
    pub added: Vec<DesiredContainer>,
    /// The command that containers are launched with from now on.
    pub command: CommandTemplate,
    /// Settings changed at run time that no TManager takes a second time.
    pub lost_settings: Vec<String>,
}

impl Change {
    /// The record with the update begun.
    #[must_use]
    pub fn begin(&self, desired: &Desired) -> Desired {
        update_steps::begin(desired, self.update.clone(), self.added.clone(), self.command.clone())
    }

    /// Tells what is lost by it.
    pub fn warn_of_lost_settings(&self, context: &Context<'_>) {
        for item in &self.lost_settings {
            context.reporter.warn(&format!(
                "the setting `{item}` was made while the topology ran; no TManager takes it a second time, and it is lost"
            ));
        }
    }

    /// Whether the topology is as it was asked for already.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.old == self.new
    }
}

/// Decides what a request changes.
pub fn change(
    context: &Context<'_>,
    found: &TopologyState,
    desired: &Desired,
    request: &Request,
) -> anyhow::Result<Change> {
    let settings = context.settings;
    supported(desired.launch.release.as_deref().or(settings.release.dialect.as_deref()))?;
    let (topology, message) = records(found)?;
    let algorithm = Algorithm::from_class_name(&settings.repacking_class)?;
    let old = PackingPlan::try_from(message)?;
    let new = replanned(
        algorithm,
        &old,
        topology,
        request,
        &PackingInput::new(topology, defaults(settings))?,
    )?;
    let stored = system::PackingPlan::from(&new).encode_to_vec();
    let (runtime_config, lost_settings) = found
        .runtime_settings()
        .into_iter()
        .map(|setting| setting.to_string())
        .partition(|item| super::request::check_setting(item).is_ok());
    let command = command(found, desired, &old, &new)?;
    let sizes = sizes(desired, &old, &new);
    let update = Update {
        step: UpdateStep::Begun,
        request: request.to_string(),
        old_plan: plan_of(found),
        new_plan: plan_digest(&stored),
        plan: Some(pack(&stored)?),
        undo: false,
        state: found.state().map_or("RUNNING", |state| state.name()).to_owned(),
        runtime_config,
        added: sizes.added.iter().map(|container| container.id).collect(),
        removed: sizes.removed,
        resized: sizes.resized,
        resized_from: sizes.resized_from,
        relaunched: sizes.relaunched,
        old_command: (command != desired.launch.command).then(|| desired.launch.command.clone()),
        tmanager_session: None,
        tmanager_grace_ms: settings
            .mesos
            .as_ref()
            .is_none_or(|mesos| mesos.relaunch_tmanager)
            .then_some(TMANAGER_GRACE_MS),
        replacement: None,
        extra: Map::new(),
    };
    Ok(Change {
        name: found.name.clone(),
        id: topology.id.clone(),
        algorithm,
        old,
        new,
        update,
        added: sizes.added,
        command,
        lost_settings,
    })
}

/// The TManager reads the packing plan itself since 0.15.0; before, nothing that runs follows a new one.
fn supported(dialect: Option<&str>) -> anyhow::Result<()> {
    let release = Release::from_setting(dialect)?;
    if release.reads_packing_plan() {
        return Ok(());
    }
    let what =
        format!("updating a topology of Heron {release}, whose TMaster reads no packing plan,");
    Err(CommandError::Unsupported { what }.into())
}

fn records(found: &TopologyState) -> anyhow::Result<(&Topology, &system::PackingPlan)> {
    let missing = |what: &str| CommandError::Incomplete {
        topology: found.name.clone(),
        what: format!("its {what} is missing"),
    };
    let topology = found.topology.as_ref().ok_or_else(|| missing("definition"))?.message()?;
    let plan = found.packing_plan.as_ref().ok_or_else(|| missing("packing plan"))?.message()?;
    Ok((topology, plan))
}

/// The new plan; the old one where nothing is asked for that is not so already, which Heron's algorithms can't take.
fn replanned(
    algorithm: Algorithm,
    old: &PackingPlan,
    topology: &Topology,
    request: &Request,
    input: &PackingInput,
) -> anyhow::Result<PackingPlan> {
    let counts = old.component_counts();
    let same = |(component, wanted): &(String, i32)| {
        counts.get(component.as_str()).is_some_and(|count| i32::try_from(*count) == Ok(*wanted))
    };
    let containers =
        request.containers.filter(|count| usize::try_from(*count) != Ok(old.container_count()));
    if containers.is_none() && request.parallelism.iter().all(same) {
        return Ok(old.clone());
    }
    let new = repack(algorithm, old, input, &request.parallelism, containers).map_err(|error| {
        let (topology, source) = (topology.name.clone(), Box::new(error));
        RequestError::Unpackable { topology, source }
    })?;
    tracing::debug!("{} packs {} anew: {new:?}", algorithm.name(), topology.name);
    Ok(new)
}

/// SHA-256 of the packing plan as it stands in the state tree.
#[must_use]
pub fn plan_of(found: &TopologyState) -> String {
    found.packing_plan.as_ref().map(|plan| plan_digest(&plan.node.data)).unwrap_or_default()
}

/// What happens to containers.
#[derive(Debug, Default)]
struct Sizes {
    added: Vec<DesiredContainer>,
    removed: Vec<u32>,
    resized: Vec<DesiredContainer>,
    resized_from: Vec<DesiredContainer>,
    relaunched: Vec<u32>,
}

fn sizes(desired: &Desired, old: &PackingPlan, new: &PackingPlan) -> Sizes {
    let mut sizes = Sizes::default();
    let ram_changes = changed_ram(old, new);
    for planned in &new.containers {
        let wanted = DesiredContainer::from(Container::of_plan(planned));
        let Some(now) = desired.containers.iter().find(|container| container.id == wanted.id)
        else {
            sizes.added.push(wanted);
            continue;
        };
        let wanted =
            DesiredContainer { restarts: now.restarts, extra: now.extra.clone(), ..wanted };
        let before = old.container(planned.id);
        let relaunch = grows(now, &wanted) || has_other_heaps(planned, before, &ram_changes);
        if wanted != *now || relaunch {
            sizes.relaunched.extend(relaunch.then_some(wanted.id));
            sizes.resized_from.push(now.clone());
            sizes.resized.push(wanted);
        }
    }
    let stays =
        |id: u32| id == 0 || new.containers.iter().any(|one| u32::try_from(one.id) == Ok(id));
    sizes.removed = desired.containers.iter().map(|one| one.id).filter(|id| !stays(*id)).collect();
    sizes
}

/// Whether a container needs more than its task has: Mesos can't give a running task more.
fn grows(now: &DesiredContainer, wanted: &DesiredContainer) -> bool {
    wanted.cpus > now.cpus || wanted.mem_mb > now.mem_mb || wanted.disk_mb > now.disk_mb
}

/// Components whose instances get another amount of RAM; executors are told when they are launched, and only then.
fn changed_ram(old: &PackingPlan, new: &PackingPlan) -> BTreeSet<String> {
    let before: BTreeSet<(String, i64)> = old.component_ram().into_iter().collect();
    let changed = new.component_ram().into_iter().filter(|entry| !before.contains(entry));
    changed.map(|(component, _)| component).collect()
}

/// Whether a container gets other instances of a component with other RAM: with the old executor they would not fit.
fn has_other_heaps(
    planned: &ContainerPlan,
    before: Option<&ContainerPlan>,
    ram_changes: &BTreeSet<String>,
) -> bool {
    let counts = planned.component_counts();
    let earlier = before.map(ContainerPlan::component_counts).unwrap_or_default();
    counts != earlier && counts.keys().any(|component| ram_changes.contains(*component))
}

/// The command with the new plan's RAM of components.
fn command(
    found: &TopologyState,
    desired: &Desired,
    old: &PackingPlan,
    new: &PackingPlan,
) -> anyhow::Result<CommandTemplate> {
    if changed_ram(old, new).is_empty() {
        return Ok(desired.launch.command.clone());
    }
    let changed = desired.launch.command.with_component_ram(&new.component_ram())?;
    changed.ok_or_else(|| {
        let what = "its command in the journal says nothing of the components' RAM".to_owned();
        CommandError::Incomplete { topology: found.name.clone(), what }.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packing::{InstancePlan, Size};

    const MB: i64 = 1 << 20;

    /// Id, RAM in MB, and instances: component and RAM in MB.
    type Planned<'a> = (i32, i64, &'a [(&'a str, i64)]);

    fn plan(containers: &[Planned]) -> PackingPlan {
        let mut task = 0;
        let containers = containers.iter().map(|(id, ram, instances)| {
            let instances = instances.iter().map(|(component, ram)| {
                task += 1;
                let resource = Size { cpu: 1.0, ram: ram * MB, disk: MB };
                InstancePlan::new(component, task, task, resource)
            });
            let required = Size { cpu: 2.0, ram: ram * MB, disk: MB };
            ContainerPlan::new(*id, instances.collect(), required)
        });
        PackingPlan::new("t", containers.collect())
    }

    fn desired(plan: &PackingPlan) -> Desired {
        let mut desired: Desired = serde_json::from_str(
            r#"{"version":1,"topology":"t","topology_id":"i","goal":"RUNNING","phase":"LAUNCHED","generation":4,
                "digest":"","framework":{"id":{"value":"f"},"name":"n","user":"u","roles":["*"],
                "failover_timeout_seconds":1.0,"labels":[]},
                "launch":{"command":[],"uris":[],"ports":9,"kill_grace_ms":1},
                "containers":[{"id":0,"cpus":1.0,"mem_mb":1.0,"disk_mb":1.0}]}"#,
        )
        .unwrap();
        desired
            .containers
            .extend(plan.containers.iter().map(Container::of_plan).map(DesiredContainer::from));
        desired
    }

    fn changes(old: &PackingPlan, new: &PackingPlan) -> (Vec<u32>, Vec<u32>, Vec<u32>, Vec<u32>) {
        let sizes = sizes(&desired(old), old, new);
        let ids = |list: &[DesiredContainer]| list.iter().map(|one| one.id).collect();
        (ids(&sizes.added), ids(&sizes.resized), sizes.relaunched, sizes.removed)
    }

    #[test]
    fn only_what_needs_more_is_launched_anew() {
        let old = plan(&[(1, 100, &[("a", 50)]), (2, 100, &[("a", 50)]), (3, 100, &[("a", 50)])]);
        let grown =
            plan(&[(1, 200, &[("a", 50), ("a", 50)]), (2, 80, &[("a", 50)]), (5, 100, &[])]);
        assert_eq!(changes(&old, &grown), (vec![5], vec![1, 2], vec![1], vec![3]));
        assert_eq!(changes(&old, &old), (vec![], vec![], vec![], vec![]));
    }

    #[test]
    fn instances_with_other_heaps_need_an_executor_that_knows_of_them() {
        let old = plan(&[(1, 100, &[("a", 50)]), (2, 100, &[("a", 50)])]);
        // The same room, more instances in it: each gets less.
        let new = plan(&[(1, 100, &[("a", 25), ("a", 25)]), (2, 100, &[("a", 50)])]);
        assert_eq!(changes(&old, &new), (vec![], vec![1], vec![1], vec![]));
    }
}
