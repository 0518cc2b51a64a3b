//! Carries a plan out: package, state, containers; and takes it back when it can't be done.

use serde_json::Map;
use tokio::time::Instant;
use uuid::Uuid;

use super::deliver::{Delivered, deliver};
use super::plan::Plan;
use super::preflight::{agents_are_large_enough, name_is_free, reach_engine, resumable};
use super::source::Sources;
use super::watch::{PATIENCE, doing, watch};
use crate::cli::{SubmitArgs, WaitFor};
use crate::clock::seconds;
use crate::config::settings::{Mesos, ReleaseSettings};
use crate::context::{CommandError, Context};
use crate::controller::awaited::WaitCondition;
use crate::controller::drive::{Driven, drive, has_run};
use crate::controller::lease::Lease;
use crate::controller::obey::{is_kill, obey};
use crate::controller::removal::{kill_containers, remove_state};
use crate::controller::take::Waited;
use crate::controller::told::missing;
use crate::controller::verdict::{
    failed, half_way, interrupted, is_out_of_reach, no_room, waits_for_room, with_next,
};
use crate::controller::withdraw::withdraw;
use crate::deployment::Deployment;
use crate::engine::desired::{framework, labels, launch};
use crate::engine::{ConfiguredEngine, WebPages};
use crate::net::deadline::UNDO;
use crate::outcome::container::ContainerRef;
use crate::outcome::release::ReleaseInfo;
use crate::outcome::{SCHEMA, Submitted, TopologyRef};
use crate::proto::system::{self, ExecutionState, HeronReleaseState};
use crate::scheduler::closed::{Closed, ClosedReason};
use crate::scheduler::ids::FrameworkId;
use crate::scheduler::journal::encode;
use crate::scheduler::model::Verdict;
use crate::scheduler::record::{Desired, Goal, Phase, Placement, RECORD_VERSION};
use crate::scheduler::remember::remember_change;
use crate::scheduler::run::End;
use crate::state::Op;
use crate::state::topology_state::NewTopology;
use crate::topology::core_package::Build;

/// Failures in a row of one container after which the submission has failed.
const FAILURES: u32 = 3;

/// Where a plan is carried out, and until when.
struct Site<'a> {
    engine: &'a ConfiguredEngine,
    pages: &'a WebPages,
    sources: &'a Sources,
    deadline: Instant,
}

/// Carries out a plan.
pub async fn apply(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    sources: &Sources,
) -> anyhow::Result<Submitted> {
    let deadline = context.deadline(PATIENCE);
    let (engine, pages) = reach_engine(context, deadline).await?;
    let state = context.open().await?;
    if let Err(error) = name_is_free(&state, plan).await {
        state.close().await;
        return Err(error);
    }
    let mut lease = match Lease::take_unless_resident(context, state, &plan.name).await? {
        Waited::Leased(lease) => *lease,
        Waited::Done(()) => match watch(context, args, plan, deadline).await? {
            Waited::Leased(lease) => *lease,
            Waited::Done(desired) => {
                let page = pages.page(&desired.framework.id);
                return Ok(submitted(args, plan, &desired, page, true));
            }
        },
    };
    let site = Site { engine: &engine, pages: &pages, sources, deadline };
    let mirrored = lease.mirrored(context);
    let result = Box::pin(run(&mirrored, args, plan, &site, &mut lease)).await;
    let result = obey(&mirrored, &mut lease, &plan.name, result).await;
    if result.is_err() {
        // A name that was only reserved is given back; what was written is not.
        lease.unreserve_if_possible(context).await;
    }
    lease.close(context).await;
    let (desired, resumed) = result.map_err(|error| {
        let next = vec![
            format!("`heron-cli status {}` shows whether it is there", plan.name),
            "the same `heron-cli submit` goes on with it, or begins anew".to_owned(),
        ];
        half_way(context, error, &doing(&plan.name), next)
    })?;
    Ok(submitted(args, plan, &desired, pages.page(&desired.framework.id), resumed))
}

fn submitted(
    args: &SubmitArgs,
    plan: &Plan,
    desired: &Desired,
    page: String,
    resumed: bool,
) -> Submitted {
    Submitted {
        schema: SCHEMA,
        topology: TopologyRef {
            name: plan.name.clone(),
            id: Some(desired.topology_id.clone()),
            state: plan.state.name().to_owned(),
        },
        release: ReleaseInfo::from(&plan.release),
        container_count: desired.containers.len(),
        containers: ContainerRef::of(desired.containers.iter().map(|container| container.id)),
        framework_id: desired.framework.id.0.clone(),
        page: Some(page),
        resumed,
        waited_for: match args.wait {
            WaitFor::None => "none",
            WaitFor::Launched => "launched",
            WaitFor::Running => "running",
        },
    }
}

