//! The program of a topology's own supervisors: where agents fetch it, and how it gets there. It is this program, unless another is named,
//! and its name in the store tells its content, so that all topologies share it.

use std::sync::Arc;

use anyhow::Context as _;

use crate::config::settings::SupervisorSettings;
use crate::context::Context;
use crate::deployment::supervisor::{FetchedProgram, SupervisorPlan};
use crate::engine::fetching::names_archive;
use crate::executable::{self, ProgramFile};
use crate::net::redact::redact;
use crate::report::Progress;
use crate::temporary;
use crate::topology::core_package::carries_version;
use crate::upload::{self, Effect, Package, StoreConfig};

/// The supervisors that a topology is to have, and where their program is before agents fetch it.
pub struct ChosenSupervisors {
    /// What they are to be.
    pub plan: SupervisorPlan,
    /// This program, where no other is named.
    own: Option<OwnProgram>,
}

struct OwnProgram {
    file: Arc<ProgramFile>,
    store: StoreConfig,
    name: String,
}

/// The supervisors of a topology, by its name and id; none if there are to be none. Nothing is touched.
///
/// # Errors
/// This program can't be sent to agents, or there is no store for it.
pub fn choose(
    context: &Context<'_>,
    topology: (&str, &str),
) -> anyhow::Result<Option<ChosenSupervisors>> {
    let SupervisorSettings { instances, uri, .. } = &context.settings.supervisors;
    if *instances == 0 {
        return Ok(None);
    }
    let plan = |program| SupervisorPlan::new(context.settings, topology, *instances, program);
    if let Some(uri) = uri {
        let packed = names_archive(uri);
        let program = FetchedProgram { uri: uri.clone(), cache: carries_version(uri), packed };
        return Ok(Some(ChosenSupervisors { plan: plan(program)?, own: None }));
    }
    let file = executable::read(&context.machine.program)
        .context("heron.supervisor.uri names another program for the topology's supervisors")?;
    warn_of_links(context, &file);
    let store = context.store_config(topology.0)?;
    let name = file.archive_name();
    let uri = upload::store_for(&store)?.uri_of(&name)?;
    let program = FetchedProgram { uri, cache: true, packed: true };
    let own = Some(OwnProgram { file: Arc::new(file), store, name });
    Ok(Some(ChosenSupervisors { plan: plan(program)?, own }))
}

/// What a program wants that is not linked statically may be missing where it is to run.
fn warn_of_links(context: &Context<'_>, file: &ProgramFile) {
    let links = &file.links;
    if links.is_static() {
        return;
    }
    let wants: Vec<&str> =
        links.interpreter.iter().chain(&links.libraries).map(String::as_str).collect();
    context.reporter.warn_once(&format!(
        "this heron-cli is linked dynamically: as the topology's supervisor it runs on agents for {} that have {}; a static one is made by `make release`, and heron.supervisor.uri can name it",
        links.machine,
        wants.join(", ")
    ));
}

/// Brings the program into the package store, unless that has it; what the supervisors are to be then. It stays there whatever becomes
/// of the topology: others may have the same.
///
/// # Errors
/// The store, or the user wants to leave.
pub async fn deliver(
    context: &Context<'_>,
    chosen: &ChosenSupervisors,
) -> anyhow::Result<SupervisorPlan> {
    let mut plan = chosen.plan.clone();
    let Some(OwnProgram { file, store, name }) = &chosen.own else { return Ok(plan) };
    let kind = file.links.machine.clone();
    let uri = redact(&plan.program.uri);
    context.reporter.step(&format!("bringing the supervisors' program ({kind}) to {uri}"));
    let directory = temporary::directory(&context.env.temporary())
        .context("failed to make a temporary directory for the supervisors' program")?;
    let path = directory.path().join(name);
    let packing = {
        let (path, file) = (path.clone(), Arc::clone(file));
        tokio::task::spawn_blocking(move || executable::pack(&file, &path))
    };
    let doing = || "bringing the supervisors' program into the package store".to_owned();
    let uploaded = context
        .in_time(doing(), async {
            packing.await.context("packing the supervisors' program was broken off")??;
            let package = Package::read(&path).await?;
            let (reporter, total) = (context.reporter.clone(), package.size);
            let progress = move |done| {
                reporter.progress(&Progress { done, total, unit: "bytes", ..Progress::default() });
            };
            let store = upload::store_for(store)?;
            let uploaded = store.upload(&package, name, Arc::new(progress)).await;
            uploaded.with_context(|| {
                format!("failed to bring the supervisors' program to the {} store", store.kind())
            })
        })
        .await?;
    if uploaded.effect == Effect::AlreadyThere {
        context.reporter.step("the store has the supervisors' program already");
    }
    plan.program.uri = uploaded.uri;
    Ok(plan)
}
