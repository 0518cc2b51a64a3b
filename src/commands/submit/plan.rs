//! The plan of a submission: everything that is decided before anything is touched. `--dry-run` prints it, a real
//! submission carries it out.

use serde_json::Map;

use super::source::Sources;
use super::store::{in_uri, store_config};
use crate::cli::SubmitArgs;
use crate::commands::containers::{defaults, pieces, sized, tmanager_container};
use crate::commands::fetching;
use crate::commands::release::ChosenRelease;
use crate::config::Settings;
use crate::config::settings::with_topology;
use crate::context::Context;
use crate::mesos::call::Uri;
use crate::outcome::release::ReleaseInfo;
use crate::packing::{Algorithm, ContainerPlan, PackingInput, PackingPlan, pack};
use crate::proto::api::TopologyState;
use crate::scheduler::record::{DesiredContainer, Launch};
use crate::topology::definition::Definition;
use crate::topology::dialect::Release;
use crate::topology::edit::{self, Absent};
use crate::topology::executor::{ExecutorCommand, Layout, PORT_NAMES};
use crate::topology::package::package_digest;
use crate::upload::{StoreConfig, store_for};

/// Everything about a submission.
pub(super) struct Plan {
    pub name: String,
    pub id: String,
    pub state: TopologyState,
    /// The definition as it goes into the package.
    pub definition: Definition,
    /// The definition as it goes into the state tree.
    pub stored: Vec<u8>,
    pub algorithm: Algorithm,
    pub packing: PackingPlan,
    pub containers: Vec<DesiredContainer>,
    pub launch: Launch,
    /// The command line with placeholders, for showing.
    pub argv: Vec<String>,
    pub release: Release,
    /// How the release is known.
    pub release_info: ReleaseInfo,
    pub package: PackagePlan,
    /// Tells submissions of the same content.
    pub digest: String,
}

/// The package, not built yet.
pub(super) struct PackagePlan {
    pub name: String,
    pub uri: String,
    pub store: StoreConfig,
    pub kind: &'static str,
}

/// Plans the submission of a definition.
pub(super) fn plan(
    context: &Context<'_>,
    args: &SubmitArgs,
    definition: &Definition,
    sources: &Sources,
    chosen: &ChosenRelease,
) -> anyhow::Result<Plan> {
    let settings = context.settings;
    let release = chosen.release.clone();
    let definition = configured(settings, args, definition)?;
    let algorithm = Algorithm::from_class_name(&settings.packing_class)?;
    let input = PackingInput::new(&definition.topology, defaults(settings))?;
    let packing = pack(algorithm, &input)?;
    let definition = counted(definition, &packing)?;
    let planned = packing.containers.iter().map(sized);
    let containers = std::iter::once(tmanager_container(settings)).chain(planned).collect();
    let command = command(settings, args, &definition, &packing, &release, &sources.binary_name);
    let argv = command.topology_argv()?;
    let digest = sources.digest(context, &release, &definition, &argv)?;
    let package = package(context, &definition, &digest)?;
    let launch = Launch {
        command: pieces(&argv)?,
        user: None,
        uris: uris(settings, definition.name(), &package.uri),
        ports: PORT_NAMES.len(),
        kill_grace_ms: kill_grace_ms(context)?,
        release: Some(release.to_string()),
        extra: Map::new(),
    };
    Ok(Plan {
        name: definition.name().to_owned(),
        id: definition.id().to_owned(),
        state: TopologyState::try_from(definition.topology.state).unwrap_or(TopologyState::Running),
        stored: definition.trimmed()?,
        definition,
        algorithm,
        packing,
        containers,
        launch,
        argv,
        release,
        release_info: chosen.info(),
        package,
        digest,
    })
}