/// Writes what is to be, unless an interrupted submission of the same content has done so, and drives it.
async fn run(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    site: &Site<'_>,
    lease: &mut Lease,
) -> anyhow::Result<(Desired, bool)> {
    let journalled = lease.journal().await?;
    let resumed = journalled.desired.is_some();
    let mut delivered = None;
    if let Some(desired) = &journalled.desired {
        resumable(&lease.state, plan, desired).await?;
        context.reporter.step(&format!("taking up the interrupted submission of {}", plan.name));
    } else {
        agents_are_large_enough(context, site.engine, plan).await?;
        delivered = Some(write(context, plan, lease, site).await?);
    }
    context.reporter.step(&format!("launching topology {}", plan.name));
    let policy = context.policy(Some(FAILURES));
    let wait_for = match args.wait {
        WaitFor::None => WaitCondition::Launches,
        WaitFor::Launched => WaitCondition::Containers,
        WaitFor::Running => WaitCondition::PhysicalPlan,
    };
    let driven = match drive(context, lease, &plan.name, &policy, wait_for, site.deadline).await {
        Ok(driven) => driven,
        // Nothing is wrong with it: whoever takes it up again finds it as far as it came.
        Err(error)
            if context.whole.signals().seen().is_some()
                || lease.is_lost()
                || is_out_of_reach(&error)
                || is_kill(&error) =>
        {
            return Err(error);
        }
        Err(error) => {
            return Err(roll_back(context, args, plan, lease, delivered.as_ref(), error).await);
        }
    };
    let desired = driven.model.desired().clone();
    Box::pin(conclude(context, args, plan, lease, delivered.as_ref(), driven)).await?;
    if args.wait == WaitFor::None {
        return Ok((desired, resumed));
    }
    Ok((lease.change(&plan.name, has_run).await?, resumed))
}

/// Uploads the package and writes the topology and its journal in one transaction. Returns what was uploaded.
async fn write(
    context: &Context<'_>,
    plan: &Plan,
    lease: &Lease,
    site: &Site<'_>,
) -> anyhow::Result<Delivered> {
    context.reporter.step("building the package");
    let package = site
        .sources
        .package(context, &plan.definition, &plan.release.release, &plan.package.name)
        .await?;
    let delivered = deliver(context, plan, &package).await?;
    context.reporter.step("writing the topology's state");
    let mut desired = desired(context, context.mesos()?, plan, &delivered.deployment(plan));
    desired.launch.package = delivered.stored().map(Box::new);
    remember_change(None, &mut desired, &context.author(), (context.machine.clock)());
    let bytes = encode(&lease.paths.record, &desired)?;
    let journal = [
        Op::set(&lease.paths.record, bytes, None),
        Op::create(&lease.paths.containers, Vec::new()),
    ];
    let packing_plan = system::PackingPlan::from(&plan.packing);
    let execution_state = execution_state(context, plan);
    let new = NewTopology {
        name: &plan.name,
        topology: &plan.stored,
        packing_plan: &packing_plan,
        execution_state: &execution_state,
        job_page_links: job_page_links(plan, site.pages.page(&desired.framework.id)),
    };
    let written = new.create(&lease.state.zk, &lease.state.tree, &journal, Some(&lease.lock)).await;
    if let Err(error) = written {
        let error = anyhow::Error::from(error);
        // Where nobody knows whether it was written, containers may need the package.
        if context.whole.signals().seen().is_none() && !is_out_of_reach(&error) {
            delivered.undo(&context.undoing("removing the package from the store")).await;
        }
        return Err(error);
    }
    Ok(delivered)
}

fn desired(context: &Context<'_>, mesos: &Mesos, plan: &Plan, deployment: &Deployment) -> Desired {
    Desired {
        version: RECORD_VERSION,
        topology: plan.name.clone(),
        topology_id: plan.id.clone(),
        goal: Goal::Running,
        phase: Phase::Launching,
        generation: 1,
        digest: plan.digest.clone(),
        framework: framework(
            mesos,
            &plan.name,
            FrameworkId(Uuid::new_v4().to_string()),
            labels(context.settings, &plan.name, Some(&plan.id)),
        ),
        launch: launch(mesos, deployment),
        placement: Placement {
            constraints: mesos.constraints.clone(),
            avoid: mesos.avoid.clone(),
            extra: Map::new(),
        },
        containers: deployment.containers.iter().cloned().map(Into::into).collect(),
        update: None,
        keep_package: false,
        history: Vec::new(),
        extra: Map::new(),
    }
}

