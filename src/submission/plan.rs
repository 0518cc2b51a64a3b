//! The plan of a submission: everything that is decided before anything is touched. `--dry-run` prints it, a real
//! submission carries it out.

use super::source::Sources;
use crate::cli::TopologySource;
use crate::config::Settings;
use crate::config::settings::with_topology;
use crate::context::Context;
use crate::controller::program::{ChosenSupervisors, choose};
use crate::deployment::Deployment;
use crate::deployment::container::defaults;
use crate::deployment::executor::executor_command;
use crate::packing::{Algorithm, PackingInput, PackingPlan, pack};
use crate::proto::api::TopologyState;
use crate::scheduler::package::PackageContent;
use crate::topology::core_release::ChosenRelease;
use crate::topology::definition::Definition;
use crate::topology::edit::{self, Absent};
use crate::topology::package::package_digest;
use crate::upload::{StoreConfig, in_uri, store_for};

/// Everything about a submission.
pub struct Plan {
    /// The topology's name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// The state to start in.
    pub state: TopologyState,
    /// The definition as it goes into the package.
    pub definition: Definition,
    /// The definition as it goes into the state tree.
    pub stored: Vec<u8>,
    /// What packs it.
    pub algorithm: Algorithm,
    /// Which instance runs where.
    pub packing: PackingPlan,
    /// Its containers.
    pub deployment: Deployment,
    /// The Heron release, and how it is known.
    pub release: ChosenRelease,
    /// Where its package goes.
    pub package: PackagePlan,
    /// Tells submissions of the same content.
    pub digest: String,
    /// What the package is made of.
    pub content: PackageContent,
    /// The supervisors that it gets of its own.
    pub supervisors: Option<ChosenSupervisors>,
}

/// The package, not built yet.
pub struct PackagePlan {
    /// Its name in the store.
    pub name: String,
    /// Where agents fetch it.
    pub uri: String,
    /// The store.
    pub store: StoreConfig,
    /// The kind of store, for people.
    pub kind: &'static str,
}

/// Plans the submission of all that a main defines.
pub async fn plans(
    context: &Context<'_>,
    args: &TopologySource,
    sources: &Sources,
) -> anyhow::Result<Vec<Plan>> {
    let first = sources.definitions.first().map(Definition::name).unwrap_or_default();
    let core_uri = with_topology(&context.settings.core_uri, first);
    let release = context.choose_release(&core_uri).await?;
    let definitions = sources.definitions.iter();
    definitions.map(|definition| plan(context, args, definition, sources, &release)).collect()
}

/// Plans the submission of a definition.
fn plan(
    context: &Context<'_>,
    args: &TopologySource,
    definition: &Definition,
    sources: &Sources,
    chosen: &ChosenRelease,
) -> anyhow::Result<Plan> {
    let settings = context.settings;
    let definition = configured(settings, args, definition)?;
    let algorithm = Algorithm::from_class_name(&settings.packing_class)?;
    let input = PackingInput::new(&definition.topology, defaults(settings))?;
    let packing = pack(algorithm, &input)?;
    let definition = counted(definition, &packing)?;
    let release = &chosen.release;
    let name = &sources.binary_name;
    let argv = executor_command(settings, &definition, &packing, release, name, args.verbose_gc)
        .topology_argv()?;
    let digest = sources.digest(context, release, &definition, &argv)?;
    let package = package(context, &definition, &digest)?;
    let deployment =
        Deployment::new(settings, &definition, &packing, &argv, &package.uri, release)?;
    let supervisors = choose(context, (definition.name(), definition.id()))?;
    Ok(Plan {
        name: definition.name().to_owned(),
        id: definition.id().to_owned(),
        state: TopologyState::try_from(definition.topology.state).unwrap_or(TopologyState::Running),
        stored: definition.trimmed()?,
        definition,
        algorithm,
        packing,
        deployment,
        release: chosen.clone(),
        package,
        digest,
        content: sources.content(context, release)?,
        supervisors,
    })
}

/// The definition with what configuration and flags say of it: `topology.*` settings, and the state to start in.
fn configured(
    settings: &Settings,
    args: &TopologySource,
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

/// The definition with the number of containers that the plan really has (`docs/heron.md#submit`).
fn counted(definition: Definition, packing: &PackingPlan) -> anyhow::Result<Definition> {
    let count = packing.containers.len().to_string();
    let bytes = edit::with_setting(&definition.bytes, "topology.stmgrs", &count, Absent::Keep)?;
    if bytes == definition.bytes {
        return Ok(definition);
    }
    Ok(Definition::decode(bytes)?)
}

/// Where the package goes: under a name that tells its content and whose it is. A store that has it needs no other, and
/// nobody else needs it when its topology is killed.
fn package(
    context: &Context<'_>,
    definition: &Definition,
    digest: &str,
) -> anyhow::Result<PackagePlan> {
    let topology = definition.name();
    let place = [&context.settings.cluster, &context.settings.role].map(String::as_str);
    let short: String = package_digest(digest, place, definition).chars().take(12).collect();
    let name = format!("{}-{short}.tar.gz", in_uri(topology));
    let config = context.store_config(topology)?;
    let store = store_for(&config)?;
    Ok(PackagePlan { uri: store.uri_of(&name)?, kind: store.kind(), store: config, name })
}