/// The definition with what configuration and flags say of it: `topology.*` settings, and the state to start in.
fn configured(
    settings: &Settings,
    args: &SubmitArgs,
    definition: &Definition,
) -> anyhow::Result<Definition> {
    let mut bytes = definition.bytes.clone();
    for (key, value) in &settings.topology_config {
        bytes = edit::with_setting(&bytes, key, value, Absent::Add)?;
    }
    if args.deactivated {
        bytes = edit::with_state(&bytes, TopologyState::Paused)?;
    }
    Ok(Definition::decode(bytes)?)
}

/// The definition with the number of containers that the plan really has (`facts/heron.md` §4.1 step 7).
fn counted(definition: Definition, packing: &PackingPlan) -> anyhow::Result<Definition> {
    let count = packing.containers.len().to_string();
    let bytes = edit::with_setting(&definition.bytes, "topology.stmgrs", &count, Absent::Keep)?;
    if bytes == definition.bytes {
        return Ok(definition);
    }
    Ok(Definition::decode(bytes)?)
}

fn command(
    settings: &Settings,
    args: &SubmitArgs,
    definition: &Definition,
    packing: &PackingPlan,
    release: &Release,
    binary_name: &str,
) -> ExecutorCommand {
    let sandbox = &settings.sandbox;
    let option = |key: &str| definition.setting(key).unwrap_or_default().to_owned();
    let unsigned = |bytes: i64| u64::try_from(bytes).unwrap_or_default();
    ExecutorCommand {
        release: release.clone(),
        layout: Layout {
            bin: format!("{}/bin", sandbox.core_directory),
            lib: format!("{}/lib", sandbox.core_directory),
            conf: sandbox.conf_directory.clone(),
            classpaths: Vec::new(),
        },
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
        verbose_gc: sandbox.verbose_gc || args.verbose_gc,
        cluster: settings.cluster.clone(),
        role: settings.role.clone(),
        environ: settings.environ.clone(),
        metricscache_mode: settings.metricscache_mode.clone(),
        healthmgr_mode: settings.healthmgr_mode.clone(),
        is_stateful: definition.is_stateful(),
        stateful_storage_classpath: String::new(),
        checkpoint_manager_ram: definition
            .setting("topology.stateful.checkpointmanager.ram")
            .and_then(|bytes| bytes.parse().ok())
            .unwrap_or_else(|| settings.resources.ckptmgr_ram.get()),
        instance_distribution: instance_distribution(packing),
    }
}

/// Which instances run where, as the executors of 0.14.0 to 0.14.2 want it (`facts/heron.md` §7.7); later ones read the
/// packing plan.
fn instance_distribution(packing: &PackingPlan) -> String {
    let container = |container: &ContainerPlan| {
        let instances = container.instances.iter().map(|instance| {
            format!(":{}:{}:{}", instance.component, instance.task_id, instance.component_index)
        });
        std::iter::once(container.id.to_string()).chain(instances).collect::<String>()
    };
    packing.containers.iter().map(container).collect::<Vec<_>>().join(",")
}

/// Where the package goes: under a name that tells its content, so that a store that has it needs no other.
fn package(
    context: &Context<'_>,
    definition: &Definition,
    digest: &str,
) -> anyhow::Result<PackagePlan> {
    let topology = definition.name();
    let short: String = package_digest(digest, definition).chars().take(12).collect();
    let name = format!("{}-{short}.tar.gz", in_uri(topology));
    let config = store_config(context, topology)?;
    let store = store_for(&config)?;
    Ok(PackagePlan { uri: store.uri_of(&name)?, kind: store.kind(), store: config, name })
}

/// Both packages are unpacked into the sandbox.
fn uris(settings: &Settings, topology: &str, package: &str) -> Vec<Uri> {
    let core = with_topology(&settings.core_uri, topology);
    vec![fetching::topology_package(package), fetching::core_package(&core)]
}

fn kill_grace_ms(context: &Context<'_>) -> anyhow::Result<i64> {
    Ok(i64::try_from(context.mesos()?.kill_grace.as_millis()).unwrap_or(i64::MAX))
}