fn execution_state(context: &Context<'_>, plan: &Plan) -> ExecutionState {
    let settings = context.settings;
    ExecutionState {
        topology_name: plan.name.clone(),
        topology_id: plan.id.clone(),
        submission_time: Some((context.machine.clock)().div_euclid(1000)),
        submission_user: Some(context.machine.user.clone()),
        cluster: settings.cluster.clone(),
        environ: settings.environ.clone(),
        role: settings.role.clone(),
        release_state: Some(release_state(&settings.release, plan.release.build.as_ref())),
    }
}

/// The page of the framework, where trackers of the release can read it.
fn job_page_links(plan: &Plan, page: String) -> Vec<String> {
    if plan.release.release.has_tracker_of_pages() { vec![page] } else { Vec::new() }
}

/// The build of Heron that the containers run: as configured, else as its package says of itself.
fn release_state(settings: &ReleaseSettings, build: Option<&Build>) -> HeronReleaseState {
    let or = |text: &str, other: Option<&String>| {
        let text = Some(text).filter(|text| !text.is_empty());
        Some(text.or(other.map(String::as_str)).unwrap_or_default().to_owned())
    };
    let version = build.map(|build| &build.version).or(settings.dialect.as_ref());
    HeronReleaseState {
        release_username: or(&settings.user, build.and_then(|build| build.user.as_ref())),
        release_tag: Some(settings.tag.clone()),
        release_version: or(&settings.version, version),
    }
}

async fn conclude(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    lease: &mut Lease,
    delivered: Option<&Delivered>,
    driven: Driven,
) -> anyhow::Result<()> {
    let name = &plan.name;
    let go_on = format!(
        "the same `heron-cli submit` goes on with it; `heron-cli kill {name}` takes it back"
    );
    let see = format!("`heron-cli status {name}` shows its containers");
    match driven.end {
        End::Settled => Ok(()),
        End::Interrupted => Err(interrupted(context, &doing(name), vec![go_on, see])),
        End::Verdict(Verdict::Closed(Closed { reason: ClosedReason::Removed, message })) => {
            let next =
                vec![format!("`heron-cli kill {name}` removes its state, then submit it anew")];
            Err(CommandError::FrameworkEnded { topology: name.clone(), message, next }.into())
        }
        End::Verdict(verdict) => {
            let error = failed(context, name, &driven.model, verdict, Vec::new()).await;
            Err(roll_back(context, args, plan, lease, delivered, error).await)
        }
        End::TimedOut if waits_for_room(context, &driven.model, driven.problem.as_ref()) => {
            let error = no_room(context, name, &driven.model).await;
            Err(roll_back(context, args, plan, lease, delivered, error).await)
        }
        End::TimedOut => {
            let mut what = missing(&driven.model);
            if what.is_empty() {
                what.push("its containers run, but the physical plan is not complete".to_owned());
            }
            what.extend(driven.problem.map(|problem| format!("Mesos: {problem}")));
            what.extend(driven.deaths);
            Err(CommandError::TimedOut {
                what: format!("topology `{name}` is not running yet: {}", what.join("; ")),
                after: seconds(context.timeout.unwrap_or(PATIENCE)),
                next: vec![go_on, see],
            }
            .into())
        }
    }
}

/// Takes a submission back that can't succeed, and says so with the error.
async fn roll_back(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    lease: &mut Lease,
    delivered: Option<&Delivered>,
    error: anyhow::Error,
) -> anyhow::Error {
    let name = &plan.name;
    if args.no_rollback {
        return error.context(format!(
            "the submission of topology `{name}` failed and stands as it is; `heron-cli kill {name}` removes it"
        ));
    }
    let context = &context.undoing(&format!("taking the submission of topology {name} back"));
    lease.wait_by(&context.whole);
    let journalled = lease.readable_journal().await.ok().and_then(|found| found.desired);
    let undone = async {
        kill_containers(context, lease, name, &[], context.deadline(UNDO)).await?;
        remove_state(lease, name).await
    };
    let undone = undone.await;
    match (&undone, delivered, journalled) {
        (Ok(_), Some(delivered), _) => delivered.undo(context).await,
        // The interrupted submission had brought it. Whoever leaves now has been told that it is there.
        (Ok(_), None, Some(desired)) => {
            let _ = Box::pin(withdraw(context, lease, name, &desired.launch, None)).await;
        }
        _ => {}
    }
    match undone {
        Ok(_) => {
            let undone = "what was done has been undone: nothing of the topology is left";
            with_next(context, error, &doing(name), vec![undone.to_owned()])
        }
        Err(why) => CommandError::PartlyDone {
            what: format!("{error:#}"),
            why: format!("{why:#}"),
            next: vec![format!("`heron-cli kill {name}` removes what is left")],
        }
        .into(),
    }
}
