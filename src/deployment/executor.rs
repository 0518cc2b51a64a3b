//! The executor's command line, from configuration, definition and packing plan.

use crate::config::Settings;
use crate::packing::{ContainerPlan, PackingPlan};
use crate::topology::definition::Definition;
use crate::topology::dialect::Release;
use crate::topology::executor::ExecutorCommand;
use crate::topology::layout::Layout;

/// The executor's command line for the containers of a topology. `binary_name` is the name that the topology's code has in
/// the sandbox.
#[must_use]
pub fn executor_command(
    settings: &Settings,
    definition: &Definition,
    packing: &PackingPlan,
    release: &Release,
    binary_name: &str,
    verbose_gc: bool,
) -> ExecutorCommand {
    let sandbox = &settings.sandbox;
    let option = |key: &str| definition.setting(key).unwrap_or_default().to_owned();
    let unsigned = |bytes: i64| u64::try_from(bytes).unwrap_or_default();
    ExecutorCommand {
        release: release.clone(),
        layout: layout(settings),
        topology_name: definition.name().to_owned(),
        topology_id: definition.id().to_owned(),
        topology_binary_file: binary_name.to_owned(),
        state_manager_connection: settings.state.backend.connection().to_owned(),
        state_manager_root: settings.state.root.clone(),
        instance_jvm_options: option("topology.worker.childopts"),
        component_jvm_options: option("topology.component.jvmopts"),
        additional_classpath: definition
            .setting("topology.additional.classpath")
            .unwrap_or(&sandbox.additional_classpath)
            .to_owned(),
        component_ram: packing
            .component_ram()
            .into_iter()
            .map(|(name, ram)| (name, unsigned(ram)))
            .collect(),
        java_home: sandbox.java_home.clone(),
        verbose_gc: sandbox.verbose_gc || verbose_gc,
        cluster: settings.cluster.clone(),
        role: settings.role.clone(),
        environ: settings.environ.clone(),
        metricscache_mode: settings.metricscache_mode.clone(),
        healthmgr_mode: settings.healthmgr_mode.clone(),
        is_stateful: definition.is_stateful(),
        stateful_storage_classpath: sandbox.storage_classpath.clone(),
        checkpoint_manager_ram: definition
            .setting("topology.stateful.checkpointmanager.ram")
            .and_then(|bytes| bytes.parse().ok())
            .unwrap_or_else(|| settings.resources.ckptmgr_ram.get()),
        instance_distribution: instance_distribution(packing),
    }
}

/// Which instances run where, as the executors of 0.14.0 to 0.14.2 want it (`docs/heron.md#round-robin-of-2015`); later
/// ones read the packing plan.
fn instance_distribution(packing: &PackingPlan) -> String {
    let container = |container: &ContainerPlan| {
        let instances = container.instances.iter().map(|instance| {
            format!(":{}:{}:{}", instance.component, instance.task_id, instance.component_index)
        });
        std::iter::once(container.id.to_string()).chain(instances).collect::<String>()
    };
    packing.containers.iter().map(container).collect::<Vec<_>>().join(",")
}

/// Where a container finds Heron's files.
#[must_use]
pub fn layout(settings: &Settings) -> Layout {
    let sandbox = &settings.sandbox;
    Layout::new(&sandbox.core_directory, &sandbox.conf_directory, &sandbox.paths)
}
