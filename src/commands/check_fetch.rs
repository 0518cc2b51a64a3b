//! `check fetch`: whether Mesos can fetch the packages, shown by fetching them.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::cli::FetchArgs;
use crate::config::settings::with_topology;
use crate::context::Context;
use crate::controller::journal;
use crate::deployment::executor::layout;
use crate::deployment::package::FetchedPackage;
use crate::engine::{Engine, fetching};
use crate::fetch_check::ephemeral::warning;
use crate::fetch_check::error::CheckError;
use crate::fetch_check::fetch::Fetch;
use crate::fetch_check::judge::{Output, judge};
use crate::fetch_check::look::SandboxContent;
use crate::fetch_check::run::{Check, run};
use crate::fetch_check::targets;
use crate::fetch_check::tasks::Slot;
use crate::outcome::error::ErrorMember;
use crate::outcome::fetch::{FetchAgent, FetchChecked, FetchResult};
use crate::outcome::release::ReleaseInfo;
use crate::outcome::{Outcome, SCHEMA};
use crate::scheduler::ids::HostId;
use crate::scheduler::offer::Resources;
use crate::scheduler::ports::PortRange;
use crate::scheduler::uri::Uri;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_mins(3);
/// How long a fitting offer is waited for.
const OFFER_PATIENCE: Duration = Duration::from_secs(30);
/// How long a leading master is waited for.
const LEADER: Duration = Duration::from_secs(10);
/// What stands for a topology's name in URIs.
const TOKEN: &str = "${TOPOLOGY}";

/// Fetches the configured packages on agents.
pub async fn fetch(context: &Context<'_>, args: &FetchArgs) -> anyhow::Result<Outcome> {
    let settings = context.settings;
    let deadline = context.deadline(PATIENCE);
    let time = deadline.saturating_duration_since(Instant::now());
    let uris = uris(context, args).await?;
    let chosen = context.choose_release(&uris.core).await?;
    let layout = layout(settings);
    let quoting = |_| CheckError::Name;
    let fresh = |uri: Uri| Uri { cache: uri.cache && args.cached, ..uri };
    let mut fetches = Vec::new();
    if !uris.core.is_empty() {
        let uri = fresh(fetching::uri(&FetchedPackage::core(&uris.core)));
        fetches.push(Fetch::core(uri, &chosen.release, &layout).map_err(quoting)?);
    }
    if let Some(uri) = &uris.topology {
        let uri = fresh(fetching::uri(&FetchedPackage::topology(uri)));
        fetches.push(Fetch::topology(uri, &chosen.release, &layout).map_err(quoting)?);
    }
    if fetches.is_empty() {
        return Err(CheckError::Nothing.into());
    }
    let engine = context.engine()?;
    context.reporter.step("looking for the leading Mesos master");
    engine.reach(deadline.min(Instant::now() + LEADER)).await?;
    let agents = targets::list(&engine).await;
    let targets = targets::choose(args, agents.as_deref())?;
    let size = Resources { cpus: args.cpus, mem_mb: args.mem, disk_mb: args.disk };
    let offers = OFFER_PATIENCE.min(time / 2);
    let check = Check { fetches: &fetches, targets, size, deadline, offers };
    let done = run(context, &engine, check).await?;
    let mut checked: Vec<FetchAgent> = done
        .slots
        .iter()
        .map(|(slot, outputs)| FetchAgent {
            host: slot.host.clone(),
            agent_id: slot.agent.as_ref().map(|agent| agent.0.clone()),
            fetches: slot
                .tasks
                .iter()
                .zip(outputs)
                .filter_map(|(task, output)| {
                    let fetch = fetches.get(task.fetch)?;
                    Some(judge(fetch, slot, task, output, &chosen.release))
                })
                .collect(),
            warnings: warnings(slot, outputs, &done.offered),
        })
        .collect();
    checked.sort_by(|one, other| (&one.host, &one.agent_id).cmp(&(&other.host, &other.agent_id)));
    let results = || checked.iter().flat_map(|agent| &agent.fetches).map(|fetched| fetched.result);
    Ok(Outcome::FetchChecked(FetchChecked {
        schema: SCHEMA,
        good: results().all(FetchResult::is_good),
        error: error(results()),
        release: ReleaseInfo::from(&chosen),
        framework_id: done.framework.0,
        agents: checked,
    }))
}

/// What of an agent may trouble containers, though it fetches.
fn warnings(
    slot: &Slot,
    outputs: &[Output],
    offered: &BTreeMap<HostId, Vec<PortRange>>,
) -> Vec<String> {
    let ephemeral =
        outputs.iter().find_map(|output| SandboxContent::parse(&output.stdout).ephemeral);
    let offered = slot.agent.as_ref().and_then(|agent| offered.get(agent));
    let clash = ephemeral.zip(offered).and_then(|(ephemeral, offered)| warning(ephemeral, offered));
    clash.into_iter().collect()
}

/// The error of a check that is not good; the worst that came of it decides.
fn error(results: impl Iterator<Item = FetchResult> + Clone) -> Option<ErrorMember> {
    let bad = results.clone().filter(|result| !result.is_good()).count();
    let exit = FetchResult::worst(results.clone())?.exit();
    let message = format!("packages that containers would not find: {bad} of {}", results.count());
    let hint = "see `problem` of each fetch".to_owned();
    Some(ErrorMember::new(exit, message, Vec::new(), vec![hint]))
}

/// The packages, nothing left to be filled in.
struct Uris {
    /// Empty: there is none, as agents have Heron installed.
    core: String,
    topology: Option<String>,
}

async fn uris(context: &Context<'_>, args: &FetchArgs) -> anyhow::Result<Uris> {
    let settings = context.settings;
    let mut topology = args.topology_package.clone().or_else(|| settings.topology_uri.clone());
    let mut core = settings.core_uri.clone();
    if let Some(name) = &args.topology {
        core = with_topology(&core, name);
        topology = topology.map(|uri| with_topology(&uri, name));
        if args.topology_package.is_none()
            && let Some(uri) = running_package(context, name, &core).await?
        {
            topology = Some(uri);
        }
        if topology.is_none() {
            return Err(CheckError::NoPackage { topology: name.clone() }.into());
        }
    }
    if core.contains(TOKEN) {
        return Err(CheckError::Unnamed { uri: core }.into());
    }
    // Of which topology, only a submission knows.
    let topology = topology.filter(|uri| !uri.contains(TOKEN));
    Ok(Uris { core, topology })
}

/// The package of a topology that runs, as its journal says.
async fn running_package(
    context: &Context<'_>,
    name: &str,
    core: &str,
) -> anyhow::Result<Option<String>> {
    context
        .with_state(async |state| {
            let journalled = journal::load(&state.zk, &state.journal(name)).await?;
            let uris = journalled.desired.map(|desired| desired.launch.uris).unwrap_or_default();
            // A container's first URI is its topology's.
            Ok(uris.into_iter().map(|uri| uri.value).find(|uri| uri != core))
        })
        .await
}
